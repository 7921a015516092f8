//! What each tier hands to `cargo test`.
//!
//! Every tier selects the same packages and differs only in the targets: cargo chooses the
//! features of dependencies for all that is selected, so that another selection would compile
//! many of them anew.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Soak;
use crate::browser::{self, Browser};
use crate::colonies::Colonies;
use crate::dist;
use crate::programs::Programs;
use crate::repo::{Repo, run};

/// Packages that have tests; what they have for a browser only is empty natively.
const PACKAGES: [&str; 16] = [
    "webpool",
    "webpool-wire",
    "webpool-handle",
    "webpool-colony",
    "webpool-executor",
    "webpool-kernels",
    "webpool-broker",
    "webpool-gateway",
    "webpool-registrar",
    "webpool-server",
    "webpool-bench",
    HARNESS,
    "webpool-colonies",
    PAGE,
    "webpool-xtask",
    BROWSER,
];

/// The package of the page, a library that nobody can link: it has no examples to try.
const PAGE: &str = "webpool-www";

/// What browser tests stand on; it has no examples either.
const HARNESS: &str = "webpool-harness";

/// The package of the browser tests.
const BROWSER: &str = "webpool-e2e";

/// Packages whose files under `tests/` compare bytes; those of the others are contracts.
const VECTORS: [&str; 3] = ["webpool-wire", "webpool-colony", "webpool-kernels"];

/// The tests that are put to a ColonyOS server; they need one.
const LIVE: &str = "live";

/// Where that server is.
const LIVE_SERVER: &str = "WEBPOOL_COLONIES_URL";

/// Where a real server is that tests of webpool, and of the page, have behind it.
pub(super) const ELSEWHERE: &str = "WEBPOOL_COLONIES";

/// The private key of the development server's owner, printed in the documentation of ColonyOS.
const SERVER_KEY: &str = "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";

/// Browser tests that run at once: each drives a browser with several busy workers.
const BROWSER_THREADS: &str = "--test-threads=4";

fn test(repo: &Repo) -> Command {
    let mut cargo = repo.cargo(&["test", "--no-fail-fast"]);
    cargo.args(PACKAGES.iter().flat_map(|package| ["-p", package]));
    cargo
}

/// The tests inside libraries and programs.
pub(super) fn unit(repo: &Repo) -> Command {
    let mut cargo = test(repo);
    cargo.args(["--lib", "--bins"]);
    cargo
}

/// The examples of the documentation.
pub(super) fn doc(repo: &Repo) -> Command {
    let mut cargo = repo.cargo(&["test", "--no-fail-fast", "--doc"]);
    cargo.args(
        PACKAGES
            .iter()
            .filter(|name| ![PAGE, HARNESS].contains(name))
            .flat_map(|name| ["-p", name]),
    );
    cargo
}

/// Tests that compare bytes with the reference.
pub(super) fn vectors(repo: &Repo) -> Result<Command> {
    integration(repo, |package| VECTORS.contains(&package))
}

/// Tests of how programs and crates act as a whole; with a ColonyOS server, if one is named, also
/// those that are put to it.
pub(super) fn contract(repo: &Repo) -> Result<Command> {
    let mut cargo = integration(repo, |package| !VECTORS.contains(&package) && package != BROWSER)?;
    match std::env::var(LIVE_SERVER) {
        Ok(url) => {
            println!("the contract is put to {url} too");
            cargo.args(["--test", LIVE]);
        }
        Err(_) => {
            println!("no ColonyOS server is named by {LIVE_SERVER}: the broker alone is tried");
        }
    }
    Ok(cargo)
}

/// The tests under `tests/` of the packages that are wanted.
fn integration(repo: &Repo, is_wanted: fn(&str) -> bool) -> Result<Command> {
    let metadata = repo.metadata(&["--no-deps"])?;
    let mut names = Vec::new();
    for package in list(&metadata, "packages")?.iter().filter(|p| is_wanted(name(p))) {
        let targets = list(package, "targets")?.iter().filter(|target| is_test(target));
        names.extend(targets.flat_map(|target| ["--test", name(target)]));
    }
    ensure!(!names.is_empty(), "no package has tests of this tier");
    let mut cargo = test(repo);
    cargo.args(names);
    Ok(cargo)
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value.get(key).and_then(Value::as_array).with_context(|| format!("cargo names no {key}"))
}

fn name(value: &Value) -> &str {
    value.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn is_test(target: &Value) -> bool {
    let is_run = target.get("test").is_none_or(|test| test == true);
    is_run && target.pointer("/kind/0").is_some_and(|kind| kind == "test")
}

/// All that browser tests drive.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    repo: &'a Repo,
    chromium: Browser,
    /// The folder of the native programs.
    programs: PathBuf,
    rig: PathBuf,
}

