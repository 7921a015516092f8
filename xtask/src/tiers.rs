//! The tiers of tests, from the quick to the slow, and the table that closes a run.
//!
//! A tier that fails does not stop the next one. A tier that ran no test has failed, and
//! where `CI=true` so has every ignored test. A check counts as one, like a test.

mod counts;
mod soak;
mod suites;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;

use self::counts::Counts;
pub(crate) use self::soak::Soak;
use crate::check;
use crate::repo::Repo;

/// One tier of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tier {
    /// Formatting, lints, documentation, tidy
    Check,
    /// The tests inside libraries and programs
    Unit,
    /// The examples of the documentation
    Doc,
    /// Bytes equal to the reference
    Vectors,
    /// The broker acts as a ColonyOS server does
    Contract,
    /// The whole system in Chromium and Firefox
    Browser,
    /// Faults, one by one, and how it recovers; a short soak
    Faults,
}

impl Tier {
    /// Every tier, in order.
    pub(crate) const ALL: [Self; 7] = [
        Self::Check,
        Self::Unit,
        Self::Doc,
        Self::Vectors,
        Self::Contract,
        Self::Browser,
        Self::Faults,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Unit => "unit",
            Self::Doc => "doc",
            Self::Vectors => "vectors",
            Self::Contract => "contract",
            Self::Browser => "browser",
            Self::Faults => "faults",
        }
    }
}

/// What became of one tier.
#[derive(Debug)]
struct Outcome {
    tier: Tier,
    counts: Counts,
    seconds: f64,
    /// What could not run, and why.
    left_out: Option<String>,
}

/// Runs a soak alone.
pub(crate) fn run_soak(repo: &Repo, soak: &Soak) -> ExitCode {
    let counts = suites::soak(repo, soak).and_then(|mut soak| counts::run(&mut soak));
    match counts {
        Ok(counts) if counts.failed == 0 && !counts.is_nothing() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the tiers and prints the table; `filter` narrows the browser tests.
///
/// A tier that fails, for whatever reason, is a row of the table and the exit code.
pub(crate) fn run(repo: &Repo, tiers: &[Tier], filter: Option<&str>) -> ExitCode {
    let mut outcomes = Vec::new();
    for tier in Tier::ALL.into_iter().filter(|tier| tiers.contains(tier)) {
        println!("\n=== {} ===", tier.name());
        outcomes.push(timed(repo, tier, filter));
    }
    let total: Counts = outcomes.iter().map(|outcome| outcome.counts).sum();
    println!("\n{}", table(&outcomes));
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "the table shows how long a tier really took")]
fn timed(repo: &Repo, tier: Tier, filter: Option<&str>) -> Outcome {
    let start = Instant::now();
    let (counts, left_out) = run_tier(repo, tier, filter).unwrap_or_else(|error| {
        println!("{} failed: {error:#}", tier.name());
        (Counts::FAILURE, None)
    });
    let counts = counts.judged(std::env::var("CI").as_deref() == Ok("true"));
    if counts.is_nothing() {
        println!("{} failed: it ran no test", tier.name());
    }
    let counts = if counts.is_nothing() { Counts::FAILURE } else { counts };
    Outcome { tier, counts, seconds: start.elapsed().as_secs_f64(), left_out }
}

fn run_tier(repo: &Repo, tier: Tier, filter: Option<&str>) -> Result<(Counts, Option<String>)> {
    let counts = match tier {
        Tier::Check => Ok(check::STEPS.iter().map(|step| run_step(repo, step)).sum()),
        Tier::Unit => counts::run(&mut suites::unit(repo)),
        Tier::Doc => counts::run(&mut suites::doc(repo)),
        Tier::Vectors => counts::run(&mut suites::vectors(repo)?),
        Tier::Contract => counts::run(&mut suites::contract(repo)?),
        Tier::Browser | Tier::Faults => return run_browser(repo, tier, filter),
    };
    Ok((counts?, None))
}

/// What cannot run in a browser counts as one ignored test.
fn run_browser(repo: &Repo, tier: Tier, filter: Option<&str>) -> Result<(Counts, Option<String>)> {
    let (mut tests, left_out) = if tier == Tier::Faults {
        (suites::faults(repo, filter)?, None)
    } else {
        suites::browser(repo, filter)?
    };
    let mut counts = counts::run(&mut tests)?;
    counts.ignored += usize::from(left_out.is_some());
    if tier == Tier::Faults && filter.is_none() {
        let soak = counts::run(&mut suites::soak(repo, &Soak::SHORT)?)?;
        counts = [counts, soak].into_iter().sum();
    }
    Ok((counts, left_out))
}

fn run_step(repo: &Repo, step: &check::Step) -> Counts {
    println!("--- {}", step.name);
    match step.run(repo) {
        Ok(()) => Counts::SUCCESS,
        Err(error) => {
            println!("{} failed: {error:#}", step.name);
            Counts::FAILURE
        }
    }
}

/// Draws the table of tiers.
fn table(outcomes: &[Outcome]) -> String {
    let mut lines = vec![format!("{:<10}{:>8}{:>8}{:>10}", "tier", "passed", "failed", "seconds")];
    lines.extend(outcomes.iter().map(|Outcome { tier, counts, seconds, .. }| {
        format!("{:<10}{:>8}{:>8}{seconds:>10.1}", tier.name(), counts.passed, counts.failed)
    }));
    let reasons = outcomes.iter().filter_map(|outcome| outcome.left_out.as_ref());
    lines.extend(reasons.map(|reason| format!("not run: {reason}")));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_tier() {
        let counts = Counts { passed: 12, failed: 1, ignored: 0 };
        let row = |left_out| Outcome { tier: Tier::Unit, counts, seconds: 3.25, left_out };
        let text = table(&[row(None)]);
        assert!(text.ends_with("unit            12       1       3.2\n"), "{text}");
        let text = table(&[row(Some("the browser is missing".to_owned()))]);
        assert!(text.ends_with("3.2\nnot run: the browser is missing\n"), "{text}");
    }
}
