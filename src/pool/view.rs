//! The state of the whole, and the snapshot.

use webpool_wire::{Level, Trouble};

use super::{Pool, Wish};
use crate::slot::Slot;
use crate::snapshot::{PoolError, PoolState, SlotState, Snapshot};
use crate::words;
use crate::worker::Worker;

impl Pool {
    /// What the pool looks like at `now_ms`.
    pub(crate) fn to_snapshot(&self, now_ms: f64) -> Snapshot {
        Snapshot {
            state: self.state(),
            slots: self.slots.iter().map(|slot| slot.to_view(now_ms)).collect(),
            ready: self.ready_count(),
            succeeded: self.totals.succeeded,
            failed: self.totals.failed,
            given_back: self.totals.given_back,
            pending: self.pending(),
            error: self.error(),
            log: self.log.to_entries(),
            submissions: self.client.submissions().to_vec(),
            functions: self.functions.clone(),
            renewal: self.renewal.clone(),
        }
    }

    /// The whole is offline or failed only if every slot is, and running once one slot has joined.
    fn state(&self) -> PoolState {
        let states: Vec<SlotState> = self.slots.iter().map(Slot::state).collect();
        let mut live = states.iter().filter(|state| !is_over(**state)).peekable();
        if live.peek().is_none() {
            return self.state_when_over(&states);
        }
        let is_offline = live.all(|state| *state == SlotState::Offline);
        match self.wish {
            Wish::Finish | Wish::Stop => PoolState::Finishing,
            Wish::Work | Wish::Pause if is_offline => PoolState::Offline,
            Wish::Pause => PoolState::Paused,
            Wish::Work if self.ready_count() > 0 => PoolState::Running,
            Wish::Work => PoolState::Starting,
        }
    }

    fn state_when_over(&self, states: &[SlotState]) -> PoolState {
        let failed = states.iter().filter(|state| **state == SlotState::Failed).count();
        match (failed, self.is_going()) {
            (0, _) => PoolState::Stopped,
            (_, true) => PoolState::Failed,
            (_, false) if failed == states.len() => PoolState::Failed,
            (_, false) => PoolState::Stopped,
        }
    }

    fn ready_count(&self) -> u32 {
        let workers = self.slots.iter().filter_map(Slot::worker);
        to_u32(workers.filter(|worker| worker.is_joined()).count())
    }

    fn pending(&self) -> u32 {
        let workers = self.slots.iter().filter_map(Slot::worker).chain(&self.lingering);
        let current = workers.filter(|worker: &&Worker| worker.run == self.run);
        current.map(|worker| worker.pending).fold(0, u32::saturating_add)
    }

    /// What stands in the way of the whole.
    fn error(&self) -> Option<PoolError> {
        match self.state() {
            PoolState::Stopped | PoolState::Failed if self.forbidden.is_some() => {
                self.forbidden.clone()
            }
            PoolState::Failed => self.slots.iter().find_map(Slot::failure).cloned(),
            PoolState::Offline => {
                let is_offline = |slot: &&Slot| slot.state() == SlotState::Offline;
                let slot = self.slots.iter().find(is_offline)?;
                let sentence = slot.reason().to_owned();
                Some(PoolError { trouble: Trouble::Unreachable, sentence })
            }
            PoolState::Stopped
            | PoolState::Starting
            | PoolState::Running
            | PoolState::Paused
            | PoolState::Finishing => None,
        }
    }

    fn to_sentence(&self, error: &PoolError) -> String {
        words::trouble(error.trouble, &error.sentence, &self.settings)
    }

    /// Writes down what became of the whole.
    pub(super) fn tell_state(&mut self) {
        let state = self.state();
        let was = std::mem::replace(&mut self.told, state);
        if was == state {
            return;
        }
        let (level, text) = match (state, self.error()) {
            (PoolState::Failed, Some(error)) => (Level::Error, self.to_sentence(&error)),
            (PoolState::Offline, Some(error)) => (Level::Warning, self.to_sentence(&error)),
            (PoolState::Stopped, _) => (Level::Info, words::stopped(self.totals.given_back)),
            (PoolState::Running | PoolState::Paused, _) if was == PoolState::Offline => {
                (Level::Info, format!("{} answers again.", self.settings.server_host()))
            }
            _ => return,
        };
        self.log.write_once(self.at.now_ms, level, None, text);
    }
}

const fn is_over(state: SlotState) -> bool {
    matches!(state, SlotState::Stopped | SlotState::Failed)
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
