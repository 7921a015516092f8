//! A program that is ended in the end.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long a program may take to end once it was told to.
const ENDS: Duration = Duration::from_secs(10);

/// Between two looks whether a program is ready.
const PAUSE: Duration = Duration::from_millis(50);

/// A running program; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    name: &'static str,
}

impl Running {
    /// Starts a program that writes what it says into a file.
    pub(crate) fn start(command: &mut Command, name: &'static str, log: &Path) -> Result<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name })
    }

    /// Waits until the program is ready.
    ///
    /// # Errors
    ///
    /// If it ends instead, or takes longer than `within`.
    pub(crate) async fn wait_ready(
        &mut self,
        within: Duration,
        is_ready: impl AsyncFn() -> bool,
    ) -> Result<()> {
        let begun = Instant::now();
        while !is_ready().await {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}", self.name);
            }
            if begun.elapsed() > within {
                bail!("{} was not ready within {within:?}", self.name);
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Sends a signal and waits for the end; kills it if that takes long.
    pub(crate) async fn end(mut self, signal: &str) -> Result<()> {
        if let Some(id) = self.child.id() {
            let mut kill = Command::new("kill");
            run(kill.args([format!("-{signal}"), id.to_string()]), "kill").await?;
        }
        if timeout(ENDS, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// Runs a program to its end.
///
/// # Errors
///
/// If it fails, with what it said.
pub(crate) async fn run(command: &mut Command, name: &str) -> Result<String> {
    let output = command.kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("cannot start {name}"))?;
    let [said, complained] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    if !output.status.success() {
        bail!("{name} ended with {}: {said}{complained}", output.status);
    }
    Ok(said)
}
