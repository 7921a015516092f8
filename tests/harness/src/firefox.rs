//! Firefox: its driver, how it is started, and the errors in its log.

use std::process::Command;

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use serde_json::json;

use crate::folder::Folder;
use crate::programs;

/// What stands in the log before an uncaught error of a page, or of a worker of one. Firefox's own
/// scripts have other addresses.
const ERROR: &str = "JavaScript error: http";

/// The driver, and the mark in its output before its port.
pub(crate) fn driver() -> Result<(Command, &'static str)> {
    Ok((Command::new(programs::geckodriver()?), "Listening on 127.0.0.1:"))
}

pub(crate) fn capabilities(profile: &Folder, arguments: &[&str]) -> Result<Capabilities> {
    let profile = profile.path().display().to_string();
    let arguments: Vec<&str> = ["-headless", "-profile", profile.as_str()]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    let all = json!({
        "browserName": "firefox",
        "moz:firefoxOptions": { "binary": programs::firefox()?, "args": arguments },
    });
    all.as_object().cloned().context("capabilities are an object")
}

/// The errors in a log, as the console of Chromium has them.
pub(crate) fn errors(log: &str) -> Vec<String> {
    let errors = log.lines().filter(|line| line.contains(ERROR));
    errors.map(|line| format!("SEVERE {line}")).collect()
}
