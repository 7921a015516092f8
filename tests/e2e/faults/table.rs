//! What is printed at the end: one line a row.

use std::sync::{Mutex, PoisonError};

use crate::case::Case;
use crate::row::Row;

/// What stands above the columns.
const HEADER: [&str; 7] = [
    "fault",
    "way",
    "injected how, and what shows it",
    "observed at the broker",
    "bound",
    "time to recovery",
    "",
];

/// The lines so far.
static LINES: Mutex<Vec<[String; 7]>> = Mutex::new(Vec::new());

/// Enters a row that was played.
pub(crate) fn enter(row: &Row, case: &Case, is_ok: bool) {
    let told = case.told();
    let injected = [&[row.injected.to_owned()], told.witnesses.as_slice()].concat().join("; ");
    let took = told.took.map_or_else(|| "-".to_owned(), |took| format!("{took:.2?}"));
    let line = [
        row.fault.to_owned(),
        row.way.to_string(),
        injected,
        told.observed.clone(),
        format!("{:?}", row.bound),
        took,
        if is_ok { "ok" } else { "FAILED" }.to_owned(),
    ];
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

/// Prints all that was entered.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn print() {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    lines.sort();
    for line in [HEADER.map(str::to_owned)].iter().chain(&lines) {
        println!("{}", line.join(" | "));
    }
}
