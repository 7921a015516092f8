//! What a change means for those who wait: polls get processes, followers get frames, and polls of
//! those who are no longer members are refused.

use std::collections::VecDeque;

use webpool_colony::ProcessState;

use super::Writer;
use crate::handlers::{Effects, Signal, claim};
use crate::outbox::Reply;
use crate::rules;
use crate::waiters::Waiter;

impl Writer {
    /// Tells everybody concerned what a request, or the passing of time, has changed. Polls that
    /// have lost their standing go first, so that none of them gets a process.
    pub(super) fn spread(&mut self, effects: Effects, now: i64) {
        if effects.is_membership_changed {
            self.dismiss_strangers();
        }
        effects.said.into_iter().for_each(|said| self.pass_on(said));
        let mut signals = VecDeque::from(effects.signals);
        if let Some(colony) = &effects.resumed {
            signals.extend(self.wake_colony(colony, now));
        }
        while let Some(signal) = signals.pop_front() {
            self.notify(&signal);
            if signal.state == ProcessState::Waiting {
                signals.extend(self.wake(&signal, now));
            }
        }
    }

    /// Gives a waiting process to the poll that has waited longest for one like it. Returns what
    /// has changed by that.
    fn wake(&mut self, signal: &Signal, now: i64) -> Vec<Signal> {
        let mut changed = Vec::new();
        while let Ok(Some(demand)) = self.store.demand(&signal.processid) {
            if self.store.is_paused(&demand.colony).unwrap_or_default() {
                self.waiters.note_pause(&demand);
                break;
            }
            let Some((arrival, waiter)) = self.waiters.take_match(&demand) else { break };
            if waiter.reply.ticket.is_withdrawn() {
                continue;
            }
            let signals = self.serve(arrival, waiter, now);
            if signals.is_empty() {
                break;
            }
            changed.extend(signals);
        }
        changed
    }

    /// Lets all polls of a colony look once more, oldest first. Returns what has changed by that.
    fn wake_colony(&mut self, colony: &str, now: i64) -> Vec<Signal> {
        let mut changed = Vec::new();
        for (arrival, waiter) in self.waiters.take_colony(colony) {
            if !waiter.reply.ticket.is_withdrawn() {
                let woken = Waiter { is_paused: false, ..waiter };
                changed.extend(self.serve(arrival, woken, now));
            }
        }
        changed
    }

    /// Gives a poll the process that is its due; without one it goes on waiting, in its place.
    /// Returns what has changed.
    fn serve(&mut self, arrival: u64, waiter: Waiter<Reply>, now: i64) -> Vec<Signal> {
        let poll = &waiter.poll;
        let mut effects = Effects::default();
        let claimed = self.store.attempt(|| {
            self.store.touch_executor(&poll.colony, &poll.executorname, now)?;
            claim(&self.store, poll, now, &mut effects)
        });
        match claimed {
            Ok(Some(process)) => {
                let executortype = &process.spec.conditions.executortype;
                effects.signal(&process.processid, executortype, ProcessState::Running);
                self.hand_over(waiter.reply, &process);
            }
            Ok(None) => self.waiters.put_back(arrival, waiter),
            Err(refusal) => {
                self.answer(waiter.reply, refusal.to_answer());
                return Vec::new();
            }
        }
        effects.signals
    }

    /// Refuses the polls of executors that are no longer members of their colony.
    fn dismiss_strangers(&mut self) {
        for (colony, id) in self.waiters.members() {
            let Err(refusal) = rules::require_member(&self.store, &colony, &id) else { continue };
            let dismissed: Vec<_> = self
                .waiters
                .take_all(|waiter| waiter.poll.colony == colony && waiter.poll.executorid == id)
                .collect();
            for waiter in dismissed {
                self.answer(waiter.reply, refusal.to_answer());
            }
        }
    }
}
