//! Workers that say nothing any more: a browser may end one without a word, and one may hang.
//!
//! At every look, whoever has said nothing since the look before is asked; who says nothing at three
//! looks in a row, 30 to 40 s, counts as crashed. Looks are counted and not time, since a page that
//! is frozen or asleep has frozen its workers too, and a hidden one is given few timers: whatever
//! happens, a worker is asked twice and has the time between two looks to answer.

use webpool_wire::ToExecutor;

use super::{Command, Pool};
use crate::slot::Slot;
use crate::worker::WorkerId;

/// So many looks in a row without a word, and a worker is dead.
const LOOKS: u32 = 3;

/// Why it is taken for dead.
const SILENT: &str = "it does not answer any more";

impl Pool {
    /// Notes that a worker said something.
    pub(super) fn note_word(&mut self, id: WorkerId) {
        if let Some(worker) = self.worker_mut(id) {
            worker.silent_looks = 0;
        }
    }

    /// Asks who has said nothing for a while, and gives up who did not answer.
    pub(super) fn look(&mut self) {
        let seated =
            self.slots.iter_mut().filter_map(Slot::worker_mut).chain(&mut self.client.worker);
        let mut asked = Vec::new();
        let mut dead = Vec::new();
        for worker in seated.chain(&mut self.lingering).filter(|worker| worker.is_started()) {
            if worker.silent_looks >= LOOKS {
                dead.push(worker.id);
            } else if worker.silent_looks > 0 {
                asked.push(Command::Send(worker.id, ToExecutor::Ask));
            }
            worker.silent_looks += 1;
        }
        self.out.extend(asked);
        for id in dead {
            self.crashed(id, SILENT);
        }
    }
}
