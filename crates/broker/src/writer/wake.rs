//! What a change means for those who wait: polls get processes, followers get frames, and polls of
//! those who are no longer members are refused.

use std::collections::VecDeque;

use webpool_colony::ProcessState;

use super::Writer;
use crate::error::Refusal;
use crate::handlers::{Effects, Signal};
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

    /// Gives a waiting process to the poll that has waited longest for one like it. Returns which
    /// processes run now.
    fn wake(&mut self, signal: &Signal, now: i64) -> Vec<Signal> {
        let mut running = Vec::new();
        while let Ok(Some(demand)) = self.store.demand(&signal.processid) {
            if self.store.is_paused(&demand.colony).unwrap_or_default() {
                self.waiters.note_pause(&demand);
                break;
            }
            let Some(waiter) = self.waiters.take_match(&demand) else { break };
            if waiter.reply.ticket.is_withdrawn() {
                continue;
            }
            let Some(signal) = self.serve(waiter, now) else { break };
            running.push(signal);
        }
        running
    }

    /// Lets all polls of a colony look once more, oldest first. Returns which processes run now.
    fn wake_colony(&mut self, colony: &str, now: i64) -> Vec<Signal> {
        let waiters = self.waiters.take_colony(colony);
        let present = waiters.into_iter().filter(|waiter| !waiter.reply.ticket.is_withdrawn());
        let woken = present.map(|waiter| Waiter { is_paused: false, ..waiter });
        woken.filter_map(|waiter| self.serve(waiter, now)).collect()
    }

    /// Gives a poll the process that is its due; without one it goes on waiting. Returns what runs
    /// now.
    fn serve(&mut self, waiter: Waiter<Reply>, now: i64) -> Option<Signal> {
        let poll = &waiter.poll;
        let claimed = self.store.attempt(|| {
            self.store.touch_executor(&poll.colony, &poll.executorname, now)?;
            self.store.claim(poll, now)
        });
        match claimed {
            Ok(Some(process)) => {
                self.hand_over(waiter.reply, &process);
                let executortype = process.spec.conditions.executortype;
                let state = ProcessState::Running;
                return Some(Signal { processid: process.processid, executortype, state });
            }
            Ok(None) => self.waiters.add(waiter),
            Err(error) => self.answer(waiter.reply, Refusal::from(error).to_answer()),
        }
        None
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
