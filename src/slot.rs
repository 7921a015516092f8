//! The states of one slot.
//!
//! ```text
//! vacant -> taken (starting -> joining -> idle <-> running, paused, offline, finishing, stopped)
//! taken -> vacant   its worker crashed or was forgotten by the server: a fresh one after backoff
//! taken -> failed   no worker can work here, or five in a row crashed
//! any   -> stopped
//! ```
//!
//! A slot outlives its workers: it keeps the counts, the crashes in a row and the processes of the
//! last 60 s. A closed process, or a worker that lived for 60 s, ends a row of crashes.

use webpool_wire::{Activity, Outcome, Trouble};

use crate::backoff;
use crate::past::Past;
use crate::pool::Moment;
use crate::snapshot::{PoolError, SlotState, SlotView};
use crate::worker::Worker;

/// So many crashes in a row, and the slot has failed.
const CRASHES: u32 = 5;
/// A worker that lived so long ends a row of crashes, in ms.
const LIFE_MS: f64 = 60_000.0;

/// One slot.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// It vanishes once it is over: the pool was made smaller.
    pub(crate) is_leaving: bool,
    stage: Stage,
    crashes: u32,
    succeeded: u32,
    failed: u32,
    past: Past,
}

#[derive(Debug)]
enum Stage {
    /// A worker comes: at this time, or once the modules are loaded.
    Vacant {
        at_ms: Option<f64>,
        /// Why the last one ended, empty if there was none.
        reason: String,
    },
    Taken(Box<Worker>),
    Stopped,
    Failed(PoolError),
}

impl Default for Stage {
    fn default() -> Self {
        Self::Vacant { at_ms: None, reason: String::new() }
    }
}

impl Slot {
    /// Seats a worker.
    pub(crate) fn seat(&mut self, worker: Worker) {
        self.stage = Stage::Taken(Box::new(worker));
    }

    /// Whether a worker can be seated: none sits here, and it is time for one.
    pub(crate) fn is_vacant(&self, now_ms: f64) -> bool {
        match self.stage {
            Stage::Vacant { at_ms, .. } => at_ms.is_none_or(|at_ms| at_ms <= now_ms),
            Stage::Taken(_) | Stage::Stopped | Stage::Failed(_) => false,
        }
    }

    /// The worker that sits here.
    pub(crate) const fn worker(&self) -> Option<&Worker> {
        match &self.stage {
            Stage::Taken(worker) => Some(worker),
            Stage::Vacant { .. } | Stage::Stopped | Stage::Failed(_) => None,
        }
    }

    /// The same, to be changed.
    pub(crate) const fn worker_mut(&mut self) -> Option<&mut Worker> {
        match &mut self.stage {
            Stage::Taken(worker) => Some(worker),
            Stage::Vacant { .. } | Stage::Stopped | Stage::Failed(_) => None,
        }
    }

