//! What is counted, printed and judged at the end.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::sleep;
use webpool_colony::ProcessState;
use webpool_colony::request::GetColonyStats;

use crate::events::Kind;
use crate::ground::Ground;
use crate::harness::{COLONY, Closed, Memory};
use crate::lane::{Lane, Way};
use crate::size::Size;

/// How much more memory a page may take at the end: a fifth, and so many bytes.
const MORE: u64 = 10 << 20;

/// A page is warm after so many processes.
const WARM: usize = 500;

/// The least of so many measures counts, with pauses: what is freed goes back bit by bit.
const MEASURES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);

/// After so many processes of a way it is said how far it has come.
const STEP: usize = 500;

/// The memory of the page of each way, with the processes done by then.
type Measured = Vec<(usize, Memory)>;

/// What the ends of all processes are.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    successful: usize,
    failed: usize,
    cancelled: usize,
    /// Reported again after the server had accepted a report, and the process was read since.
    twice: usize,
    /// Sent twice by the browser itself, over http.
    resent: usize,
    /// Accepted, but the answer was never seen: the network was cut off, or the server killed.
    unseen: usize,
    /// Still waiting or running.
    left: i64,
}

/// The account of a run.
pub(crate) struct Account<'a> {
    size: Size,
    lanes: [&'a Lane<'a>; 2],
    early: RefCell<Measured>,
    late: RefCell<Measured>,
    ends: Cell<Ends>,
}

impl<'a> Account<'a> {
    pub(crate) fn new(size: &Size, lanes: [&'a Lane<'a>; 2]) -> Self {
        let (early, late) = (RefCell::default(), RefCell::default());
        Self { size: *size, lanes, early, late, ends: Cell::default() }
    }

    /// Measures after a tenth.
    pub(crate) async fn measure_early(&self) -> Result<()> {
        self.early.replace(self.measure().await?);
        Ok(())
    }

    /// Measures after all.
    pub(crate) async fn measure_late(&self) -> Result<()> {
        self.late.replace(self.measure().await?);
        Ok(())
    }

    async fn measure(&self) -> Result<Measured> {
        let mut measured = Vec::new();
        for lane in self.lanes {
            lane.settle().await?;
            let mut least = lane.memory().await?;
            for _ in 1..MEASURES {
                sleep(PAUSE).await;
                let next = lane.memory().await?;
                let resident = least.resident.min(next.resident);
                least = Memory { resident, heap: least.heap.min(next.heap) };
            }
            measured.push((lane.count(), least));
        }
        Ok(measured)
    }

    /// Reads every process once more, and counts how often each was reported.
    pub(crate) async fn check_ends(&self, ground: &Ground) -> Result<()> {
        let mut ends = Ends::default();
        let colony = ground.colony().await;
        for lane in self.lanes {
            for (id, work) in lane.all_given() {
                work.check(&colony.process(&id).await?)?;
                let Closed { accepted, again, resent, .. } = lane.proxy.closed(&id);
                let is_resent = resent > 0 && lane.way == Way::Http;
                ends.twice += usize::from(again > 0 || resent > 0 && !is_resent);
                ends.resent += usize::from(is_resent);
                let is_reported = match work.state() {
                    ProcessState::Success => {
                        ends.successful += 1;
                        true
                    }
                    ProcessState::Failed => {
                        ends.failed += 1;
                        true
                    }
                    ProcessState::Cancelled | ProcessState::Waiting | ProcessState::Running => {
                        ends.cancelled += 1;
                        false
                    }
                };
                ends.unseen += usize::from(is_reported && accepted == 0);
            }
        }
        let all = colony.ask(&GetColonyStats { colonyname: COLONY.to_owned() }).await?;
        ends.left = all.waitingprocesses + all.runningprocesses;
        self.ends.set(ends);
        Ok(())
    }

