//! Long polls that wait for work, and which of them a process goes to. Nothing here touches the
//! file or a clock.
//!
//! A process wakes exactly one poll: of those whose executor really matches it, the one that has
//! waited longest. The rules are those of the statement that claims a process.

use std::collections::BTreeMap;

use webpool_colony::Id;

use crate::store::Poll;

/// The most nodes, processes and processes per node an executor can have.
const MAX_NODES: i64 = 127;

/// What a waiting process asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) processid: String,
    pub(crate) colony: String,
    pub(crate) executortype: String,
    /// Empty if any executor will do.
    pub(crate) executornames: Vec<String>,
    /// Empty if any place will do.
    pub(crate) location: String,
    /// Thousandths of a processor.
    pub(crate) cpu: i64,
    /// Bytes.
    pub(crate) mem: i64,
    /// Bytes; no executor has any.
    pub(crate) storage: i64,
    pub(crate) nodes: i64,
    pub(crate) processes: i64,
    pub(crate) processespernode: i64,
}

impl Demand {
    /// Whether the executor that polls may run the process.
    pub(crate) fn is_met_by(&self, poll: &Poll) -> bool {
        let names = &self.executornames;
        self.colony == poll.colony
            && self.executortype == poll.executortype
            && (names.is_empty() || names.contains(&poll.executorname))
            && self.cpu <= poll.cpu
            && self.mem <= poll.mem
            && self.storage <= 0
            && [self.nodes, self.processes, self.processespernode].iter().all(|n| *n <= MAX_NODES)
            && (self.location.is_empty() || self.location.eq_ignore_ascii_case(&poll.location))
    }
}

/// One poll that waits; `T` is how it is answered.
#[derive(Debug)]
pub(crate) struct Waiter<T> {
    /// The call it belongs to.
    pub(crate) call: u64,
    pub(crate) poll: Poll,
    /// When it gives up, in nanoseconds since 1970.
    pub(crate) until: i64,
    /// Whether it knows that its colony's work is held back.
    pub(crate) is_paused: bool,
    pub(crate) reply: T,
}

/// All polls that wait, oldest first.
#[derive(Debug)]
pub(crate) struct Waiters<T> {
    /// By the order of their arrival.
    waiting: BTreeMap<u64, Waiter<T>>,
    arrivals: u64,
}

impl<T> Default for Waiters<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), arrivals: 0 }
    }
}

impl<T> Waiters<T> {
    /// Lets a poll wait, behind all others.
    pub(crate) fn add(&mut self, waiter: Waiter<T>) {
        self.waiting.insert(self.arrivals, waiter);
        self.arrivals = self.arrivals.saturating_add(1);
    }

    /// Lets a poll wait on that was taken out, in its old place.
    pub(crate) fn put_back(&mut self, arrival: u64, waiter: Waiter<T>) {
        self.waiting.insert(arrival, waiter);
    }

    /// How many polls have been added so far.
    pub(crate) fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// Takes out the polls that were added after `arrivals` ones.
    pub(crate) fn take_since(&mut self, arrivals: u64) -> impl Iterator<Item = Waiter<T>> {
        self.waiting.split_off(&arrivals).into_values()
    }

    /// How many polls of an executor of the colony wait.
    pub(crate) fn count(&self, colony: &str, executorid: &Id) -> usize {
        let is_its = |poll: &Poll| poll.colony == colony && poll.executorid == *executorid;
        self.waiting.values().filter(|waiter| is_its(&waiter.poll)).count()
    }

    /// When the first poll gives up.
    pub(crate) fn next_timeout(&self) -> Option<i64> {
        self.waiting.values().map(|waiter| waiter.until).min()
    }

    /// Takes out the poll that has waited longest of those that meet the demand, with its place.
    pub(crate) fn take_match(&mut self, demand: &Demand) -> Option<(u64, Waiter<T>)> {
        self.take_first(|waiter| demand.is_met_by(&waiter.poll))
    }

    /// Tells the poll that would have been taken that its colony's work is held back.
    pub(crate) fn note_pause(&mut self, demand: &Demand) {
        let mut matching = self.waiting.values_mut().filter(|one| demand.is_met_by(&one.poll));
        if let Some(waiter) = matching.find(|waiter| !waiter.is_paused) {
            waiter.is_paused = true;
        }
    }

