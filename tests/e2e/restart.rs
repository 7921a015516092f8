//! webpool is killed and started again, or the page is held for a while: who comes back in time goes
//! on with its work as if nothing had happened.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::sleep;
use webpool_colony::ProcessState;
use webpool_colony::types::Executor;

use crate::harness::{Setup, Stage, freeze, play, resume};

const SLOTS: u32 = 4;

/// What each slot computes, in ms.
const WORK: &str = r#"["4000"]"#;

const SOON: Duration = Duration::from_secs(20);

/// How long the page is held: less than until a silent link is given up.
const HELD: Duration = Duration::from_secs(3);

/// The sockets to a server that is not there fail, and say so.
const INTERRUPTED: Setup = Setup { expected_errors: &["WebSocket connection to"], ..Setup::USUAL };

#[tokio::test]
async fn work_goes_on_when_webpool_was_killed() -> Result<()> {
    play(INTERRUPTED, async |stage| {
        let processes = occupy(stage).await?;
        stage.server.restart().await?;
        check_done(stage, processes).await
    })
    .await
}

#[tokio::test]
async fn work_goes_on_when_the_page_was_held() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        let processes = occupy(stage).await?;
        let tab = stage.page.process_with_workers(processes.len()).await?;
        freeze(tab)?;
        sleep(HELD).await;
        resume(tab)?;
        check_done(stage, processes).await
    })
    .await
}

/// Starts slots that all have something to do.
async fn occupy(stage: &Stage) -> Result<Vec<String>> {
    let mut processes = Vec::new();
    for _ in 0..SLOTS {
        processes.push(stage.colony.submit(stage.call("burn", WORK)?).await?.processid);
    }
    stage.occupy(&processes).await?;
    Ok(processes)
}

/// Checks that all of it was done at the first attempt, and that the executors can do more.
async fn check_done(stage: &Stage, processes: Vec<String>) -> Result<()> {
    let before = stage.colony.approved().await?;
    for id in processes {
        let process = stage.colony.wait_final(&id, SOON).await?;
        ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
        ensure!(process.retries == 0, "it was begun {} times more", process.retries);
        let is_here = |executor: &Executor| executor.executorid == process.assignedexecutorid;
        ensure!(before.iter().any(is_here), "somebody else has done it");
    }
    stage.burst(2 * SLOTS).await?;
    ensure!(stage.colony.executors().await?.len() == before.len(), "an executor was replaced");
    Ok(())
}
