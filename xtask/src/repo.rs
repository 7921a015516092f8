//! Where this repository lies and how its tools are run.
//!
//! The root is known when `xtask` is compiled; the folder of build output is asked from
//! cargo, since an environment variable or a configuration file may move it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The target triple of everything a browser runs.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The checkout this program was compiled in.
#[derive(Debug, Clone)]
pub(crate) struct Repo {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
}

impl Repo {
    /// Finds the checkout.
    ///
    /// # Errors
    ///
    /// When the package `xtask` lies in no folder.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent")?;
        Ok(Self { root: root.to_path_buf() })
    }

    /// Names the folder of cargo's build output.
    pub(crate) fn target(&self) -> Result<PathBuf> {
        let metadata = self.metadata(&["--no-deps"])?;
        let target = metadata.get("target_directory").and_then(Value::as_str);
        Ok(target.context("cargo metadata names no target_directory")?.into())
    }

    /// Waits until no other command of this checkout writes built files, and holds the others
    /// off until the returned file is dropped.
    pub(crate) fn lock(&self) -> Result<File> {
        let target = self.target()?;
        std::fs::create_dir_all(&target)?;
        let file = File::create(target.join("xtask.lock"))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => println!("waiting for another build"),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.lock()?;
        Ok(file)
    }

    /// Names the folder that a browser's files are built into.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Prepares a cargo command that runs at the root.
    ///
    /// The variable `CARGO` comes second: a caller may have inherited it from another toolchain,
    /// whose cargo would compile everything anew.
    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        let cargo = program("cargo").or_else(|| std::env::var_os("CARGO").map(PathBuf::from));
        let cargo = cargo.unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root).args(args);
        // What is compiled once gains nothing from being prepared for the next time.
        if is_ci() {
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    }

    /// Reads `cargo metadata`.
    pub(crate) fn metadata(&self, args: &[&str]) -> Result<Value> {
        let text = capture(self.cargo(&["metadata", "--format-version", "1"]).args(args))?;
        serde_json::from_str(&text).context("cargo metadata is not JSON")
    }

    /// Reads a file of the repository.
    ///
    /// # Errors
    ///
    /// When the file is missing; the sentence names it relative to the root.
    pub(crate) fn read(&self, path: &str) -> Result<String> {
        std::fs::read_to_string(self.root.join(path)).with_context(|| format!("{path} is missing"))
    }
}

/// Tells whether this runs where every change is tried, and nothing may be left out.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").as_deref() == Ok("true")
}

/// Runs a command to its end, its output going where ours goes.
///
/// # Errors
///
/// When it cannot be started or fails; the sentence is the command line.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command to its end and returns what it printed.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", line(command), output.status);
    }
    String::from_utf8(output.stdout).context("the output is not UTF-8")
}

/// Finds a program on the PATH.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|path| path.is_file())
}

/// Shows a command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(program.to_string_lossy().into_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_typed() {
        let command = Repo { root: ".".into() }.cargo(&["test", "--lib"]);
        assert_eq!(line(&command), "cargo test --lib");
    }

    #[test]
    fn a_failing_command_is_an_error() {
        let repo = Repo::find().unwrap();
        assert!(run(&mut repo.cargo(&["--version"])).is_ok());
        assert!(capture(&mut Command::new("no-such-program")).is_err());
    }
}
