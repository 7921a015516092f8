//! A tab that is loaded again, or left, gives its work back at once and leaves no ghost.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::harness::{Setup, Stage, call, play};

const SOON: Duration = Duration::from_secs(5);

/// From leaving the page to its processes waiting again.
const GIVEN_BACK: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_reload_gives_back() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        let processes = start_two(stage).await?;
        stage.page.reload().await?;
        check_given_back(stage, &processes).await?;
        ensure!(stage.page.pool().await?.get("state") == "stopped", "computing began by itself");

        stage.page.click("start").await?;
        for id in &processes {
            stage.colony.wait(id, ProcessState::Running, 2 * SOON).await?;
        }
        ensure!(stage.colony.approved().await?.len() == 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn leaving_the_page_gives_back() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        let processes = start_two(stage).await?;
        stage.page.goto("about:blank").await?;
        check_given_back(stage, &processes).await
    })
    .await
}

async fn start_two(stage: &Stage) -> Result<Vec<String>> {
    stage.page.open("worker_count=2").await?;
    stage.page.click("start").await?;
    stage.page.wait_ready(2, 2 * SOON).await?;
    let mut processes = Vec::new();
    for burn in [r#"["60000"]"#, r#"["60000", "block"]"#] {
        let id = stage.colony.submit(call("burn", burn)?).await?.processid;
        stage.colony.wait(&id, ProcessState::Running, SOON).await?;
        processes.push(id);
    }
    Ok(processes)
}

async fn check_given_back(stage: &Stage, processes: &[String]) -> Result<()> {
    for id in processes {
        let process = stage.colony.wait(id, ProcessState::Waiting, GIVEN_BACK).await?;
        ensure!(process.retries == 0, "giving back used up a retry");
    }
    stage.colony.wait_approved(0, GIVEN_BACK).await
}
