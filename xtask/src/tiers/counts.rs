//! Counts of tests, and which they are, read from what `cargo test` prints while it is printed.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::iter::Sum;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::repo::line;

/// How many tests went how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) ignored: usize,
}

impl Counts {
    /// One check that went well.
    pub(super) const SUCCESS: Self = Self { passed: 1, failed: 0, ignored: 0 };
    /// Something that could not run.
    pub(super) const LEFT_OUT: Self = Self { passed: 0, failed: 0, ignored: 1 };
    /// One check that did not.
    pub(super) const FAILURE: Self = Self { passed: 0, failed: 1, ignored: 0 };

    /// Counts ignored tests as failed where nothing may be left out.
    pub(super) fn judged(self, is_strict: bool) -> Self {
        let more = if is_strict { self.ignored } else { 0 };
        Self { failed: self.failed + more, ignored: self.ignored - more, ..self }
    }

    /// Tells whether nothing ran.
    pub(super) fn is_nothing(self) -> bool {
        self.passed + self.failed == 0
    }

    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn from_line(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("test result: ")?;
        let mut counts = Self::default();
        let rest = rest.split_once(". ").map_or(rest, |(_, rest)| rest);
        for part in rest.split("; ") {
            match part.split_once(' ') {
                Some((number, "passed")) => counts.passed = number.parse().ok()?,
                Some((number, "failed")) => counts.failed = number.parse().ok()?,
                Some((number, "ignored")) => counts.ignored = number.parse().ok()?,
                _ => {}
            }
        }
        Some(counts)
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            passed: sum.passed + one.passed,
            failed: sum.failed + one.failed,
            ignored: sum.ignored + one.ignored,
        })
    }
}

/// Reads `test a::b ... ok`: the name, and whether it passed.
fn verdict(line: &str) -> Option<(String, bool)> {
    let (name, verdict) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    match verdict {
        "ok" => Some((name.to_owned(), true)),
        "FAILED" => Some((name.to_owned(), false)),
        _ => None,
    }
}

/// Runs a `cargo test`, passes its output on and counts.
///
/// A run that fails without a failed test (it does not compile, or the test program died)
/// counts as one failure.
pub(super) fn run(command: &mut Command) -> Result<Counts> {
    run_named(command).map(|(counts, _)| counts)
}

/// The same; also which tests they were, and whether they passed.
pub(super) fn run_named(command: &mut Command) -> Result<(Counts, BTreeMap<String, bool>)> {
    println!("--- {}", line(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let (mut all, mut tests) = (Vec::new(), BTreeMap::new());
    for text in BufReader::new(child.stdout.take().context("no output")?).split(b'\n') {
        let text = String::from_utf8_lossy(&text?).into_owned();
        println!("{text}");
        all.extend(Counts::from_line(&text));
        tests.extend(verdict(&text));
    }
    let is_success = child.wait()?.success();
    let counts: Counts = all.into_iter().sum();
    let died = usize::from(!is_success && counts.failed == 0);
    if died == 1 {
        println!("{} failed before its tests were through", line(command));
    }
    Ok((Counts { failed: counts.failed + died, ..counts }, tests))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let ok = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; fin";
        assert_eq!(Counts::from_line(ok), Some(Counts { passed: 3, failed: 0, ignored: 1 }));
        let failed = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured";
        assert_eq!(Counts::from_line(failed), Some(Counts { passed: 1, failed: 2, ignored: 0 }));
        assert_eq!(Counts::from_line("test a::b ... ok"), None);
    }

    #[test]
    fn tests_are_read() {
        assert_eq!(verdict("test a::b ... ok"), Some(("a::b".to_owned(), true)));
        assert_eq!(verdict("test a::b ... FAILED"), Some(("a::b".to_owned(), false)));
        assert_eq!(verdict("test a::b ... ignored"), None);
        assert_eq!(verdict("test result: ok. 3 passed"), None);
    }

    #[test]
    fn ignored_tests_fail_where_nothing_may_be_left_out() {
        let counts = Counts { passed: 3, failed: 0, ignored: 1 };
        assert_eq!(counts.judged(true), Counts { passed: 3, failed: 1, ignored: 0 });
        assert_eq!(counts.judged(false), counts);
    }
}
