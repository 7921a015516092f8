//! Firefox: its driver, how it is started, and what it is asked for errors.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use serde_json::json;

use crate::folder::Folder;
use crate::programs;

/// A script of Firefox's own that returns the errors of pages and their workers, as the console of
/// Chromium has them. Its other scripts have other addresses.
pub(crate) const ERRORS: &str = "const { nsIScriptError } = Ci;
    const mild = nsIScriptError.warningFlag | nsIScriptError.infoFlag;
    const isError = it => it instanceof nsIScriptError && !(it.flags & mild);
    const errors = Services.console.getMessageArray().filter(isError);
    return errors.filter(it => it.sourceName.startsWith('http'))
        .map(it => `SEVERE ${it.sourceName} ${it.lineNumber} ${it.errorMessage}`);";

/// The variable by which Firefox ends when a process of a tab dies.
const ENDS_WITH_TAB: &str = "MOZ_CRASHREPORTER_SHUTDOWN";

/// The driver, and the mark in its output before its port.
pub(crate) fn driver() -> Result<(Command, &'static str)> {
    let mut command = Command::new(programs::geckodriver()?);
    command.arg("--allow-system-access");
    Ok((command, "Listening on 127.0.0.1:"))
}

pub(crate) fn capabilities(profile: &Folder, arguments: &[&str]) -> Result<Capabilities> {
    let folder = profile.path().display().to_string();
    let arguments: Vec<&str> = ["-headless", "-profile", folder.as_str()]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    let all = json!({
        "browserName": "firefox",
        "moz:firefoxOptions": { "binary": launcher(profile)?, "args": arguments },
    });
    all.as_object().cloned().context("capabilities are an object")
}

/// A script that starts Firefox: geckodriver wants the browser to end with the first process of a tab
/// that dies, and lets nobody say otherwise.
fn launcher(profile: &Folder) -> Result<PathBuf> {
    let launcher = profile.path().join("firefox.sh");
    let firefox = programs::firefox()?;
    let firefox = firefox.display();
    let script = format!("#!/bin/sh\nunset {ENDS_WITH_TAB}\nexec '{firefox}' \"$@\"\n");
    fs::write(&launcher, script)?;
    fs::set_permissions(&launcher, Permissions::from_mode(0o700))?;
    Ok(launcher)
}
