//! What is counted, printed and judged at the end.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::request::GetColonyStats;

use crate::curve::Curve;
use crate::ends::Ends;
use crate::events::Kind;
use crate::ground::Ground;
use crate::harness::COLONY;
use crate::lane::Lane;
use crate::size::Size;
use crate::totals::Told;

/// After so many processes of a way it is said how far it has come.
const STEP: usize = 500;

/// What is counted of one way.
struct Book<'a> {
    lane: &'a Lane<'a>,
    curve: Curve,
    told: Told,
    ends: Cell<Ends>,
}

/// The account of a run.
pub(crate) struct Account<'a> {
    size: Size,
    books: [Book<'a>; 2],
    /// Still waiting or running, on both ways.
    left: Cell<i64>,
}

impl<'a> Account<'a> {
    pub(crate) fn new(size: &Size, lanes: [&'a Lane<'a>; 2]) -> Self {
        let (curve, told, ends) = (Curve::default, Told::default, Cell::default);
        let books = lanes.map(|lane| Book { lane, curve: curve(), told: told(), ends: ends() });
        Self { size: *size, books, left: Cell::default() }
    }

    /// Waits until nothing is under way, measures the memory of both pages, and reads what they tell.
    pub(crate) async fn measure(&self) -> Result<()> {
        for Book { lane, curve, told, .. } in &self.books {
            lane.settle().await?;
            curve.measure(lane).await?;
            told.read(lane).await?;
        }
        Ok(())
    }

    /// Reads every process once more, and counts how often each was reported.
    pub(crate) async fn check_ends(&self, ground: &Ground) -> Result<()> {
        let colony = ground.colony().await;
        for book in &self.books {
            let (ends, processes) = Ends::read(book.lane, &colony).await?;
            book.ends.set(ends);
            book.told.compare(&processes);
        }
        let all = colony.ask(&GetColonyStats { colonyname: COLONY.to_owned() }).await?;
        self.left.set(all.waitingprocesses + all.runningprocesses);
        Ok(())
    }

    /// Judges the numbers.
    pub(crate) fn judge(&self) -> Result<()> {
        let done: usize = self.books.iter().map(|book| book.ends.get().count()).sum();
        let wanted = 2 * self.size.of_lane();
        ensure!(done == wanted, "{done} processes have ended instead of {wanted}");
        let left = self.left.get();
        ensure!(left == 0, "{left} are left");
        for Book { lane, curve, told, ends } in &self.books {
            lane.check_all_injected()?;
            ends.get().judge(lane)?;
            told.judge(lane)?;
            curve.judge(lane)?;
        }
        Ok(())
    }

    /// Prints all of it.
    #[expect(clippy::print_stdout, reason = "the account is what this program is for")]
    pub(crate) fn print(&self, elapsed: Duration) {
        println!("\nfault | http | link");
        let [http, link] = self.books.each_ref().map(|book| book.lane);
        for kind in Kind::all() {
            println!("{} | {} | {}", kind.name(), http.injected(kind), link.injected(kind));
        }
        let done = http.count() + link.count();
        println!("\nprocesses done: {done} in {elapsed:.1?}; left: {}", self.left.get());
        for book in &self.books {
            book.print();
        }
        println!("again: {}\n", self.size.to_command());
    }
}

impl Book<'_> {
    #[expect(clippy::print_stdout, reason = "a part of the account")]
    fn print(&self) {
        let (way, ends) = (self.lane.way, self.ends.get());
        println!(
            "{way}: right at the end: {} successful, {} failed as they should, {} called off",
            ends.successful, ends.failed, ends.cancelled
        );
        println!("{way}: reported twice: {}", ends.twice);
        println!(
            "{way}: sent again by the browser itself: {}, within {:.1?}",
            ends.resent, ends.resent_after
        );
        println!("{way}: accepted, but the answer never came by: {}", ends.unseen);
        let told = self.told.since();
        println!(
            "{way}: told by the page that stayed: {} successful, {} failed",
            told.succeeded, told.failed
        );
        let [half, most, all] = self.told.delays();
        println!("{way}: told after {half:.1?} (median), {most:.1?} (99 %), {all:.1?} (all)");
        for untold in self.told.untold() {
            println!("{way}: not told: {untold}");
        }
    }
}

/// Prints what is about to be done.
#[expect(clippy::print_stdout, reason = "whoever stops it wants to know how to repeat it")]
pub(crate) fn print_size(size: &Size) {
    println!("{}", size.to_command());
}

/// Prints how far a way has come, now and then.
#[expect(clippy::print_stdout, reason = "it takes minutes: whoever waits wants to see it go on")]
pub(crate) fn print_progress(lane: &Lane<'_>) {
    if lane.count().is_multiple_of(STEP) {
        println!("{} processes have ended over {}", lane.count(), lane.way);
    }
}