    /// Whether nothing will happen here any more.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state(), SlotState::Stopped | SlotState::Failed)
    }

    /// When something is to be done here without anybody asking.
    pub(crate) fn due_ms(&self) -> Option<f64> {
        match &self.stage {
            Stage::Vacant { at_ms, .. } => *at_ms,
            Stage::Taken(worker) => worker.drop_at_ms,
            Stage::Stopped | Stage::Failed(_) => None,
        }
    }

    /// What stands in the way here, if it has failed.
    pub(crate) const fn failure(&self) -> Option<&PoolError> {
        match &self.stage {
            Stage::Failed(error) => Some(error),
            Stage::Vacant { .. } | Stage::Taken(_) | Stage::Stopped => None,
        }
    }

    /// Empties the seat for good and returns who sat there. A slot that has failed forgets why.
    pub(crate) fn stop(&mut self, now_ms: f64) -> Option<Worker> {
        self.leave(Stage::Stopped, now_ms)
    }

    /// Empties the seat: no worker can work here.
    pub(crate) fn fail(&mut self, error: PoolError, now_ms: f64) -> Option<Worker> {
        self.leave(Stage::Failed(error), now_ms)
    }

    /// Empties the seat after a crash: a fresh worker comes after backoff, unless the old one had
    /// been told to end, or was the last of too many.
    pub(crate) fn crash(&mut self, at: Moment, reason: &str) -> Option<Worker> {
        let worker = self.worker()?;
        if !worker.is_wanted() || self.is_leaving {
            return self.stop(at.now_ms);
        }
        if at.now_ms - worker.born_ms >= LIFE_MS {
            self.crashes = 0;
        }
        self.crashes += 1;
        if self.crashes >= CRASHES {
            let sentence = reason.to_owned();
            return self.fail(PoolError { trouble: Trouble::Crashed, sentence }, at.now_ms);
        }
        let at_ms = at.now_ms + backoff::delay_ms(self.crashes, at.random);
        let vacant = Stage::Vacant { at_ms: Some(at_ms), reason: reason.to_owned() };
        self.leave(vacant, at.now_ms)
    }

    fn leave(&mut self, stage: Stage, now_ms: f64) -> Option<Worker> {
        self.past.end(now_ms);
        match std::mem::replace(&mut self.stage, stage) {
            Stage::Taken(worker) => Some(*worker),
            Stage::Vacant { .. } | Stage::Stopped | Stage::Failed(_) => None,
        }
    }

    /// Notes what its worker does now as a block of its past.
    pub(crate) fn track(&mut self, now_ms: f64) {
        let work = self.worker().and_then(|worker| worker.work.clone());
        self.past.go_on(work, now_ms);
    }

    /// Counts a process that came to its end here.
    pub(crate) fn count(&mut self, process_id: &str, outcome: &Outcome) {
        self.crashes = 0;
        let is_failed = match outcome {
            Outcome::Succeeded => {
                self.succeeded += 1;
                false
            }
            Outcome::Failed { .. } => {
                self.failed += 1;
                true
            }
            Outcome::Expired => true,
            Outcome::Cancelled
            | Outcome::Discarded { .. }
            | Outcome::Unheard { .. }
            | Outcome::GivenBack => false,
        };
        self.past.judge(process_id, is_failed);
    }

    /// What it does.
    pub(crate) fn state(&self) -> SlotState {
        match &self.stage {
            Stage::Vacant { .. } => SlotState::Starting,
            Stage::Taken(worker) => worker.state(),
            Stage::Stopped => SlotState::Stopped,
            Stage::Failed(_) => SlotState::Failed,
        }
    }

    /// Why it is offline or failed, or its last worker ended; else nothing.
    pub(crate) fn reason(&self) -> &str {
        match &self.stage {
            Stage::Failed(error) => &error.sentence,
            Stage::Vacant { reason, .. } => reason,
            Stage::Taken(worker) => match &worker.activity {
                Some(Activity::Offline { reason, .. }) => reason,
                Some(_) | None => "",
            },
            Stage::Stopped => "",
        }
    }

    /// The slot at this moment.
    pub(crate) fn to_view(&self, now_ms: f64) -> SlotView {
        let mut view = SlotView {
            state: self.state(),
            succeeded: self.succeeded,
            failed: self.failed,
            reason: self.reason().to_owned(),
            retry_at_ms: self.retry_at_ms(),
            blocks: self.past.to_blocks(now_ms),
            ..SlotView::default()
        };
        if let Some(worker) = self.worker() {
            worker.show(&mut view);
        }
        view
    }

    fn retry_at_ms(&self) -> Option<f64> {
        match &self.stage {
            Stage::Vacant { at_ms, .. } => *at_ms,
            Stage::Taken(worker) => worker.retry_at_ms,
            Stage::Stopped | Stage::Failed(_) => None,
        }
    }
}

impl Worker {
    fn show(&self, view: &mut SlotView) {
        if let Some(identity) = &self.identity {
            view.executor_name.clone_from(&identity.name);
            view.executor_id.clone_from(&identity.id);
        }
        if let Some(work) = &self.work {
            view.function.clone_from(&work.function);
            view.process_id.clone_from(&work.process_id);
            view.progress = work.progress;
            view.running_since_ms = Some(work.since_ms);
        }
    }
}

#[cfg(test)]
mod tests;
