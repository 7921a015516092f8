//! What a page tells of the processes that its slots have done, from the first measure on: no page is
//! loaded again after it.

use std::cell::Cell;

use anyhow::{Context as _, Result, ensure};
use webpool_colony::ProcessState;

use crate::events::Kind;
use crate::harness::Attributes;
use crate::lane::{Lane, Way};

/// So many results an executor has under way at most, of which its page has not heard: it sends them
/// one after the other, without waiting for answers, and a fault before may have held some up.
const UNHEARD: u32 = 3;

/// How many processes succeeded and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
}

impl Totals {
    fn of(told: &Attributes) -> Result<Self> {
        let count = |name: &str| told.get(name).parse().with_context(|| format!("{name}: {told}"));
        Ok(Self { succeeded: count("succeeded")?, failed: count("failed")? })
    }
}

/// What one page has told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// At first, and how many processes had ended by then.
    first: Cell<Option<(usize, Totals)>>,
    last: Cell<Totals>,
    /// How many processes were given since to see that each slot works.
    probes: Cell<u32>,
}

impl Told {
    /// Reads what a page tells after a look at each of its slots, and checks that these tell the same.
    pub(crate) async fn read(&self, lane: &Lane<'_>) -> Result<()> {
        let pool = Totals::of(&lane.page.pool().await?)?;
        let mut slots = Totals::default();
        for slot in lane.page.slots().await? {
            let Totals { succeeded, failed } = Totals::of(&slot)?;
            slots.succeeded += succeeded;
            slots.failed += failed;
        }
        ensure!(pool == slots, "over {} the pool tells {pool:?}, its slots {slots:?}", lane.way);
        self.last.set(pool);
        if self.first.get().is_none() {
            self.first.set(Some((lane.count(), pool)));
        } else {
            self.probes.set(self.probes.get() + lane.slots);
        }
        Ok(())
    }

    /// What the page has told since the first time.
    pub(crate) fn since(&self) -> Totals {
        let (_, first) = self.first.get().unwrap_or_default();
        let last = self.last.get();
        Totals {
            succeeded: last.succeeded.saturating_sub(first.succeeded),
            failed: last.failed.saturating_sub(first.failed),
        }
    }

    /// What it should tell: how the processes given since have ended at the broker.
    pub(crate) fn wanted(&self, lane: &Lane<'_>) -> Totals {
        let (count, _) = self.first.get().unwrap_or_default();
        let mut totals = Totals { succeeded: self.probes.get(), failed: 0 };
        for (_, work) in lane.all_given().into_iter().skip(count) {
            match work.state() {
                ProcessState::Success => totals.succeeded += 1,
                ProcessState::Failed => totals.failed += 1,
                ProcessState::Cancelled | ProcessState::Waiting | ProcessState::Running => {}
            }
        }
        totals
    }

    /// Judges the numbers: nothing is told twice, and nothing is left out but what executors that were
    /// replaced had no time to tell: the results that they had just sent.
    pub(crate) fn judge(&self, lane: &Lane<'_>) -> Result<()> {
        let (told, wanted) = (self.since(), self.wanted(lane));
        let replaced = Kind::all().map(|kind| lane.injected(kind) * replaced_by(kind, lane));
        let most = replaced.sum::<u32>() * UNHEARD;
        for (told, wanted) in [(told.succeeded, wanted.succeeded), (told.failed, wanted.failed)] {
            let is_right = told <= wanted && wanted - told <= most;
            ensure!(is_right, "the page of {} tells {told} of {wanted}, may lack {most}", lane.way);
        }
        Ok(())
    }
}

/// How many executors a fault may replace. One that comes by link is taken off once it is away for
/// two seconds.
fn replaced_by(kind: Kind, lane: &Lane<'_>) -> u32 {
    match lane.way {
        _ if kind == Kind::Crashed => 1,
        Way::Link if kind == Kind::Stalled => 1,
        Way::Link if kind == Kind::CutOff => lane.slots,
        Way::Http | Way::Link => 0,
    }
}
