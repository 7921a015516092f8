//! Stop gives the running process back at once, a held one too, leaves the colony, and the pool can start again.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;
use webpool_colony::request::CancelProcess;

use crate::harness::{Look, Setup, Stage, call, play, until};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn stop_gives_back() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        check_given_back(stage, r#"["60000"]"#).await
    })
    .await
}

#[tokio::test]
async fn stop_gives_back_what_never_breathes() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        check_given_back(stage, r#"["60000", "block"]"#).await
    })
    .await
}

async fn check_given_back(stage: &Stage, burn: &str) -> Result<()> {
    let id = stage.colony.submit(call("burn", burn)?).await?.processid;
    stage.colony.wait(&id, ProcessState::Running, SOON).await?;
    stage.page.click("stop").await?;
    let process = stage.colony.wait(&id, ProcessState::Waiting, SOON).await?;
    ensure!(process.retries == 0, "giving back used up a retry");
    stage.colony.wait_approved(0, SOON).await?;
    stage.page.wait("#pool", "state", "stopped", SOON).await?;

    stage.press_start().await?;
    stage.page.wait_ready(2, SOON).await?;
    stage.colony.wait_approved(2, SOON).await?;
    stage.colony.wait(&id, ProcessState::Running, SOON).await?;
    ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
    stage.colony.ask(&CancelProcess { processid: id }).await?;
    stage.page.click("stop").await?;
    stage.colony.wait_approved(0, SOON).await
}

#[tokio::test]
async fn stop_gives_back_what_was_paused() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        let id = stage.colony.submit(call("burn", r#"["60000"]"#)?).await?.processid;
        stage.colony.wait(&id, ProcessState::Running, SOON).await?;
        stage.page.click("pause").await?;
        stage.page.wait("#pool", "state", "paused", SOON).await?;
        stage.page.click("stop").await?;
        let process = stage.colony.wait(&id, ProcessState::Waiting, SOON).await?;
        ensure!(process.retries == 0, "giving back used up a retry");
        stage.page.wait("#pool", "state", "stopped", SOON).await?;
        stage.colony.wait_approved(0, SOON).await?;

        stage.press_start().await?;
        stage.colony.wait(&id, ProcessState::Running, 2 * SOON).await?;
        stage.colony.ask(&CancelProcess { processid: id }).await?;
        stage.page.click("stop").await?;
        stage.colony.wait_approved(0, SOON).await
    })
    .await
}

#[tokio::test]
async fn stopping_and_starting_in_a_row_leaves_nothing_behind() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.page.open("worker_count=4").await?;
        for _ in 0..3 {
            stage.press_start().await?;
            stage.page.click("stop").await?;
        }
        stage.press_start().await?;
        stage.page.wait_ready(4, 2 * SOON).await?;
        stage.colony.wait_approved(4, 2 * SOON).await?;
        let outputs = ["[1, 2]", "[3, 4]", "[5, 6]"];
        for (args, output) in outputs.iter().zip(["3", "7", "11"]) {
            ensure!(stage.colony.output("add", args).await? == output);
        }
        stage.page.click("stop").await?;
        stage.page.wait("#pool", "state", "stopped", SOON).await?;
        until("no executor at the broker", SOON, async || {
            Ok(Look::is(&stage.colony.approved().await?.len(), &0))
        })
        .await
    })
    .await
}