impl<'a> Ground<'a> {
    /// Finds Chromium and builds the rest.
    pub(super) fn build(repo: &'a Repo) -> Result<Self> {
        let chromium = browser::chromium()?;
        let programs = build_programs(repo)?;
        let tool = Programs::bindgen(repo)?.bindgen;
        let build = dist::build(repo, &tool)?;
        let rig = dist::rig::build(repo, &build, &tool)?;
        println!("{}", chromium.version());
        Ok(Self { repo, chromium, programs, rig })
    }

    /// Begins a run of one target's tests, whose arguments follow.
    pub(super) fn test(&self, target: &str) -> Command {
        let mut cargo = test(self.repo);
        cargo.args(["--test", target]);
        cargo.env("WEBPOOL_BIN", self.program("webpool")).env("WEBPOOL_DIST", self.repo.dist());
        cargo.env("WEBPOOL_HANDLE_RIG", &self.rig);
        self.chromium.name_chromium(&mut cargo);
        cargo.arg("--");
        cargo
    }

    /// Begins a run of the browser tests.
    pub(super) fn browser_tests(&self) -> Command {
        let mut cargo = self.test("e2e");
        cargo.arg(BROWSER_THREADS);
        cargo
    }

    /// Faults, one by one; `filter` narrows them.
    pub(super) fn faults(&self, filter: Option<&str>) -> Command {
        let mut cargo = self.test("faults");
        cargo.args(filter);
        cargo
    }

    /// Faults at random while processes are done.
    pub(super) fn soak(&self, soak: &Soak) -> Command {
        let mut cargo = self.test("soak");
        soak.name_to(&mut cargo);
        cargo
    }

    /// Builds what real servers need.
    pub(super) fn colonies(&self) -> Result<Colonies> {
        Colonies::build(self.repo, self.program("webpool-colonies"))
    }

    fn program(&self, name: &str) -> PathBuf {
        self.programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// The tests of the contract that are put to a real server.
pub(super) fn contract_with(repo: &Repo, server: &str) -> Command {
    let mut cargo = test(repo);
    cargo.args(["--test", LIVE]).env(LIVE_SERVER, server);
    cargo.env("COLONIES_SERVER_PRVKEY", SERVER_KEY);
    cargo
}

/// The tests of webpool in front of a real server.
pub(super) fn gateway_with(repo: &Repo, server: &str) -> Command {
    let mut cargo = test(repo);
    cargo.args(["--test", "serve", "--", "link::", "colonies::"]).env(ELSEWHERE, server);
    cargo
}

/// Builds the native programs as the other tests have them: unoptimised, with every check of overflows and
/// assertions, and all but linked by then. Returns their folder.
fn build_programs(repo: &Repo) -> Result<PathBuf> {
    let programs = ["--bin", "webpool", "--bin", "webpool-colonies", "--test", "e2e"];
    let mut cargo = repo.cargo(&["build"]);
    cargo.args(programs);
    run(cargo.args(PACKAGES.iter().flat_map(|package| ["-p", package])))?;
    Ok(repo.target()?.join("debug"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source;

    /// Packages with tests, by folder, as the sources tell.
    #[test]
    fn every_package_with_a_test_is_listed() {
        let repo = Repo::find().unwrap();
        let mut folders: Vec<String> = source::read_all(&repo.root)
            .unwrap()
            .iter()
            .filter(|source| {
                source.is_rust() && source.lines.iter().any(|line| is_mark(&line.code))
            })
            .filter_map(|source| Some(source.path.split_once("src/")?.0.to_owned()))
            .collect();
        folders.sort();
        folders.dedup();
        assert!(folders.len() > 3, "{folders:?}");
        for folder in folders {
            let manifest = repo.read(&format!("{folder}Cargo.toml")).unwrap();
            let has_name = |package: &&str| manifest.contains(&format!("name = \"{package}\"\n"));
            assert!(PACKAGES.iter().any(has_name), "the tests in {folder} are not run");
        }
    }

    fn is_mark(code: &str) -> bool {
        matches!(code.trim(), "#[test]" | "#[cfg(test)]")
    }

    #[test]
    fn tests_are_told_from_libraries() {
        assert!(is_test(&serde_json::json!({ "kind": ["test"] })));
        assert!(!is_test(&serde_json::json!({ "kind": ["lib"] })));
        assert!(!is_test(&serde_json::json!({ "kind": ["test"], "test": false })));
    }
}
