//! A computation that never ends is killed at `maxexectime`; the executor lives on.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::{FunctionSpec, ProcessState};

use crate::harness::{Setup, call, play, text};

const SOON: Duration = Duration::from_secs(5);

/// The server looks once a second and compares whole seconds: up to 2 s after the deadline.
const FAILED: Duration = Duration::from_secs(6);

#[tokio::test]
async fn an_endless_computation_is_killed() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let endless = call("burn", r#"["3600000000", "block"]"#)?;
        let endless = FunctionSpec { maxexectime: 1, maxretries: 0, ..endless };
        let id = stage.colony.submit(endless).await?.processid;
        let process = stage.colony.wait(&id, ProcessState::Failed, FAILED).await?;
        ensure!(text(&process.errors) == "Maximum execution time limit exceeded");

        stage.page.wait("[data-slot='0']", "state", "idle", SOON).await?;
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        ensure!(stage.colony.executors().await?.len() == 1, "the executor was replaced");
        let slot = stage.page.element("[data-slot='0']").await?;
        ensure!(slot.get("executor-id") == process.assignedexecutorid.as_str());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn with_retries_it_waits_again() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let endless = call("burn", r#"["3600000000", "block"]"#)?;
        let endless = FunctionSpec { maxexectime: 1, maxretries: 1, ..endless };
        let id = stage.colony.submit(endless).await?.processid;
        let process = stage.colony.wait(&id, ProcessState::Failed, 3 * FAILED).await?;
        ensure!(process.retries == 1);
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        Ok(())
    })
    .await
}
