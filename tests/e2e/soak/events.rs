//! The faults, and when they come.
//!
//! All kinds come in rounds, each round in an order of its own, evenly over the whole length. A page
//! is loaded again in the first tenth only: memory is compared from there to the end, on pages that
//! stay.

use crate::chance::Chance;

/// So many processes are under way at most when a fault begins, and so many more are given then.
pub(crate) const UNDER_WAY: usize = 16;

/// A round of faults for so many processes of a way.
const ROUND: usize = 500;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Dropped,
    Reset,
    ServerError,
    Delayed,
    Truncated,
    Garbled,
    Stalled,
    AssignLost,
    CloseLost,
    CloseRefused,
    CutOff,
    Restarted,
    Crashed,
    Reloaded,
}

impl Kind {
    /// Those that come in rounds.
    const THROUGHOUT: [Self; 13] = [
        Self::Dropped,
        Self::Reset,
        Self::ServerError,
        Self::Delayed,
        Self::Truncated,
        Self::Garbled,
        Self::Stalled,
        Self::AssignLost,
        Self::CloseLost,
        Self::CloseRefused,
        Self::CutOff,
        Self::Restarted,
        Self::Crashed,
    ];

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::THROUGHOUT.into_iter().chain([Self::Reloaded])
    }

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dropped => "message dropped",
            Self::Reset => "connection reset",
            Self::ServerError => "answered 5xx",
            Self::Delayed => "message delayed",
            Self::Truncated => "reply truncated",
            Self::Garbled => "reply garbled",
            Self::Stalled => "connection stalled",
            Self::AssignLost => "answer to an assign lost",
            Self::CloseLost => "answer to a close lost",
            Self::CloseRefused => "close answered 500",
            Self::CutOff => "network cut off",
            Self::Restarted => "webpool killed and restarted",
            Self::Crashed => "executor worker crashed",
            Self::Reloaded => "page loaded again",
        }
    }
}

/// A fault to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// It comes before more processes than so many are given its way.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
    /// What the rest of it follows from.
    pub(crate) seed: u64,
}

/// All faults of a way with so many processes, `early` of them before memory is measured.
pub(crate) fn all(chance: &mut Chance, processes: usize, early: usize) -> Vec<Event> {
    let rounds = (processes / ROUND).max(1);
    let kinds: Vec<Kind> = (0..rounds).flat_map(|_| chance.shuffled(Kind::THROUGHOUT)).collect();
    let step = processes / (kinds.len() + 1);
    let spread = kinds.into_iter().zip(1..).map(|(kind, number)| (number * step, kind));
    let reloads = [early / 3, early * 2 / 3].map(|at| (at, Kind::Reloaded));
    let mut events: Vec<Event> = spread
        .chain(reloads)
        .map(|(at, kind)| Event { at: away_from(early, at), kind, seed: chance.next() })
        .collect();
    events.sort_by_key(|event| event.at);
    events
}

/// Puts off what would come when hardly anything is under way.
fn away_from(early: usize, at: usize) -> usize {
    if (early.saturating_sub(UNDER_WAY)..early).contains(&at) && at > early * 2 / 3 {
        early
    } else {
        at
    }
}
