//! Finish lets the running process end, a held one too, takes no other, and leaves the colony; the
//! pool can start again.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::harness::{Setup, call, play};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn finish_ends_what_runs() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        let running = stage.colony.submit(call("burn", r#"["3000"]"#)?).await?.processid;
        stage.colony.wait(&running, ProcessState::Running, SOON).await?;
        stage.page.click("finish").await?;
        stage.page.wait("#pool", "state", "finishing", SOON).await?;
        stage.colony.wait_approved(1, SOON).await?;
        let late = stage.colony.submit(call("add", "[5, 3]")?).await?.processid;

        let process = stage.colony.wait(&running, ProcessState::Success, 2 * SOON).await?;
        ensure!(process.retries == 0, "the process was started more than once");
        stage.page.wait("#pool", "state", "stopped", SOON).await?;
        stage.colony.wait_approved(0, SOON).await?;
        let late = stage.colony.process(&late).await?;
        ensure!(late.state() == Some(ProcessState::Waiting), "a finishing pool took a process");
        let pool = stage.page.pool().await?;
        ensure!(pool.get("ready") == "0");
        ensure!(pool.get("succeeded") == "1");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn finish_ends_what_was_paused() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let held = stage.colony.submit(call("burn", r#"["1500"]"#)?).await?.processid;
        stage.colony.wait(&held, ProcessState::Running, SOON).await?;
        stage.page.click("pause").await?;
        stage.page.wait("#pool", "state", "paused", SOON).await?;
        stage.page.click("finish").await?;

        let process = stage.colony.wait(&held, ProcessState::Success, 2 * SOON).await?;
        ensure!(process.retries == 0, "the process was started more than once");
        stage.page.wait("#pool", "state", "stopped", SOON).await?;
        stage.colony.wait_approved(0, SOON).await
    })
    .await
}

#[tokio::test]
async fn a_finished_pool_starts_again() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        for _ in 0..2 {
            ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
            stage.page.click("finish").await?;
            stage.page.wait("#pool", "state", "stopped", SOON).await?;
            stage.colony.wait_approved(0, SOON).await?;
            stage.press_start().await?;
            stage.page.wait_ready(2, SOON).await?;
            stage.colony.wait_approved(2, SOON).await?;
        }
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        stage.page.click("finish").await?;
        stage.page.wait("#pool", "state", "stopped", SOON).await?;
        stage.colony.wait_approved(0, SOON).await
    })
    .await
}