    /// Judges the numbers.
    pub(crate) fn judge(&self) -> Result<()> {
        let ends = self.ends.get();
        let done = ends.successful + ends.failed + ends.cancelled;
        let wanted = 2 * self.size.of_lane();
        ensure!(done == wanted, "{done} processes have ended instead of {wanted}");
        ensure!(ends.twice == 0, "{} were reported twice", ends.twice);
        ensure!(ends.left == 0, "{} are left", ends.left);
        let may_be_unseen: u32 = self.lanes.iter().map(|lane| unseen_by(lane)).sum();
        ensure!(ends.unseen <= usize::try_from(may_be_unseen)?, "{} have no report", ends.unseen);
        for lane in self.lanes {
            lane.check_all_injected()?;
        }
        self.judge_memory()
    }

    /// Judges the growth of memory, of a run that is long enough to tell: a page takes what its work
    /// takes, and that was not all seen after a few processes.
    fn judge_memory(&self) -> Result<()> {
        if self.size.early() < WARM {
            return Ok(());
        }
        for ((_, early), (_, late)) in self.early.borrow().iter().zip(self.late.borrow().iter()) {
            let most = early.resident + early.resident / 5 + MORE;
            ensure!(late.resident <= most, "a page takes {}, may {}", mb(late.resident), mb(most));
        }
        Ok(())
    }

    /// Prints all of it.
    #[expect(clippy::print_stdout, reason = "the account is what this program is for")]
    pub(crate) fn print(&self, elapsed: Duration) {
        println!("\nfault | http | link");
        let [http, link] = self.lanes;
        for kind in Kind::all() {
            println!("{} | {} | {}", kind.name(), http.injected(kind), link.injected(kind));
        }
        let ends = self.ends.get();
        let done: usize = self.lanes.iter().map(|lane| lane.count()).sum();
        println!("\nprocesses done: {done} in {elapsed:.1?}");
        println!(
            "right at the end: {} successful, {} failed as they should, {} called off",
            ends.successful, ends.failed, ends.cancelled
        );
        println!("reported twice: {}; left: {}", ends.twice, ends.left);
        println!("sent a second time by the browser itself: {}", ends.resent);
        println!("accepted, but the answer never came by: {}", ends.unseen);
        for (at, lane) in self.lanes.iter().enumerate() {
            for measured in [&self.early, &self.late] {
                if let Some((count, Memory { resident, heap })) = measured.borrow().get(at) {
                    let (resident, heap) = (mb(*resident), mb(*heap));
                    println!("memory, {} after {count}: {resident}, heap {heap}", lane.way);
                }
            }
        }
        println!("again: {}\n", self.size.to_command());
    }
}

/// How many reports may have had no answer that was seen: those on their way as a fault came, at most
/// one a slot that it struck.
fn unseen_by(lane: &Lane<'_>) -> u32 {
    let struck = |kind| match kind {
        Kind::Restarted => 2 * lane.slots,
        Kind::CutOff | Kind::Reloaded => lane.slots,
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
        | Kind::Crashed => 1,
    };
    Kind::all().map(|kind| lane.injected(kind) * struck(kind)).sum()
}

/// Prints what is about to be done.
#[expect(clippy::print_stdout, reason = "whoever stops it wants to know how to repeat it")]
pub(crate) fn print_size(size: &Size) {
    println!("{}", size.to_command());
}

/// Prints how far a way has come, now and then, and what its page takes.
#[expect(clippy::print_stdout, reason = "it takes minutes: whoever waits wants to see it go on")]
pub(crate) async fn print_progress(lane: &Lane<'_>) {
    if !lane.count().is_multiple_of(STEP) {
        return;
    }
    // Not while a worker is being replaced.
    let takes = lane.memory().await.map_or_else(
        |_| String::new(),
        |memory| format!(": {}, heap {}", mb(memory.resident), mb(memory.heap)),
    );
    println!("{} processes have ended over {}{takes}", lane.count(), lane.way);
}

fn mb(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}
