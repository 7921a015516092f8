//! The native programs in release form: the server, the tool that makes JavaScript modules, and
//! the one that measures.
//!
//! Who needs both asks for both at once: cargo compiles what they share for the features of
//! all that is selected, so that two runs would compile much of it twice.

use std::path::PathBuf;

use anyhow::Result;

use crate::repo::{Repo, run};

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Turns a wasm file into a JavaScript module.
    pub(crate) bindgen: PathBuf,
    /// The server, which is there only if it was asked for.
    pub(crate) server: PathBuf,
    /// What measures, likewise.
    pub(crate) bench: PathBuf,
}

impl Programs {
    /// Builds the tool alone, for who only fills `dist/`.
    pub(crate) fn bindgen(repo: &Repo) -> Result<Self> {
        Self::build(repo, &["webpool-bindgen"])
    }

    /// Builds both.
    pub(crate) fn all(repo: &Repo) -> Result<Self> {
        Self::build(repo, &["webpool-bindgen", "webpool-server"])
    }

    /// Builds the server and what measures it; the tool too, for who measures in a browser.
    pub(crate) fn measured(repo: &Repo, is_in_browsers: bool) -> Result<Self> {
        let packages = ["webpool-bench", "webpool-server", "webpool-bindgen"];
        let count = if is_in_browsers { 3 } else { 2 };
        Self::build(repo, packages.get(..count).unwrap_or_default())
    }

    fn build(repo: &Repo, packages: &[&str]) -> Result<Self> {
        let mut cargo = repo.cargo(&["build", "--release"]);
        run(cargo.args(packages.iter().flat_map(|package| ["-p", package])))?;
        let folder = repo.target()?.join("release");
        let path = |name: &str| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Ok(Self {
            bindgen: path("webpool-bindgen"),
            server: path("webpool"),
            bench: path("webpool-bench"),
        })
    }
}
