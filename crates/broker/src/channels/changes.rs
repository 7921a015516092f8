//! What a transaction changes in the channels, so that it can be taken back: they are in memory, and
//! a file that cannot be written rolls back nothing of that by itself.
//!
//! Each change is noted as it is made. [`Channels::keep`] forgets them once the transaction is
//! durable; [`Channels::undo`] takes back all that were made since a moment, the last one first.

use webpool_colony::Id;

use super::{Address, Channels, ENTRY_BYTES, Room};

/// One change, with what was there before.
#[derive(Debug)]
pub(super) enum Change {
    /// A process has got its room.
    Opened { processid: String },
    /// A process was given to an executor.
    Given { processid: String, before: Option<Id> },
    /// A message was put into a log, at that place.
    Said { address: Address, place: usize, spent_until: i64 },
    /// A process has ended. Until that is durable its messages count.
    Ended { processid: String, room: Room },
}

impl Channels {
    /// How many changes can be taken back.
    pub(crate) fn changes(&self) -> usize {
        self.changes.len()
    }

    /// Makes all changes final.
    pub(crate) fn keep(&mut self) {
        for change in self.changes.drain(..) {
            if let Change::Ended { room, .. } = change {
                self.bytes = self.bytes.saturating_sub(room.bytes);
            }
        }
    }

    /// Takes back all changes but the first `kept`.
    pub(crate) fn undo(&mut self, kept: usize) {
        while self.changes.len() > kept {
            match self.changes.pop() {
                Some(Change::Opened { processid }) => drop(self.rooms.remove(&processid)),
                Some(Change::Given { processid, before }) => {
                    if let Some(room) = self.rooms.get_mut(&processid) {
                        room.executor = before;
                    }
                }
                Some(Change::Said { address, place, spent_until }) => {
                    self.unsay(&address, place, spent_until);
                }
                Some(Change::Ended { processid, room }) => {
                    self.rooms.insert(processid, room);
                }
                None => {}
            }
        }
    }

    fn unsay(&mut self, address: &Address, place: usize, spent_until: i64) {
        let Some(room) = self.rooms.get_mut(&address.processid) else { return };
        room.spent_until = spent_until;
        let Some(log) = room.logs.get_mut(&address.name) else { return };
        if place < log.len() {
            let bytes = log.remove(place).json.len().saturating_add(ENTRY_BYTES);
            room.bytes = room.bytes.saturating_sub(bytes);
            self.bytes = self.bytes.saturating_sub(bytes);
        }
        if log.is_empty() {
            room.logs.remove(&address.name);
        }
    }
}
