//! The browser that the browser tests drive: Chromium and its WebDriver program.
//!
//! Both are taken from the PATH. Root on Debian or Ubuntu installs them from the
//! distribution when one is missing; anyone else, and an Ubuntu whose package is a mere
//! pointer to a snap, is told what to install.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::repo::{capture, program, run};

/// Names under which a Chromium is installed.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How long apt waits for another apt, in seconds.
const LOCK_PATIENCE: &str = "DPkg::Lock::Timeout=120";

/// The two programs.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Finds the browser, installing it where that is possible.
///
/// # Errors
///
/// When it is missing and cannot be installed; the sentence says what to install.
pub(crate) fn find() -> Result<Browser> {
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    if let Some(packages) = distribution_packages().filter(|_| is_root()) {
        install(packages)?;
    }
    match installed() {
        Some(browser) => Ok(browser),
        None => bail!(
            "the browser tests need Chromium and chromedriver on the PATH: install them, or run \
             this as root on Debian, which does it for you"
        ),
    }
}

fn installed() -> Option<Browser> {
    let chromium = CHROMIUM.iter().find_map(|name| working(name))?;
    Some(Browser { chromium, driver: working("chromedriver")? })
}

/// Finds a program that runs: some distributions install one that only says what to install.
fn working(name: &str) -> Option<PathBuf> {
    let is_good = |path: &PathBuf| {
        // Quietly: what it says about itself is of no interest here.
        Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    program(name).filter(is_good)
}

fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Names the distribution's packages; Ubuntu calls them differently from Debian.
fn distribution_packages() -> Option<[&'static str; 2]> {
    std::fs::metadata("/etc/debian_version").ok()?;
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is_ubuntu = release.lines().any(|line| line == "ID=ubuntu");
    let debian = ["chromium", "chromium-driver"];
    Some(if is_ubuntu { ["chromium-browser", "chromium-chromedriver"] } else { debian })
}

fn install(packages: [&str; 2]) -> Result<()> {
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
