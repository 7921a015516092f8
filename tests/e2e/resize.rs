//! The number of workers changes while the pool runs; no process is lost.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::harness::{Setup, Stage, call, play};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn workers_come_and_go_while_running() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        let mut processes = Vec::new();
        for _ in 0..8 {
            processes.push(stage.colony.submit(call("burn", r#"["700"]"#)?).await?.processid);
        }
        for workers in [5, 1, 3] {
            resize(stage, workers).await?;
        }
        for id in processes {
            stage.colony.wait(&id, ProcessState::Success, 2 * SOON).await?;
        }
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        stage.page.click("stop").await?;
        stage.colony.wait_approved(0, SOON).await
    })
    .await
}

async fn resize(stage: &Stage, workers: u32) -> Result<()> {
    stage.page.fill("worker-count", &workers.to_string()).await?;
    stage.page.wait("#pool", "workers", &workers.to_string(), SOON).await?;
    stage.page.wait_ready(workers, SOON).await?;
    stage.colony.wait_approved(usize::try_from(workers)?, SOON).await?;
    ensure!(stage.page.slots().await?.len() == usize::try_from(workers)?);
    Ok(())
}
