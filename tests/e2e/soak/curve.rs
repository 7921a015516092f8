//! The memory of the pages, measured after every so many processes.
//!
//! All heaps, also those of the workers, collect their garbage each time, and Chromium is told that
//! memory is short: what is left is in use. Not told so, it lets garbage lie for hours.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;

use crate::harness::Memory;
use crate::lane::Lane;

/// How much more memory a page may take at the end: this part of what it took at first.
const PART: u64 = 5;

/// A page is warm after so many processes.
const WARM: usize = 500;

/// The least of so many measures counts, with pauses: what is freed goes back bit by bit.
const MEASURES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);

/// The memory of the page of one way, with the processes done by then.
#[derive(Debug, Default)]
pub(crate) struct Curve(RefCell<Vec<(usize, Memory)>>);

impl Curve {
    /// Measures the page of a way on which nothing is under way.
    pub(crate) async fn measure(&self, lane: &Lane<'_>) -> Result<()> {
        let mut least = lane.memory().await?;
        for _ in 1..MEASURES {
            sleep(PAUSE).await;
            let next = lane.memory().await?;
            let resident = least.resident.min(next.resident);
            let (heap, threads) = (least.heap.min(next.heap), least.threads.min(next.threads));
            least = Memory { resident, heap, threads };
        }
        print(lane, &least);
        self.0.borrow_mut().push((lane.count(), least));
        Ok(())
    }

    /// Holds the last measure against the first one, if the page had done enough by then: what its
    /// work takes was not all seen before.
    pub(crate) fn judge(&self, lane: &Lane<'_>) -> Result<()> {
        let all = self.0.borrow();
        let ((count, first), (_, last)) =
            all.first().zip(all.last()).context("nothing was measured")?;
        if *count < WARM {
            return Ok(());
        }
        let most = first.resident + first.resident / PART;
        let (seen, most_mb) = (mb(last.resident), mb(most));
        ensure!(last.resident <= most, "the page of {} takes {seen}, may {most_mb}", lane.way);
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "the account is what this program is for")]
fn print(lane: &Lane<'_>, Memory { resident, heap, threads }: &Memory) {
    let (resident, heap) = (mb(*resident), mb(*heap));
    let (way, count) = (lane.way, lane.count());
    println!("memory, {way} after {count}: {resident}, heap {heap}, {threads} threads of workers");
}

fn mb(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}
