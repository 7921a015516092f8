//! The checks that run no test: formatting, lints, documentation, tidy.
//!
//! Each is one step and counts as one. Crates that only exist in a browser are empty when
//! compiled natively, so lints and documentation run for both targets.

use anyhow::Result;

use crate::repo::{Repo, WASM_TARGET, run};
use crate::{format, tidy, wasm};

/// Packages that have code for wasm32.
const WASM_PACKAGES: [&str; 11] = [
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
    "webpool-handle-test",
];

/// Those that are empty when compiled natively, their documentation aside.
const WASM_ONLY: [&str; 3] = ["webpool-worker", "webpool-compute", "webpool-handle-test"];

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
    Step { name: "fmt", run: format::check },
    Step { name: "tidy", run: tidy::print },
    Step { name: "clippy native", run: clippy_native },
    Step { name: "clippy wasm32", run: clippy_wasm },
    Step { name: "rustdoc", run: rustdoc },
];

// Warnings are refused by arguments of the lints, never by RUSTFLAGS, which would compile all
// dependencies anew; and each run selects the same packages as its neighbour, for the same reason.

fn clippy_native(repo: &Repo) -> Result<()> {
    // `test = false` hides the test that needs a server from `--all-targets`.
    for targets in [&["--all-targets"][..], &["--test", "live"]] {
        let mut clippy = repo.cargo(&["clippy", "--workspace"]);
        run(clippy.args(targets).args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn clippy_wasm(repo: &Repo) -> Result<()> {
    wasm::add_target(repo)?;
    let mut clippy = repo.cargo(&["clippy", "--target", WASM_TARGET]);
    clippy.args(WASM_PACKAGES.iter().flat_map(|package| ["-p", package]));
    run(clippy.args(["--", "-D", "warnings"]))
}

/// Documents libraries, programs, and what only a browser compiles.
///
/// Programs come in a run of their own: the server's has the name of the pool's library.
/// There are no examples; asking for them makes cargo choose the features that clippy had.
fn rustdoc(repo: &Repo) -> Result<()> {
    wasm::add_target(repo)?;
    let native = WASM_ONLY.iter().flat_map(|package| ["--exclude", package]);
    let native = ["--workspace", "--examples"].into_iter().chain(native);
    let wasm = WASM_PACKAGES.iter().flat_map(|package| ["-p", package]);
    document(repo, native.clone().chain(["--lib"]))?;
    document(repo, native.chain(["--bins"]))?;
    document(repo, wasm.chain(["--target", WASM_TARGET]))
}

fn document<'a>(repo: &Repo, args: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut doc = repo.cargo(&["doc", "--no-deps"]);
    run(doc.args(args).env("RUSTDOCFLAGS", "-D warnings"))
}
