//! The formatting of every Rust file.
//!
//! `cargo fmt` follows `mod` lines and misses the files that a macro declares; rustfmt is
//! therefore given each file by name.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::repo::{Repo, run};
use crate::source;

/// Finds the files that are not formatted.
///
/// # Errors
///
/// When there is one, or rustfmt cannot read a file.
pub(crate) fn check(repo: &Repo) -> Result<()> {
    let mut command = rustfmt(repo)?;
    let output = command.args(["--check", "--files-with-diff"]).stderr(Stdio::inherit()).output();
    let output = output.context("cannot start rustfmt")?;
    if output.status.success() {
        return Ok(());
    }
    // A file is named again by each file whose modules lead to it.
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in names.lines().collect::<BTreeSet<_>>() {
        println!("{name}");
    }
    bail!("these files are not formatted; `cargo xtask fmt` formats all")
}

/// Formats every file.
///
/// # Errors
///
/// When rustfmt cannot read one.
pub(crate) fn write(repo: &Repo) -> Result<()> {
    run(&mut rustfmt(repo)?).context("some files are as they were")
}

/// Prepares rustfmt over every file; its configuration is the repository's.
fn rustfmt(repo: &Repo) -> Result<Command> {
    let sources = source::read_all(&repo.root)?;
    let mut command = Command::new("rustfmt");
    command.current_dir(&repo.root).args(["--edition", "2024"]);
    command.args(sources.iter().filter(|source| source.is_rust()).map(|source| &source.path));
    Ok(command)
}
