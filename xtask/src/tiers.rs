//! The tiers of tests, from the quick to the slow, and the table that closes a run.
//!
//! A tier that fails does not stop the next one. A tier that ran no test has failed, unless the table
//! says what it needs; where `CI=true` that is a failure too, and so is every ignored test. A check counts
//! as one, like a test.

mod counts;
mod engines;
mod soak;
mod suites;

use std::process::{Command, ExitCode};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};
use clap::ValueEnum;

use self::counts::Counts;
use self::engines::{BEFORE, CHROMIUM, FIREFOX, Place, Run, WEBKIT};
pub(crate) use self::soak::Soak;
use self::suites::Ground;
use crate::repo::{Repo, is_ci};
use crate::{browser, check};

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
    /// The whole system in Chromium, Firefox and WebKitGTK
    Browser,
    /// The contract, and the whole system, with a real ColonyOS server
    Colonies,
    /// A cluster of real servers loses its leader
    Cluster,
    /// Faults, one by one, and how it recovers; a short soak
    Faults,
}

impl Tier {
    /// Every tier, in order.
    pub(crate) const ALL: [Self; 9] = [
        Self::Check,
        Self::Unit,
        Self::Doc,
        Self::Vectors,
        Self::Contract,
        Self::Browser,
        Self::Colonies,
        Self::Cluster,
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
            Self::Colonies => "colonies",
            Self::Cluster => "cluster",
            Self::Faults => "faults",
        }
    }
}

/// Which of the tests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Choice<'a> {
    /// Browser tests and faults whose names contain this.
    pub(crate) filter: Option<&'a str>,
    /// Every browser test in every browser that can run it.
    pub(crate) has_all_browsers: bool,
}

/// What became of one tier.
#[derive(Debug, Default)]
struct Outcome {
    counts: Counts,
    /// What could not run, and why.
    left_out: Vec<String>,
    /// The browser tests, place by place.
    runs: Vec<Run>,
}

impl Outcome {
    fn of(counts: Counts) -> Self {
        Self { counts, ..Self::default() }
    }

    fn add(&mut self, counts: Counts) {
        self.counts = [self.counts, counts].into_iter().sum();
    }

    fn leave_out(&mut self, error: &anyhow::Error) {
        self.add(Counts::LEFT_OUT);
        self.left_out.push(format!("{error:#}"));
    }

    /// Runs the browser tests in one place.
    fn run(&mut self, place: Place, mut tests: Command, filter: Option<&str>) -> Result<()> {
        println!("--- browser tests: {}", place.name);
        place.name_to(&mut tests, filter);
        let (counts, tests) = counts::run_named(&mut tests)?;
        self.add(counts);
        self.runs.push(Run { place, tests });
        Ok(())
    }
}

/// A row of the table of tiers.
#[derive(Debug)]
struct Row {
    tier: Tier,
    counts: Counts,
    minutes: f64,
}