    /// Takes out the polls of a colony with their places, oldest first.
    pub(crate) fn take_colony(&mut self, colony: &str) -> BTreeMap<u64, Waiter<T>> {
        self.take_out(|waiter| waiter.poll.colony == colony)
    }

    /// Takes out the poll of a call.
    pub(crate) fn take_call(&mut self, call: u64) -> Option<Waiter<T>> {
        self.take_first(|waiter| waiter.call == call).map(|(_, waiter)| waiter)
    }

    /// Takes out all polls for which `is_over` holds.
    pub(crate) fn take_all(
        &mut self,
        is_over: impl Fn(&Waiter<T>) -> bool,
    ) -> impl Iterator<Item = Waiter<T>> {
        self.take_out(is_over).into_values()
    }

    /// Colonies and executors that wait, each once.
    pub(crate) fn members(&self) -> Vec<(String, Id)> {
        let mut members: Vec<(String, Id)> = self
            .waiting
            .values()
            .map(|waiter| (waiter.poll.colony.clone(), waiter.poll.executorid.clone()))
            .collect();
        members.sort_unstable();
        members.dedup();
        members
    }

    fn take_first(&mut self, is_wanted: impl Fn(&Waiter<T>) -> bool) -> Option<(u64, Waiter<T>)> {
        let arrival = *self.waiting.iter().find(|(_, waiter)| is_wanted(waiter))?.0;
        self.waiting.remove_entry(&arrival)
    }

    fn take_out(&mut self, is_wanted: impl Fn(&Waiter<T>) -> bool) -> BTreeMap<u64, Waiter<T>> {
        let all = std::mem::take(&mut self.waiting);
        let (wanted, others) = all.into_iter().partition(|(_, waiter)| is_wanted(waiter));
        self.waiting = others;
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(name: &str) -> Poll {
        Poll {
            colony: "c".to_owned(),
            executorid: Id::from_text(name),
            executorname: name.to_owned(),
            executortype: "t".to_owned(),
            location: "Home".to_owned(),
            cpu: 1000,
            mem: 1 << 30,
        }
    }

    fn demand() -> Demand {
        Demand { colony: "c".to_owned(), executortype: "t".to_owned(), ..Demand::default() }
    }

    #[test]
    fn matching() {
        let cases: [(bool, Demand); 9] = [
            (true, demand()),
            (true, Demand { cpu: 1000, mem: 1 << 30, nodes: 127, ..demand() }),
            (false, Demand { cpu: 1001, ..demand() }),
            (false, Demand { storage: 1, ..demand() }),
            (false, Demand { processespernode: 128, ..demand() }),
            (true, Demand { location: "hOME".to_owned(), ..demand() }),
            (false, Demand { location: "away".to_owned(), ..demand() }),
            (false, Demand { executornames: vec!["*".to_owned()], ..demand() }),
            (false, Demand { colony: "d".to_owned(), ..demand() }),
        ];
        for (is_met, demand) in cases {
            assert_eq!(demand.is_met_by(&poll("a")), is_met, "{demand:?}");
        }
    }

    #[test]
    fn the_longest_waiting_match_is_taken() {
        let mut waiters = Waiters::default();
        for (call, name) in [(1, "a"), (2, "b"), (3, "b")] {
            waiters.add(Waiter { call, poll: poll(name), until: 9, is_paused: false, reply: () });
        }
        let for_b = Demand { executornames: vec!["b".to_owned()], ..demand() };
        let mut take = |demand: &Demand| {
            let (arrival, waiter) = waiters.take_match(demand).unwrap();
            let call = waiter.call;
            waiters.put_back(arrival, waiter);
            assert_eq!(waiters.take_match(demand).unwrap().1.call, call, "its place is kept");
            call
        };
        assert_eq!(take(&for_b), 2);
        assert_eq!(take(&demand()), 1);
        assert_eq!(waiters.take_call(3).map(|waiter| waiter.call), Some(3));
        assert!(waiters.take_match(&demand()).is_none());
    }
}
