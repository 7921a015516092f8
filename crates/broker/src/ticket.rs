//! Whether the client of a long poll is still there.
//!
//! A poll is answered or withdrawn, whichever comes first, and never both: so a process is handed
//! to nobody who has gone.

use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const ANSWERED: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Shared by the client's handle and the broker's thread.
#[derive(Debug, Default)]
pub(crate) struct Ticket(AtomicU8);

impl Ticket {
    /// Settles the poll as answered; false if it was withdrawn before.
    pub(crate) fn answer(&self) -> bool {
        self.settle(ANSWERED)
    }

    /// Settles the poll as withdrawn; false if it was answered before.
    pub(crate) fn withdraw(&self) -> bool {
        self.settle(WITHDRAWN)
    }

    /// Whether the client has gone.
    pub(crate) fn is_withdrawn(&self) -> bool {
        self.0.load(Ordering::Acquire) == WITHDRAWN
    }

    fn settle(&self, state: u8) -> bool {
        self.0.compare_exchange(OPEN, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