/// Runs a soak alone.
pub(crate) fn run_soak(repo: &Repo, soak: &Soak) -> ExitCode {
    let counts = Ground::build(repo).and_then(|ground| counts::run(&mut ground.soak(soak)));
    match counts {
        Ok(counts) if counts.failed == 0 && !counts.is_nothing() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the tiers and prints the tables.
///
/// A tier that fails, for whatever reason, is a row of the table and the exit code.
pub(crate) fn run(repo: &Repo, tiers: &[Tier], choice: Choice<'_>) -> ExitCode {
    let (mut rows, mut left_out, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for tier in Tier::ALL.into_iter().filter(|tier| tiers.contains(tier)) {
        println!("\n=== {} ===", tier.name());
        let (row, outcome) = timed(repo, tier, choice);
        rows.push(row);
        left_out.extend(outcome.left_out);
        runs.extend(outcome.runs);
    }
    if !runs.is_empty() {
        println!("\n{}", engines::table(&runs));
    }
    let total: Counts = rows.iter().map(|row| row.counts).sum();
    println!("\n{}", table(&rows, &left_out));
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "the table shows how long a tier really took")]
fn timed(repo: &Repo, tier: Tier, choice: Choice<'_>) -> (Row, Outcome) {
    let start = Instant::now();
    let outcome = run_tier(repo, tier, choice).unwrap_or_else(|error| {
        println!("{} failed: {error:#}", tier.name());
        Outcome::of(Counts::FAILURE)
    });
    let mut counts = outcome.counts.judged(is_ci());
    if counts.is_nothing() && outcome.left_out.is_empty() {
        println!("{} failed: it ran no test", tier.name());
        counts = Counts::FAILURE;
    }
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    (Row { tier, counts, minutes }, outcome)
}

fn run_tier(repo: &Repo, tier: Tier, choice: Choice<'_>) -> Result<Outcome> {
    let counts = match tier {
        Tier::Check => Ok(check::STEPS.iter().map(|step| run_step(repo, step)).sum()),
        Tier::Unit => counts::run(&mut suites::unit(repo)),
        Tier::Doc => counts::run(&mut suites::doc(repo)),
        Tier::Vectors => counts::run(&mut suites::vectors(repo)?),
        Tier::Contract => counts::run(&mut suites::contract(repo)?),
        Tier::Browser => return run_browsers(repo, choice),
        Tier::Colonies => return run_colonies(repo, choice.filter),
        Tier::Cluster => return run_cluster(repo),
        Tier::Faults => run_faults(repo, choice.filter),
    };
    Ok(Outcome::of(counts?))
}

/// Without Chromium it fails; what another browser lacks is left out.
fn run_browsers(repo: &Repo, Choice { filter, has_all_browsers }: Choice<'_>) -> Result<Outcome> {
    // What is installed is installed in turn; geckodriver is compiled beside the rest.
    browser::chromium()?;
    let webkit = browser::webkit();
    let (firefox, ground) = thread::scope(|scope| {
        let firefox = scope.spawn(|| browser::firefox(repo));
        let ground = Ground::build(repo);
        (firefox.join(), ground)
    });
    let firefox = firefox.unwrap_or_else(|_| Err(anyhow!("Firefox could not be looked for")));
    let ground = ground?;
    let mut outcome = Outcome::default();
    outcome.run(CHROMIUM, ground.browser_tests(), filter)?;
    let name: [fn(&browser::Browser, &mut Command); 2] =
        [browser::Browser::name_firefox, browser::Browser::name_webkit];
    for ((place, browser), name_to) in [(FIREFOX, firefox), (WEBKIT, webkit)].into_iter().zip(name)
    {
        match browser {
            Ok(browser) => {
                println!("{}", browser.version());
                let mut tests = ground.browser_tests();
                name_to(&browser, &mut tests);
                let place = if has_all_browsers { place.with_all() } else { place };
                outcome.run(place, tests, filter)?;
            }
            Err(error) => outcome.leave_out(&error),
        }
    }
    Ok(outcome)
}

/// The contract, and the browser tests, with a real server; left out where it cannot be built.
fn run_colonies(repo: &Repo, filter: Option<&str>) -> Result<Outcome> {
    let ground = Ground::build(repo)?;
    let mut outcome = Outcome::default();
    let colonies = match ground.colonies() {
        Ok(colonies) => colonies,
        Err(error) => {
            outcome.leave_out(&error);
            return Ok(outcome);
        }
    };
    let server = colonies.start()?;
    println!("ColonyOS {} at {}", colonies.version, server.url);
    if filter.is_none() {
        outcome.add(counts::run(&mut suites::contract_with(repo, &server.url))?);
        outcome.add(counts::run(&mut suites::gateway_with(repo, &server.url))?);
    }
    for place in BEFORE {
        let mut tests = ground.browser_tests();
        tests.env(suites::ELSEWHERE, &server.url);
        outcome.run(place, tests, filter)?;
    }
    let mut tutorial = ground.test("colonies");
    tutorial.env(suites::ELSEWHERE, &server.url);
    colonies.name_to(&mut tutorial);
    outcome.add(counts::run(tutorial.arg("tutorial"))?);
    Ok(outcome)
}

/// Three real servers; left out where they cannot be built.
fn run_cluster(repo: &Repo) -> Result<Outcome> {
    let ground = Ground::build(repo)?;
    let mut outcome = Outcome::default();
    match ground.colonies() {
        Ok(colonies) => {
            println!("ColonyOS {}", colonies.version);
            let mut tests = ground.test("colonies");
            colonies.name_to(&mut tests);
            outcome.add(counts::run(tests.args(["cluster", "--nocapture"]))?);
        }
        Err(error) => outcome.leave_out(&error),
    }
    Ok(outcome)
}

/// The table of faults, and without a filter a short soak.
fn run_faults(repo: &Repo, filter: Option<&str>) -> Result<Counts> {
    let ground = Ground::build(repo)?;
    let mut all = vec![counts::run(&mut ground.faults(filter))?];
    if filter.is_none() {
        all.push(counts::run(&mut ground.soak(&Soak::SHORT))?);
    }
    Ok(all.into_iter().sum())
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
fn table(rows: &[Row], left_out: &[String]) -> String {
    let mut lines = vec![format!("{:<10}{:>8}{:>8}{:>10}", "tier", "passed", "failed", "minutes")];
    lines.extend(rows.iter().map(|Row { tier, counts, minutes }| {
        format!("{:<10}{:>8}{:>8}{minutes:>10.1}", tier.name(), counts.passed, counts.failed)
    }));
    lines.extend(left_out.iter().map(|reason| format!("not run: {reason}")));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_tier() {
        let counts = Counts { passed: 12, failed: 1, ignored: 0 };
        let rows = [Row { tier: Tier::Unit, counts, minutes: 3.25 }];
        let text = table(&rows, &[]);
        assert!(text.ends_with("unit            12       1       3.2\n"), "{text}");
        let text = table(&rows, &["the browser is missing".to_owned()]);
        assert!(text.ends_with("3.2\nnot run: the browser is missing\n"), "{text}");
    }
}
