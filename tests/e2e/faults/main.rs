//! The table of faults: each is injected for real, over each way to the server that it exists in, and
//! the pool recovers from it within a bound.
//!
//! `cargo xtask faults [NAME]` builds everything and runs them. A row that ends without a witness of
//! its injection has failed, and so has one that took longer than its bound, or after which a slot
//! looks alive and is not. The table is printed at the end.
//!
//! - `row` one row, and how it is run
//! - `case` what a row plays on: stage, proxy, and what it tells
//! - `sound` the watchdog: every slot that looks alive is
//! - `acts` what rows do again and again
//! - `files` the page's files as a server has them
//! - `table` what is printed at the end
//! - `rows/network` a network that slows down, breaks or falls silent
//! - `rows/answers` answers that do not come, or that nobody can read
//! - `rows/server` a server that goes, comes back, or refuses
//! - `rows/refusal` who is not let in
//! - `rows/silence` work and pauses that last longer than a server bears silence
//! - `rows/sockets` links whose WebSocket cannot be opened
//! - `rows/work` work that cannot be done
//! - `rows/cancel` processes that are called off
//! - `rows/deadline` processes whose time is over
//! - `rows/page` what happens to a page
//! - `rows/browser` what a browser does to it
//! - `rows/workers` what happens to its workers

mod acts;
mod case;
mod files;
mod row;
mod rows;
mod sound;
mod table;

use std::cmp::Reverse;
use std::process::ExitCode;
use std::thread;

use libtest_mimic::{Arguments, Conclusion, Trial};
use webpool_harness as harness;

use crate::row::{Company, Row};

/// How many rows are played at once: of those that wait, and of those that compute.
const WAITING: usize = 2;
const BUSY: usize = 3;

fn main() -> ExitCode {
    let arguments = &Arguments::from_args();
    let mut rows = rows::all();
    // What may take long begins early.
    rows.sort_by_key(|row| Reverse(row.bound));
    let (alone, rows): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.company == Company::Nobody);
    let (waiting, busy) = rows.into_iter().partition(|row| row.company == Company::Waiting);
    let mut conclusions: Vec<Conclusion> = thread::scope(|scope| {
        let parts = [(waiting, WAITING), (busy, BUSY)]
            .map(|(rows, at_once)| scope.spawn(move || play(arguments, rows, at_once)));
        parts.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    conclusions.push(play(arguments, alone, 1));
    table::print();
    let is_good = conclusions.len() == 3 && !conclusions.iter().any(Conclusion::has_failed);
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(arguments: &Arguments, rows: Vec<Row>, at_once: usize) -> Conclusion {
    let mut arguments = arguments.clone();
    arguments.test_threads.get_or_insert(at_once);
    let trials = rows.into_iter().map(|row| Trial::test(row.name(), move || Ok(row::run(&row)?)));
    libtest_mimic::run(&arguments, trials.collect())
}
