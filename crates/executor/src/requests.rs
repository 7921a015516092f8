//! What an open request was for.
//!
//! Requests are numbered; a reply carries the number. A reply to a request that nobody waits for
//! any more is dropped.

use std::collections::BTreeMap;

/// Number of a request, unique within one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// The number, for a driver's own bookkeeping.
    pub const fn to_number(self) -> u64 {
        self.0
    }

    /// The request with this number.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// The open requests of a machine, each with its purpose.
#[derive(Clone, Debug)]
pub struct Requests<P> {
    open: BTreeMap<RequestId, P>,
    next: u64,
}

impl<P> Default for Requests<P> {
    fn default() -> Self {
        Self { open: BTreeMap::new(), next: 0 }
    }
}

impl<P> Requests<P> {
    /// Opens a request.
    pub fn open(&mut self, purpose: P) -> RequestId {
        self.next += 1;
        let id = RequestId(self.next);
        self.open.insert(id, purpose);
        id
    }

    /// Closes a request; its purpose, if somebody still waits.
    pub fn close(&mut self, id: RequestId) -> Option<P> {
        self.open.remove(&id)
    }

    /// Forgets all requests whose purpose matches; their numbers, so that they can be aborted.
    pub fn forget(&mut self, matches: impl Fn(&P) -> bool) -> Vec<RequestId> {
        let ids: Vec<_> =
            self.open.iter().filter(|(_, purpose)| matches(purpose)).map(|(id, _)| *id).collect();
        for id in &ids {
            self.open.remove(id);
        }
        ids
    }

    /// Whether a request with such a purpose is open.
    pub fn any(&self, matches: impl Fn(&P) -> bool) -> bool {
        self.open.values().any(matches)
    }
}
