//! The rules of the house style that no other tool checks.
//!
//! - `shape` module docs, file sizes, file names, ignored values
//! - `rooms` which names may stand in which folder
//! - `crates` licences, pinned versions, what a module links
//! - `uses` which crate may use which, of ours and of others
//! - `papers` paths and commands that the papers mention exist
//!
//! Absent on purpose: lengths of functions, numbers of arguments and depths of nesting, which clippy
//! knows.

mod crates;
mod papers;
mod rooms;
mod shape;
mod uses;

use std::fmt;

use anyhow::{Result, bail};

use crate::repo::Repo;
use crate::source::{self, Source};

/// One line that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    sentence: String,
}

impl Finding {
    /// Makes a finding; `line` counts from 1.
    fn new(path: &str, line: usize, sentence: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, sentence: sentence.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

/// Checks every rule and prints what breaks one.
///
/// # Errors
///
/// When anything does.
pub(crate) fn print(repo: &Repo) -> Result<()> {
    let findings = findings(repo)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => bail!("lines that break a rule: {count}"),
    }
}

/// Checks every rule, in the order of paths and lines.
///
/// # Errors
///
/// When a file cannot be read or cargo cannot name the dependencies.
fn findings(repo: &Repo) -> Result<Vec<Finding>> {
    let sources = source::read_all(&repo.root)?;
    let mut findings: Vec<Finding> = sources.iter().flat_map(one_file).collect();
    findings.extend(papers::check(&sources, &crate::command_names()));
    findings.extend(crates::check(repo, &sources)?);
    findings.sort();
    findings.dedup();
    Ok(findings)
}

fn one_file(source: &Source) -> Vec<Finding> {
    let mut findings = shape::check(source);
    findings.extend(rooms::check(source));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let findings = findings(&Repo::find().unwrap()).unwrap();
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
