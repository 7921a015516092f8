//! Chromium: its driver, and how it is started.

use std::process::Command;

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use serde_json::json;

use crate::folder::Folder;
use crate::programs;

/// Nothing that talks to anyone but the page's server, nothing that needs a screen.
const ARGUMENTS: [&str; 12] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
];

/// The driver, and the mark in its output before its port.
pub(crate) fn driver() -> Result<(Command, &'static str)> {
    Ok((Command::new(programs::chromedriver()?), "started successfully on port "))
}

pub(crate) fn capabilities(profile: &Folder, arguments: &[&str]) -> Result<Capabilities> {
    let profile = format!("--user-data-dir={}", profile.path().display());
    let arguments: Vec<&str> =
        ARGUMENTS.iter().chain(arguments).copied().chain([profile.as_str()]).collect();
    let all = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "binary": programs::chromium()?, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    all.as_object().cloned().context("capabilities are an object")
}
