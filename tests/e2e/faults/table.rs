//! What is printed at the end: one line a row, those that failed once more and last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::case::Told;
use crate::row::Row;

/// What stands above the columns.
const HEADER: [&str; 7] = [
    "fault",
    "way",
    "injected how, and what shows it",
    "observed at the broker",
    "bound",
    "time to recovery",
    "in all",
];

/// One row that was played.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    cells: [String; 7],
    /// Why it failed, in a line.
    failure: Option<String>,
}

/// The lines so far.
static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Enters a row that was played, for so long in all.
pub(crate) fn enter(row: &Row, told: &Told, elapsed: Duration, failure: Option<&str>) {
    let injected = [&[row.injected.to_owned()], told.witnesses.as_slice()].concat().join("; ");
    let took = told.took.map_or_else(|| "-".to_owned(), |took| format!("{took:.2?}"));
    let cells = [
        row.fault.to_owned(),
        row.way.to_string(),
        injected,
        told.observed.clone(),
        format!("{:?}", row.bound),
        took,
        format!("{elapsed:.0?}"),
    ];
    let failure = failure.map(|text| text.lines().next().unwrap_or_default().to_owned());
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push(Line { cells, failure });
}

/// Prints all that was entered.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn print() {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    lines.sort();
    println!("{}", HEADER.join(" | "));
    for Line { cells, failure } in &lines {
        let end = if failure.is_some() { "FAILED" } else { "ok" };
        println!("{} | {end}", cells.join(" | "));
    }
    for Line { cells, failure } in &lines {
        if let Some(failure) = failure {
            println!("FAILED: {}: {failure}", cells.join(" | "));
        }
    }
}
