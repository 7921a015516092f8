//! What workers say, and how they end.

use webpool_wire::{Activity, Ended, Farewell, FromExecutor, Level, Outcome, ToExecutor, Trouble};

use super::{Command, Pool, Wish};
use crate::snapshot::PoolError;
use crate::words;
use crate::worker::{Identity, Seat, Worker, WorkerId};

impl Pool {
    /// A worker takes messages: it is told what to do.
    pub(super) fn ready(&mut self, id: WorkerId) {
        let Some(worker) = self.worker_mut(id) else { return };
        worker.start();
        let start = self.to_start(id.seat);
        self.out.push(Command::Send(id, ToExecutor::Start(Box::new(start))));
        if id.seat != Seat::Client && self.wish == Wish::Pause {
            self.out.push(Command::Send(id, ToExecutor::Pause));
        }
    }

    pub(super) fn hear(&mut self, id: WorkerId, message: FromExecutor) {
        let now_ms = self.at.now_ms;
        self.note_word(id);
        let Some(worker) = self.worker_mut(id) else { return };
        match message {
            FromExecutor::Farewell(farewell) => self.keep_farewell(id, farewell),
            FromExecutor::Joined { id: executor_id, name } => {
                worker.join(Identity { id: executor_id, name }, now_ms);
                self.joined(id);
            }
            FromExecutor::Activity(activity) => self.act(id, activity),
            FromExecutor::Progress { fraction } => worker.advance(fraction),
            FromExecutor::Pending { results } => worker.pending = results,
            FromExecutor::Closed { process_id, function, outcome, elapsed_ms } => {
                worker.close(&process_id);
                let is_current = worker.run == self.run;
                let (level, text) = words::closed(&function, &outcome, elapsed_ms);
                self.write(level, id.slot(), text);
                if is_current {
                    self.count(id, &process_id, &outcome);
                }
            }
            FromExecutor::Note { level, text } => self.write(level, id.slot(), text),
            FromExecutor::Offers { functions } => self.functions = functions,
            FromExecutor::OtherBuild { build } => {
                let text = words::other_build(&build, &self.settings.reload);
                self.log.write_once(now_ms, Level::Info, None, text);
            }
            FromExecutor::Alive => {}
            FromExecutor::PermitWanted => {
                let granted = self.permits.want(id);
                self.grant(granted);
            }
            FromExecutor::PermitReturned => {
                let granted = self.permits.give_back(id);
                self.grant(granted);
            }
            FromExecutor::Ended(ended) => self.ended(id, ended),
            FromExecutor::Call { ticket, process_id, state } => {
                self.hear_call(id, ticket, process_id, state);
            }
        }
    }

    /// From here on a worker can be made to leave, so it may join.
    fn keep_farewell(&mut self, id: WorkerId, farewell: Farewell) {
        let Some(worker) = self.worker_mut(id) else { return };
        worker.farewell = Some(farewell);
        if worker.is_wanted() {
            self.out.push(Command::Send(id, ToExecutor::Join));
        }
    }

    fn joined(&mut self, id: WorkerId) {
        let farewell = self.worker_mut(id).and_then(|worker| worker.farewell.clone());
        self.out.extend(farewell.map(|farewell| Command::Entrust(id, farewell)));
        match id.seat {
            Seat::Slot(_) => {
                let name = self.worker_mut(id).and_then(|worker| worker.identity.clone());
                let name = name.unwrap_or_default().name;
                self.write(Level::Info, id.slot(), format!("Joined as {name}."));
            }
            Seat::Client => self.submit_queued(id),
        }
    }

    fn act(&mut self, id: WorkerId, activity: Activity) {
        let now_ms = self.at.now_ms;
        let Some(worker) = self.worker_mut(id) else { return };
        worker.act(activity, now_ms);
        if let Some(slot) = self.slot_mut(id) {
            slot.track(now_ms);
        }
    }

