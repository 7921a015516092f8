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

use libtest_mimic::{Arguments, Trial};
use webpool_harness as harness;

/// How many rows are played at once: most wait more than they compute.
const AT_ONCE: usize = 3;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let mut rows = rows::all();
    // Who plays alone does so at the end, when nobody else is left to wait for; who may take long
    // begins early.
    rows.sort_by_key(|row| (row.is_alone, Reverse(row.lasts)));
    let trials = rows.into_iter().map(|row| Trial::test(row.name(), move || Ok(row::run(&row)?)));
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    table::print();
    conclusion.exit_code()
}
