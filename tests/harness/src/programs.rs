//! Which programs are driven: named by environment variables, else found where they usually lie.
//!
//! `WEBPOOL_BIN`, `WEBPOOL_DIST`, `CHROMIUM`, `CHROMEDRIVER`, `FIREFOX`, `GECKODRIVER`, `WEBKIT`,
//! `WEBKITDRIVER` and `XVFB`; `cargo xtask e2e` and `cargo xtask bench` set what they need. `COLONIES` and
//! `COLONIES_SERVERS` are the ordinary `colonies` program, and ours that runs servers of it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The server.
pub(crate) fn webpool() -> PathBuf {
    named("WEBPOOL_BIN").unwrap_or_else(|| checkout().join("target/release/webpool"))
}

/// The folder with the page's files.
pub fn dist() -> PathBuf {
    named("WEBPOOL_DIST").unwrap_or_else(|| checkout().join("dist"))
}

/// The browser Chromium.
///
/// # Errors
///
/// When none is installed.
pub(crate) fn chromium() -> Result<PathBuf> {
    named("CHROMIUM")
        .or_else(|| ["chromium", "chromium-browser", "google-chrome"].iter().find_map(on_path))
        .context("no Chromium on the PATH")
}

/// Its WebDriver program.
///
/// # Errors
///
/// When none is installed.
pub(crate) fn chromedriver() -> Result<PathBuf> {
    named("CHROMEDRIVER").or_else(|| on_path("chromedriver")).context("no chromedriver on the PATH")
}

/// The browser Firefox.
///
/// # Errors
///
/// When none is installed.
pub(crate) fn firefox() -> Result<PathBuf> {
    named("FIREFOX")
        .or_else(|| ["firefox-esr", "firefox"].iter().find_map(on_path))
        .context("no Firefox on the PATH")
}

/// Its WebDriver program.
///
/// # Errors
///
/// When none is installed.
pub(crate) fn geckodriver() -> Result<PathBuf> {
    named("GECKODRIVER").or_else(|| on_path("geckodriver")).context("no geckodriver on the PATH")
}

/// The browser of WebKitGTK, which lies beside its libraries.
///
/// # Errors
///
/// When none is installed.
pub(crate) fn webkit() -> Result<PathBuf> {
    named("WEBKIT").context("WEBKIT does not name WebKitGTK's MiniBrowser")
}

/// Its WebDriver program.
///
/// # Errors
///
/// When none is installed.
pub(crate) fn webkit_driver() -> Result<PathBuf> {
    named("WEBKITDRIVER")
        .or_else(|| on_path("WebKitWebDriver"))
        .context("no WebKitWebDriver on the PATH")
}

/// The screen that nobody sees.
///
/// # Errors
///
/// When none is installed.
pub(crate) fn xvfb() -> Result<PathBuf> {
    named("XVFB").or_else(|| on_path("Xvfb")).context("no Xvfb on the PATH")
}

/// The command line of ColonyOS.
///
/// # Errors
///
/// When it is not named.
pub(crate) fn colonies() -> Result<PathBuf> {
    named("COLONIES").context("COLONIES does not name the program colonies")
}

/// What runs ColonyOS servers.
///
/// # Errors
///
/// When it is not named.
pub(crate) fn colonies_servers() -> Result<PathBuf> {
    named("COLONIES_SERVERS").context("COLONIES_SERVERS does not name webpool-colonies")
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn on_path(program: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program.as_ref())).find(|file| file.is_file())
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