    fn count(&mut self, id: WorkerId, process_id: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Succeeded => self.totals.succeeded += 1,
            Outcome::Failed { .. } => self.totals.failed += 1,
            Outcome::GivenBack => self.totals.given_back += 1,
            Outcome::Cancelled
            | Outcome::Expired
            | Outcome::Discarded { .. }
            | Outcome::Unheard { .. } => {}
        }
        let now_ms = self.at.now_ms;
        if let Some(slot) = self.slot_mut(id) {
            slot.track(now_ms);
            slot.count(process_id, outcome);
        }
    }

    /// The last word of a worker.
    fn ended(&mut self, id: WorkerId, ended: Ended) {
        match ended {
            Ended::Left => self.left(id),
            Ended::Lost { reason } => self.crashed(id, &reason),
            Ended::Dismissed { reason } => {
                self.forget_farewell(id);
                self.crashed(id, &reason);
            }
            Ended::Stale { build } => self.stale(id, build),
            Ended::Failed { trouble: trouble @ Trouble::Barred(_), reason } => {
                self.forget_farewell(id);
                self.failed(id, PoolError { trouble, sentence: reason });
            }
            Ended::Failed { trouble, reason } => {
                self.failed(id, PoolError { trouble, sentence: reason });
            }
        }
    }

    /// A gateway has nothing of this worker: there is nothing to make it leave.
    fn forget_farewell(&mut self, id: WorkerId) {
        if let Some(worker) = self.worker_mut(id) {
            worker.farewell = None;
        }
    }

    /// A worker has left for want of another build of the page: the others end what they run, then
    /// the page can be loaded anew.
    fn stale(&mut self, id: WorkerId, build: String) {
        let is_current = self.slot_mut(id).is_some();
        self.left(id);
        if !is_current || !self.is_going() {
            return;
        }
        self.log.write_once(self.at.now_ms, Level::Info, None, words::renewing(&build));
        self.renewal = Some(build);
        if self.wish == Wish::Work {
            self.finish();
        }
    }

    fn left(&mut self, id: WorkerId) {
        let now_ms = self.at.now_ms;
        let seated = self.slot_mut(id).and_then(|slot| slot.stop(now_ms));
        let worker = seated.or_else(|| self.take_elsewhere(id, "the client has left"));
        if let Some(worker) = worker {
            self.discard(worker.id);
        }
    }

    /// A worker cannot work, and neither could another one.
    pub(super) fn failed(&mut self, id: WorkerId, error: PoolError) {
        let now_ms = self.at.now_ms;
        let sentence = words::trouble(error.trouble, &error.sentence, self.settings_of(id));
        let is_wanted = self.worker_mut(id).is_some_and(|worker| worker.is_wanted());
        let seated = self
            .slot_mut(id)
            .and_then(|slot| if is_wanted { slot.fail(error, now_ms) } else { slot.stop(now_ms) });
        let worker = seated.or_else(|| self.take_elsewhere(id, &sentence));
        let Some(worker) = worker else { return };
        self.log.write_once(now_ms, Level::Error, id.slot(), sentence);
        self.bury(&worker);
    }

    /// A worker is dead, or the server does not know it any more.
    pub(super) fn crashed(&mut self, id: WorkerId, text: &str) {
        let at = self.at;
        let seated = self.slot_mut(id).and_then(|slot| slot.crash(at, text));
        let worker = seated.or_else(|| self.take_elsewhere(id, &words::crashed(text, None)));
        let Some(worker) = worker else { return };
        let fresh_ms = self.fresh_at_ms(id).map(|at_ms| at_ms - at.now_ms);
        self.write(Level::Error, id.slot(), words::crashed(text, fresh_ms));
        self.bury(&worker);
    }

    /// When the slot from which a worker was taken gets a fresh one, if it does.
    fn fresh_at_ms(&mut self, id: WorkerId) -> Option<f64> {
        let slot = super::slot_at(&mut self.slots, id.slot()?)?;
        if slot.worker().is_none() { slot.due_ms() } else { None }
    }

    /// Takes the client's worker, whose open calls are refused, or a lingering one.
    fn take_elsewhere(&mut self, id: WorkerId, reason: &str) -> Option<Worker> {
        if let Some(worker) = self.client.worker.take_if(|worker| worker.id == id) {
            self.refuse_calls(reason);
            return Some(worker);
        }
        self.lingering.extract_if(.., |worker| worker.id == id).next()
    }
}
