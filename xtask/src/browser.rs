//! The browsers that the browser tests drive: Chromium, Firefox, WebKitGTK, and their WebDriver programs.
//!
//! They are taken from the PATH. Root on Debian installs them from the distribution when one is
//! missing, on Ubuntu all but Firefox; anyone else, and an Ubuntu whose package is a mere pointer to
//! a snap, is told what to install. Debian has no geckodriver: it is compiled, once, into the folder
//! of build output.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::packages::{Distribution, distribution, install};
use crate::repo::{Repo, program, run};

/// Names under which a Chromium is installed.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Names under which a Firefox is installed.
const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];

/// The WebDriver program of Firefox, and the version that is compiled where there is none.
const GECKODRIVER: &str = "geckodriver";
const GECKODRIVER_VERSION: &str = "0.37.1";

/// Where the libraries of WebKitGTK lie, and its browser beside them, below a folder for each
/// architecture.
const LIBRARIES: &str = "/usr/lib";
const MINI_BROWSER: &str = "webkit2gtk-4.1/MiniBrowser";

/// What WebKitGTK needs.
const WEBKIT: [&str; 2] = ["webkit2gtk-driver", "xvfb"];

/// A browser and its WebDriver program.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) program: PathBuf,
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// Tells a program where Chromium is.
    pub(crate) fn name_chromium(&self, command: &mut Command) {
        command.env("CHROMIUM", &self.program).env("CHROMEDRIVER", &self.driver);
    }

    /// Tells a program where Firefox is.
    pub(crate) fn name_firefox(&self, command: &mut Command) {
        command.env("FIREFOX", &self.program).env("GECKODRIVER", &self.driver);
    }

    /// Tells a program where WebKitGTK is.
    pub(crate) fn name_webkit(&self, command: &mut Command) {
        command.env("WEBKIT", &self.program).env("WEBKITDRIVER", &self.driver);
    }

    /// What the browser says that it is.
    pub(crate) fn version(&self) -> String {
        // Quietly: a launcher may have something to say of its own.
        let said = Command::new(&self.program).arg("--version").output();
        let said = said.map(|output| output.stdout).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let said = said.lines().next().unwrap_or_default().trim().to_owned();
        if said.is_empty() { "a version that it does not tell".to_owned() } else { said }
    }
}

/// Finds Chromium, installing it where that is possible.
///
/// # Errors
///
/// When it is missing and cannot be installed; the sentence says what to install.
pub(crate) fn chromium() -> Result<Browser> {
    let installed =
        || Some(Browser { program: first(&CHROMIUM)?, driver: working("chromedriver")? });
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    match distribution() {
        Some(Distribution::Debian) => install(&["chromium", "chromium-driver"])?,
        Some(Distribution::Ubuntu) => install(&["chromium-browser", "chromium-chromedriver"])?,
        None => {}
    }
    installed().context(
        "the browser tests need Chromium and chromedriver on the PATH: install them, or run \
         this as root on Debian, which does it for you",
    )
}

/// Finds Firefox, installing it where that is possible.
///
/// # Errors
///
/// When it is missing and cannot be installed; the sentence says what to install.
pub(crate) fn firefox(repo: &Repo) -> Result<Browser> {
    if first(&FIREFOX).is_none() && matches!(distribution(), Some(Distribution::Debian)) {
        install(&["firefox-esr"])?;
    }
    let Some(program) = first(&FIREFOX) else {
        bail!(
            "the tests in Firefox need it on the PATH: install it, or run this as root on Debian, \
             which does it for you"
        )
    };
    Ok(Browser { program, driver: geckodriver(repo)? })
}

/// Finds WebKitGTK and a screen for it, installing them where that is possible.
///
/// # Errors
///
/// When something is missing and cannot be installed; the sentence says what to install.
pub(crate) fn webkit() -> Result<Browser> {
    let installed = || {
        program("Xvfb")?;
        Some(Browser { program: mini_browser()?, driver: program("WebKitWebDriver")? })
    };
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    if distribution().is_some() {
        install(&WEBKIT)?;
    }
    installed().with_context(|| {
        let packages = WEBKIT.join(" and ");
        format!(
            "the tests in WebKitGTK need its MiniBrowser, WebKitWebDriver and Xvfb: install {packages}, or \
             run this as root on Debian or Ubuntu, which does it for you"
        )
    })
}

fn mini_browser() -> Option<PathBuf> {
    let folders = std::fs::read_dir(LIBRARIES).ok()?.flatten();
    folders.map(|folder| folder.path().join(MINI_BROWSER)).find(|path| path.is_file())
}

/// Finds geckodriver, compiling it where it is missing.
fn geckodriver(repo: &Repo) -> Result<PathBuf> {
    if let Some(driver) = working(GECKODRIVER) {
        return Ok(driver);
    }
    let folder = repo.target()?.join("tools");
    let name = format!("{GECKODRIVER}{}", std::env::consts::EXE_SUFFIX);
    let driver = folder.join("bin").join(name);
    if !driver.is_file() {
        println!("compiling {GECKODRIVER} {GECKODRIVER_VERSION}");
        let mut cargo = repo.cargo(&["install", GECKODRIVER, "--version", GECKODRIVER_VERSION]);
        // it passes messages on: an optimised one would take twice as long to compile, and save nothing
        cargo.args(["--locked", "--quiet", "--debug", "--root"]).arg(&folder);
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
        run(&mut cargo).with_context(|| {
            format!("the tests in Firefox need {GECKODRIVER} on the PATH, or a way to compile it")
        })?;
    }
    Ok(driver)
}

/// Finds the first of some programs that runs.
fn first(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| working(name))
}

/// Finds a program that runs: some distributions install one that only says what to install.
fn working(name: &str) -> Option<PathBuf> {
    let is_good = |path: &PathBuf| {
        // Quietly: what it says about itself is of no interest here.
        Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    program(name).filter(is_good)
}
