//! The right to long-poll, handed out by the page where there are no Web Locks, or no need for them.
//!
//! At most [`PERMITS`] workers hold one at a time; the others wait in the order in which they
//! asked, and who gives a permit back queues behind them, so everybody has a turn. A worker that
//! is gone gives back what it held. This counts for one tab only. Over HTTP/2 all requests share a
//! connection: there every worker is granted a permit at once.

use std::collections::VecDeque;

use crate::worker::WorkerId;

/// Long polls at a time: a browser opens six HTTP/1.1 connections to a host, and two are needed
/// for everything else.
const PERMITS: usize = 4;

/// Who holds a permit, and who waits for one.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    holders: Vec<WorkerId>,
    waiting: VecDeque<WorkerId>,
    /// Whether there is one for everybody.
    pub(crate) is_unlimited: bool,
}

impl Permits {
    /// Notes that `worker` wants a permit; returns who is granted one now.
    pub(crate) fn want(&mut self, worker: WorkerId) -> Option<WorkerId> {
        if self.holders.contains(&worker) {
            return Some(worker);
        }
        if !self.waiting.contains(&worker) {
            self.waiting.push_back(worker);
        }
        self.grant()
    }

    /// Takes a permit, or the wish for one, back from `worker`; returns who is granted one now.
    pub(crate) fn give_back(&mut self, worker: WorkerId) -> Option<WorkerId> {
        self.holders.retain(|holder| *holder != worker);
        self.waiting.retain(|waiting| *waiting != worker);
        self.grant()
    }

    fn grant(&mut self) -> Option<WorkerId> {
        if !self.is_unlimited && self.holders.len() >= PERMITS {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.holders.push(next);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::Seat;

    fn worker(slot: u32) -> WorkerId {
        WorkerId { seat: Seat::Slot(slot), generation: slot }
    }

    #[test]
    fn everybody_has_a_turn() {
        let mut permits = Permits::default();
        for slot in 0..4 {
            assert_eq!(permits.want(worker(slot)), Some(worker(slot)));
        }
        assert_eq!(permits.want(worker(4)), None);
        assert_eq!(permits.want(worker(5)), None);
        assert_eq!(permits.want(worker(4)), None);
        assert_eq!(permits.give_back(worker(1)), Some(worker(4)));
        assert_eq!(permits.want(worker(1)), None);
        assert_eq!(permits.give_back(worker(0)), Some(worker(5)));
        assert_eq!(permits.give_back(worker(4)), Some(worker(1)));
        assert_eq!(permits.give_back(worker(2)), None);
    }

    #[test]
    fn everybody_has_one_where_there_is_no_limit() {
        let mut permits = Permits { is_unlimited: true, ..Permits::default() };
        for slot in 0..64 {
            assert_eq!(permits.want(worker(slot)), Some(worker(slot)));
        }
        assert_eq!(permits.give_back(worker(1)), None);
        assert_eq!(permits.want(worker(1)), Some(worker(1)));
    }

    #[test]
    fn asking_twice_does_no_harm() {
        let mut permits = Permits::default();
        assert_eq!(permits.want(worker(0)), Some(worker(0)));
        assert_eq!(permits.want(worker(0)), Some(worker(0)));
        for slot in 1..4 {
            assert_eq!(permits.want(worker(slot)), Some(worker(slot)));
        }
        assert_eq!(permits.want(worker(4)), None);
    }

    #[test]
    fn a_withdrawn_wish_frees_nothing() {
        let mut permits = Permits::default();
        for slot in 0..6 {
            permits.want(worker(slot));
        }
        assert_eq!(permits.give_back(worker(4)), None);
        assert_eq!(permits.give_back(worker(9)), None);
        assert_eq!(permits.give_back(worker(3)), Some(worker(5)));
    }
}
