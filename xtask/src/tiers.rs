//! The tiers of tests, from the quick to the slow, and the table that closes a run.
//!
//! A tier that fails does not stop the next one. A tier that ran no test has failed, and
//! where `CI=true` so has every ignored test. A check counts as one, like a test.

mod counts;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;

use self::counts::Counts;
use crate::repo::Repo;
use crate::{browser, check, dist};

/// Browser tests that run at once: each drives a browser with several busy workers.
const BROWSER_THREADS: &str = "--test-threads=2";

/// Libraries and programs that compile natively, by folder.
const NATIVE: [(&str, &str); 8] = [
    ("", "webpool"),
    ("crates/wire", "webpool-wire"),
    ("crates/colony", "webpool-colony"),
    ("crates/executor", "webpool-executor"),
    ("crates/kernels", "webpool-kernels"),
    ("crates/broker", "webpool-broker"),
    ("server", "webpool-server"),
    ("xtask", "webpool-xtask"),
];

/// Those whose integration tests compare bytes; the others' are contracts.
const VECTORS: [&str; 3] = ["webpool-wire", "webpool-colony", "webpool-kernels"];

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
    /// The whole system in Chromium
    Browser,
}

impl Tier {
    /// Every tier, in order.
    pub(crate) const ALL: [Self; 6] =
        [Self::Check, Self::Unit, Self::Doc, Self::Vectors, Self::Contract, Self::Browser];

    fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Unit => "unit",
            Self::Doc => "doc",
            Self::Vectors => "vectors",
            Self::Contract => "contract",
            Self::Browser => "browser",
        }
    }
}

/// What became of one tier.
#[derive(Debug)]
struct Outcome {
    tier: Tier,
    counts: Counts,
    seconds: f64,
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
    let counts = run_tier(repo, tier, filter).unwrap_or_else(|error| {
        println!("{} failed: {error:#}", tier.name());
        Counts::FAILURE
    });
    let counts = counts.judged(std::env::var("CI").as_deref() == Ok("true"));
    if counts.is_nothing() {
        println!("{} failed: it ran no test", tier.name());
    }
    let counts = if counts.is_nothing() { Counts::FAILURE } else { counts };
    Outcome { tier, counts, seconds: start.elapsed().as_secs_f64() }
}

fn run_tier(repo: &Repo, tier: Tier, filter: Option<&str>) -> Result<Counts> {
    match tier {
        Tier::Check => Ok(check::STEPS.iter().map(|step| run_step(repo, step)).sum()),
        Tier::Unit => counts::run(&mut unit(repo)),
        Tier::Doc => counts::run(&mut doc(repo)),
        Tier::Vectors => integration(repo, |package| VECTORS.contains(&package)),
        Tier::Contract => integration(repo, |package| !VECTORS.contains(&package)),
        Tier::Browser => run_browser(repo, filter),
    }
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

fn test(repo: &Repo, packages: impl Iterator<Item = &'static str>) -> Command {
    let mut cargo = repo.cargo(&["test", "--no-fail-fast"]);
    cargo.args(packages.flat_map(|package| ["-p", package]));
    cargo
}

fn unit(repo: &Repo) -> Command {
    let mut cargo = test(repo, NATIVE.iter().map(|(_, package)| *package));
    cargo.args(["--lib", "--bins"]);
    cargo
}

fn doc(repo: &Repo) -> Command {
    let libraries = NATIVE.iter().filter(|(folder, _)| is_library(&repo.root.join(folder)));
    let mut cargo = test(repo, libraries.map(|(_, package)| *package));
    cargo.arg("--doc");
    cargo
}

fn is_library(folder: &Path) -> bool {
    folder.join("src/lib.rs").is_file()
}

/// Runs the tests under `tests/` of the packages that are wanted and have some.
fn integration(repo: &Repo, is_wanted: fn(&str) -> bool) -> Result<Counts> {
    let packages = NATIVE.iter().filter(|(folder, package)| {
        !folder.is_empty() && is_wanted(package) && has_tests(&repo.root.join(folder))
    });
    let packages: Vec<&str> = packages.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(Counts::default());
    }
    counts::run(test(repo, packages.into_iter()).args(["--test", "*"]))
}

fn has_tests(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder.join("tests")).into_iter().flatten().flatten();
    files.map(|file| file.path()).any(|path| path.extension().is_some_and(|end| end == "rs"))
}

fn run_browser(repo: &Repo, filter: Option<&str>) -> Result<Counts> {
    let browser = browser::find()?;
    dist::build(repo)?;
    let server = dist::build_server(repo)?;
    let mut cargo = repo.cargo(&["test", "-p", "webpool-e2e", "--test", "e2e", "--"]);
    cargo.arg(BROWSER_THREADS).args(filter);
    cargo.env("WEBPOOL_BIN", server).env("WEBPOOL_DIST", repo.dist());
    cargo.env("CHROMIUM", browser.chromium).env("CHROMEDRIVER", browser.driver);
    counts::run(&mut cargo)
}

/// Draws the table of tiers.
fn table(outcomes: &[Outcome]) -> String {
    let mut lines = vec![format!("{:<10}{:>8}{:>8}{:>10}", "tier", "passed", "failed", "seconds")];
    lines.extend(outcomes.iter().map(|Outcome { tier, counts, seconds }| {
        format!("{:<10}{:>8}{:>8}{seconds:>10.1}", tier.name(), counts.passed, counts.failed)
    }));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_tier() {
        let counts = Counts { passed: 12, failed: 1, ignored: 0 };
        let text = table(&[Outcome { tier: Tier::Unit, counts, seconds: 3.25 }]);
        assert!(text.ends_with("unit            12       1       3.2\n"), "{text}");
    }

    #[test]
    fn every_native_package_lies_in_its_folder() {
        let repo = Repo::find().unwrap();
        for (folder, package) in NATIVE {
            let manifest = std::fs::read_to_string(repo.root.join(folder).join("Cargo.toml"));
            assert!(manifest.unwrap().contains(&format!("name = \"{package}\"")), "{package}");
        }
    }
}
