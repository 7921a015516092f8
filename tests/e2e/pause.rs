//! Pause holds everything, a running process too; nothing is given back and nothing is taken.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;
use webpool_colony::request::CancelProcess;

use crate::harness::{Look, Setup, Stage, call, play, stays, until};

const SOON: Duration = Duration::from_secs(5);

/// How long a pause is watched.
const WATCHED: Duration = Duration::from_secs(1);

#[tokio::test]
async fn pause_holds_what_runs() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let id = stage.colony.submit(call("count_primes", "[0, 2000000000]")?).await?.processid;
        wait_for_progress(stage, 0.0).await?;

        stage.page.click("pause").await?;
        stage.page.wait("#pool", "state", "paused", SOON).await?;
        let held = settled_progress(stage).await?;
        stays("progress while paused", WATCHED, async || {
            Ok(Look::is(&progress(stage).await?, &held))
        })
        .await?;
        ensure!(stage.colony.process(&id).await?.state() == Some(ProcessState::Running));
        ensure!(stage.colony.approved().await?.len() == 1);

        stage.page.click("pause").await?;
        stage.page.wait("#pool", "state", "running", SOON).await?;
        wait_for_progress(stage, held).await?;
        stage.colony.ask(&CancelProcess { processid: id }).await?;
        stage.page.wait("[data-slot='0']", "state", "idle", SOON).await
    })
    .await
}

#[tokio::test]
async fn a_paused_pool_takes_no_process() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        stage.page.click("pause").await?;
        stage.page.wait("#pool", "state", "paused", SOON).await?;
        for slot in ["[data-slot='0']", "[data-slot='1']"] {
            stage.page.wait(slot, "state", "paused", SOON).await?;
        }
        let id = stage.colony.submit(call("add", "[5, 3]")?).await?.processid;
        stays("waiting while paused", WATCHED, async || {
            let state = stage.colony.process(&id).await?.state();
            Ok(Look::is(&state, &Some(ProcessState::Waiting)))
        })
        .await?;
        stage.colony.wait_approved(2, SOON).await?;

        stage.page.click("pause").await?;
        stage.colony.wait(&id, ProcessState::Success, SOON).await?;
        stage.page.wait("#pool", "state", "running", SOON).await
    })
    .await
}

async fn progress(stage: &Stage) -> Result<f64> {
    stage.page.element("[data-slot='0']").await?.number("progress")
}

/// The kernel notices the pause at its next breath, and one last report may be on its way.
async fn settled_progress(stage: &Stage) -> Result<f64> {
    let mut last = progress(stage).await?;
    let mut same = 0;
    until("progress settled", SOON, async || {
        let now = progress(stage).await?;
        same = if (now - last).abs() < f64::EPSILON { same + 1 } else { 0 };
        last = now;
        Ok(Look::at(Some(now).filter(|_| same >= 8), now))
    })
    .await
}

async fn wait_for_progress(stage: &Stage, beyond: f64) -> Result<()> {
    until("progress", 2 * SOON, async || {
        let now = progress(stage).await.unwrap_or_default();
        Ok(Look::at(Some(()).filter(|()| now > beyond), now))
    })
    .await
}
