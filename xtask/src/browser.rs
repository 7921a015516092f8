//! The browsers that the browser tests drive: Chromium, Firefox, and their WebDriver programs.
//!
//! They are taken from the PATH. Root on Debian installs them from the distribution when one is
//! missing, on Ubuntu Chromium alone; anyone else, and an Ubuntu whose package is a mere pointer to
//! a snap, is told what to install. Debian has no geckodriver: it is compiled, once, into the folder
//! of build output.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::repo::{Repo, capture, program, run};

/// Names under which a Chromium is installed.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Names under which a Firefox is installed.
const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];

/// The WebDriver program of Firefox, and the version that is compiled where there is none.
const GECKODRIVER: &str = "geckodriver";
const GECKODRIVER_VERSION: &str = "0.37.1";

/// How long apt waits for another apt, in seconds.
const LOCK_PATIENCE: &str = "DPkg::Lock::Timeout=120";

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

/// A system whose packages we may install.
#[derive(Debug)]
enum Distribution {
    Debian,
    Ubuntu,
}

/// Names the distribution, if we are root there.
fn distribution() -> Option<Distribution> {
    std::fs::metadata("/etc/debian_version").ok()?;
    capture(Command::new("id").arg("-u")).ok().filter(|id| id.trim() == "0")?;
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is_ubuntu = release.lines().any(|line| line == "ID=ubuntu");
    Some(if is_ubuntu { Distribution::Ubuntu } else { Distribution::Debian })
}

fn install(packages: &[&str]) -> Result<()> {
    println!("installing {}", packages.join(" and "));
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt.args(["-o", LOCK_PATIENCE, "-qq"]);
        apt
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
}
