//! The checks that run no test: formatting, lints, documentation, tidy.
//!
//! Each is one step and counts as one. Crates that only exist in a browser are empty when
//! compiled natively, so lints and documentation run for both targets.

use anyhow::Result;

use crate::repo::{Repo, WASM_TARGET, run};
use crate::{tidy, wasm};

/// Packages that have code for wasm32.
const WASM_PACKAGES: [&str; 10] = [
    "webpool",
    "webpool-worker",
    "webpool-compute",
    "webpool-js",
    "webpool-www",
    "webpool-handle",
    "webpool-wire",
    "webpool-kernels",
    "webpool-colony",
    "webpool-executor",
];

/// Its program and the pool's library are both called `webpool`: documented on its own.
const SERVER: &str = "webpool-server";

/// One check.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    run: fn(&Repo) -> Result<()>,
}

impl Step {
    /// Runs the check.
    ///
    /// # Errors
    ///
    /// When the check finds anything.
    pub(crate) fn run(&self, repo: &Repo) -> Result<()> {
        (self.run)(repo)
    }
}

/// Every check, the quick ones first.
pub(crate) const STEPS: [Step; 5] = [
    Step { name: "fmt", run: fmt },
    Step { name: "tidy", run: tidy::print },
    Step { name: "clippy native", run: clippy_native },
    Step { name: "clippy wasm32", run: clippy_wasm },
    Step { name: "rustdoc", run: rustdoc },
];

fn fmt(repo: &Repo) -> Result<()> {
    run(&mut repo.cargo(&["fmt", "--all", "--check"]))
}

fn clippy_native(repo: &Repo) -> Result<()> {
    run(&mut repo.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // `test = false` hides the browser tests from `--all-targets`.
    run(&mut repo.cargo(&["clippy", "-p", "webpool-e2e", "--test", "e2e", "--", "-D", "warnings"]))
}

fn clippy_wasm(repo: &Repo) -> Result<()> {
    wasm::add_target(repo)?;
    let mut clippy = repo.cargo(&["clippy", "--target", WASM_TARGET]);
    clippy.args(WASM_PACKAGES.iter().flat_map(|package| ["-p", package]));
    run(clippy.args(["--", "-D", "warnings"]))
}

fn rustdoc(repo: &Repo) -> Result<()> {
    wasm::add_target(repo)?;
    let all = ["--workspace", "--exclude", SERVER, "--exclude", "webpool-e2e"];
    let wasm = WASM_PACKAGES.iter().flat_map(|package| ["-p", package]);
    let runs: [Vec<&str>; 3] =
        [all.to_vec(), vec!["-p", SERVER], wasm.chain(["--target", WASM_TARGET]).collect()];
    for args in runs {
        let mut doc = repo.cargo(&["doc", "--no-deps"]);
        run(doc.args(args).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(())
}
