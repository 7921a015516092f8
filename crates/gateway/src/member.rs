//! Who is known to a gateway, and what they hold.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use webpool_colony::Id;
use webpool_wire::link::LinkRole;

use crate::presence::Presence;

/// How many processes that somebody is done with are remembered: it may ask what became of them.
const RECENT: usize = 64;

/// How many submissions of a visitor are remembered.
const SUBMISSIONS: usize = 1000;

/// Who somebody is in the colony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The key's id.
    pub id: Id,
    /// Unique in the colony.
    pub name: String,
    /// What processes are matched against; empty for a visitor.
    pub executor_type: String,
    /// The colony.
    pub colony: String,
    /// What it came for.
    pub role: LinkRole,
}

/// Somebody who has joined through the gateway.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who it is.
    pub profile: Profile,
    pub(crate) presence: Presence,
    /// The processes it was given and has not ended, each with when it was.
    holds: BTreeMap<String, Duration>,
    /// The processes it is done with, or has submitted, the latest last.
    recent: VecDeque<String>,
}

impl Member {
    pub(crate) fn new(profile: Profile, presence: Presence) -> Self {
        Self { profile, presence, holds: BTreeMap::new(), recent: VecDeque::new() }
    }

    /// Notes that it was given a process.
    pub(crate) fn take(&mut self, now: Duration, process: &str) {
        self.holds.insert(process.to_owned(), now);
    }

    /// Notes that it is done with a process.
    pub(crate) fn end(&mut self, process: &str) -> bool {
        let held = self.holds.remove(process).is_some();
        if held {
            self.remember(process);
        }
        held
    }

    /// Notes a process that it may read.
    pub(crate) fn remember(&mut self, process: &str) {
        let most = match self.profile.role {
            LinkRole::Executor => RECENT,
            LinkRole::Visitor => SUBMISSIONS,
        };
        self.recent.push_back(process.to_owned());
        if self.recent.len() > most {
            self.recent.pop_front();
        }
    }

    /// Whether it holds a process.
    pub fn holds(&self, process: &str) -> bool {
        self.holds.contains_key(process)
    }

    /// Whether it may read a process: it holds it, held it, or has submitted it.
    pub fn knows(&self, process: &str) -> bool {
        self.holds(process) || self.recent.iter().any(|known| known == process)
    }

    /// The process it holds; the one given first if there are more.
    pub fn held(&self) -> Option<&str> {
        let first = self.holds.iter().min_by_key(|(_, since)| **since);
        first.map(|(process, _)| process.as_str())
    }

    /// How many processes it holds.
    pub fn held_count(&self) -> usize {
        self.holds.len()
    }

    /// For how long it has held the first of its processes.
    pub(crate) fn busy_for(&self, now: Duration) -> Duration {
        let first = self.holds.values().min();
        first.map_or(Duration::ZERO, |since| now.saturating_sub(*since))
    }
}
