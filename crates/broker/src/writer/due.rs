//! What the passing of time brings: polls and subscriptions that are over, deadlines, stale
//! executors, and processes whose receiver has gone.

use webpool_colony::ProcessState;

use super::{Writer, nothing};
use crate::broker::Answer;
use crate::deadlines::{SECOND, Verdict, due_at, past, verdict};
use crate::error::Refusal;
use crate::handlers::{Effects, unregister};
use crate::outbox::Given;
use crate::store::Store;

impl Writer {
    /// When something is due next.
    pub(super) fn next_due(&self) -> i64 {
        let expiry = self.store.next_expiry().ok().flatten().map(due_at);
        let after_last_pass = self.last_pass.saturating_add(SECOND);
        [
            self.waiters.next_timeout(),
            self.followers.next_timeout(),
            expiry.map(|due| due.max(after_last_pass)),
            (!self.returned.is_empty()).then_some(0),
        ]
        .into_iter()
        .flatten()
        .fold(self.next_sweep, i64::min)
    }

    /// Does what is due now; without a transaction only what needs none.
    pub(super) fn do_what_is_due(&mut self) {
        let now = self.now();
        if self.store.is_open() {
            self.do_stored_work(now);
        }
        self.end_polls_and_subscriptions(now);
    }

    fn do_stored_work(&mut self, now: i64) {
        self.put_back_returned(now);
        if past(now) != self.last_pass {
            self.last_pass = past(now);
            self.in_savepoint(now, |store, effects| pass_deadlines(store, now, effects));
        }
        if self.next_sweep <= now {
            self.next_sweep = now.saturating_add(self.sweep_ns());
            let age = i64::try_from(self.settings.stale_after.as_nanos()).unwrap_or(i64::MAX);
            let limit = now.saturating_sub(age);
            // Who waits for work is there, however long ago it asked.
            for (colony, executor) in self.waiters.members() {
                self.in_savepoint(now, |store, _| Ok(store.hear(&colony, &executor, now)?));
            }
            self.in_savepoint(now, |store, effects| sweep(store, limit, now, effects));
            self.sweep_channels();
        }
    }

    /// Answers all that wait: the broker closes.
    pub(super) fn dismiss_all(&mut self) {
        let now = self.now();
        self.put_back_returned(now);
        self.end_polls_and_subscriptions(i64::MAX);
    }

    fn end_polls_and_subscriptions(&mut self, now: i64) {
        if self.waiters.next_timeout().is_some_and(|until| until <= now) {
            let over: Vec<_> = self.waiters.take_all(|waiter| waiter.until <= now).collect();
            for waiter in over {
                let answer = if waiter.is_paused { still_paused() } else { nothing() };
                self.answer(waiter.reply, answer);
            }
        }
        self.end_subscriptions(now);
    }

    /// Lets processes wait again whose receiver has gone. One that cannot be stored is kept for
    /// the next batch, and so are all of them if the commit fails.
    pub(super) fn put_back_returned(&mut self, now: i64) {
        for given in std::mem::take(&mut self.returned) {
            if self.in_savepoint(now, |store, effects| put_back(store, &given, now, effects)) {
                self.put_back.push(given);
            } else {
                self.returned.push(given);
                self.rest_until = now.saturating_add(SECOND);
            }
        }
    }

    /// Does `work` as one of many in the transaction; what fails is tried again when it is due
    /// again. Whether it was done.
    fn in_savepoint(
        &mut self,
        now: i64,
        work: impl FnOnce(&Store, &mut Effects) -> Result<(), Refusal>,
    ) -> bool {
        let mut effects = Effects::default();
        let is_done = self.store.attempt(|| work(&self.store, &mut effects)).is_ok();
        if is_done {
            self.spread(effects, now);
        }
        is_done
    }
}

/// What is said at last to a poll that waited for work that is held back.
fn still_paused() -> Answer {
    Refusal::new(408, "Assignment timeout: colony assignments are paused").to_answer()
}

fn put_back(store: &Store, given: &Given, now: i64, effects: &mut Effects) -> Result<(), Refusal> {
    let Given { colony, executorid, processid } = given;
    for (processid, executortype) in store.take_back(colony, executorid, processid, now)? {
        effects.signal(&processid, &executortype, ProcessState::Waiting);
    }
    Ok(())
}

fn pass_deadlines(store: &Store, now: i64, effects: &mut Effects) -> Result<(), Refusal> {
    for due in store.due(past(now))? {
        match verdict(due.is_running, due.retries, due.maxretries) {
            Verdict::Requeue => {
                if store.requeue(&due, now)? {
                    effects.signal(&due.processid, &due.executortype, ProcessState::Waiting);
                }
            }
            Verdict::Fail(reason) => {
                if store.expire(&due.processid, reason, now)? {
                    effects.signal(&due.processid, &due.executortype, ProcessState::Failed);
                    effects.signal_all(store.fail_with(&due.processid)?, ProcessState::Failed);
                }
            }
        }
    }
    Ok(())
}

fn sweep(store: &Store, limit: i64, now: i64, effects: &mut Effects) -> Result<(), Refusal> {
    for executor in store.stale_executors(limit)? {
        unregister(store, &executor, now, effects)?;
    }
    Ok(())
}
