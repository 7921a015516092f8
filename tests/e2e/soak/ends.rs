//! How the processes of a way have ended, and how often each was reported.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::{Process, ProcessState};

use crate::events::Kind;
use crate::harness::{Closed, Colony, Way};
use crate::lane::Lane;
use crate::work::Work;

/// What the ends of all processes of a way are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) successful: usize,
    pub(crate) failed: usize,
    pub(crate) cancelled: usize,
    /// Accepted twice, or sent again by an executor that had not read the process.
    pub(crate) twice: usize,
    /// Sent again by the browser itself, which knows nothing of reading.
    pub(crate) resent: u32,
    /// How soon, at the latest, after a connection had ended.
    pub(crate) resent_after: Duration,
    /// Accepted, but the answer was never seen: the network was cut off, or the server killed.
    pub(crate) unseen: usize,
}

impl Ends {
    /// Reads every process of a way once more.
    pub(crate) async fn read(lane: &Lane<'_>, colony: &Colony) -> Result<(Self, Vec<Process>)> {
        let (mut ends, mut processes) = (Self::default(), Vec::new());
        for (id, work) in lane.all_given() {
            let process = colony.process(&id).await?;
            work.check(&process)?;
            ends.enter(work, lane.proxy.closed(&id));
            processes.push(process);
        }
        Ok((ends, processes))
    }

    fn enter(&mut self, work: &Work, closed: Closed) {
        let Closed { accepted, resent, resent_after, unread, .. } = closed;
        // A success that the browser sends again is accepted again.
        self.twice += usize::from(accepted > 1 + resent || unread > 0);
        self.resent += resent;
        self.resent_after = self.resent_after.max(resent_after);
        let is_unseen = accepted == 0;
        match work.state() {
            ProcessState::Success => {
                self.successful += 1;
                self.unseen += usize::from(is_unseen);
            }
            ProcessState::Failed => {
                self.failed += 1;
                self.unseen += usize::from(is_unseen);
            }
            ProcessState::Cancelled | ProcessState::Waiting | ProcessState::Running => {
                self.cancelled += 1;
            }
        }
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        self.successful + self.failed + self.cancelled
    }

    /// Judges the numbers of a way.
    pub(crate) fn judge(self, lane: &Lane<'_>) -> Result<()> {
        let way = lane.way;
        ensure!(self.twice == 0, "over {way} {} were reported twice", self.twice);
        let most = match way {
            Way::Http => struck(lane, cut_by),
            // nothing but a request is sent again
            Way::Link => 0,
        };
        ensure!(self.resent <= most, "{} were sent again over {way}, may {most}", self.resent);
        let most = struck(lane, hidden_by);
        let unseen = self.unseen;
        ensure!(unseen <= usize::try_from(most)?, "{unseen} have no report over {way}, may {most}");
        Ok(())
    }
}

/// How many messages a fault can have met.
#[derive(Clone, Copy, Debug)]
enum Struck {
    None,
    One,
    /// One of every slot.
    OfSlots,
    /// One of every slot, on both sides of the server's end.
    OfSlotsTwice,
}

/// So many messages the faults of a way can have met at most.
fn struck(lane: &Lane<'_>, by: fn(Kind) -> Struck) -> u32 {
    Kind::all()
        .map(|kind| {
            let of_one = match by(kind) {
                Struck::None => 0,
                Struck::One => 1,
                Struck::OfSlots => lane.slots,
                Struck::OfSlotsTwice => 2 * lane.slots,
            };
            lane.injected(kind) * of_one
        })
        .sum()
}

/// Whose connections a fault ends without a byte of an answer: such a request Chromium sends again
/// once, if it had kept the connection ready.
fn cut_by(kind: Kind) -> Struck {
    match kind {
        Kind::Dropped | Kind::Reset | Kind::CloseLost => Struck::One,
        Kind::CutOff | Kind::Restarted => Struck::OfSlots,
        Kind::Reloaded
        | Kind::Stalled
        | Kind::ServerError
        | Kind::Delayed
        | Kind::Truncated
        | Kind::Garbled
        | Kind::AssignLost
        | Kind::CloseRefused
        | Kind::Crashed => Struck::None,
    }
}

/// Whose reports a fault may have kept from being answered while somebody saw it.
fn hidden_by(kind: Kind) -> Struck {
    match kind {
        Kind::Restarted => Struck::OfSlotsTwice,
        Kind::CutOff | Kind::Reloaded => Struck::OfSlots,
        Kind::Dropped
        | Kind::Reset
        | Kind::ServerError
        | Kind::Delayed
        | Kind::Truncated
        | Kind::Garbled
        | Kind::Stalled
        | Kind::AssignLost
        | Kind::CloseLost
        | Kind::CloseRefused
        | Kind::Crashed => Struck::One,
    }
}
