//! Packages of the distribution, which root on Debian and Ubuntu may have installed by the commands that
//! need them.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::repo::{capture, run};

/// How long apt waits for another apt, in seconds.
const LOCK_PATIENCE: &str = "DPkg::Lock::Timeout=120";

/// A system whose packages we may install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distribution {
    Debian,
    Ubuntu,
}

/// Names the distribution, if we are root there.
pub(crate) fn distribution() -> Option<Distribution> {
    std::fs::metadata("/etc/debian_version").ok()?;
    capture(Command::new("id").arg("-u")).ok().filter(|id| id.trim() == "0")?;
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is_ubuntu = release.lines().any(|line| line == "ID=ubuntu");
    Some(if is_ubuntu { Distribution::Ubuntu } else { Distribution::Debian })
}

/// Installs packages.
///
/// # Errors
///
/// When apt fails.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    println!("installing {}", packages.join(" and "));
    run(apt().arg("update"))?;
    run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// Installs a package, unless the distribution has it only in an older version than this.
///
/// # Errors
///
/// When it is older, or apt fails.
pub(crate) fn install_newer(package: &str, (major, minor): (u32, u32)) -> Result<()> {
    run(apt().arg("update"))?;
    let shown = capture(Command::new("apt-cache").args(["policy", package]))?;
    let candidate = shown.lines().find_map(|line| line.trim().strip_prefix("Candidate:"));
    let candidate = candidate.unwrap_or_default().trim();
    ensure!(
        version(candidate) >= Some((major, minor)),
        "the distribution has {package} {candidate}, and {major}.{minor} is needed"
    );
    install(&[package])
}

/// Reads the first two numbers of a version, which may have an epoch in front: `2:1.19~1`.
pub(crate) fn version(text: &str) -> Option<(u32, u32)> {
    let text = text.split_once(':').map_or(text, |(_, version)| version);
    let mut numbers = text.split(|char: char| !char.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt.args(["-o", LOCK_PATIENCE, "-qq"]);
    apt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(version("2:1.19~1"), Some((1, 19)));
        assert_eq!(version("1.26.8"), Some((1, 26)));
        assert_eq!(version("(none)"), None);
    }
}
