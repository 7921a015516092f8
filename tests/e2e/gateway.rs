//! The page of a gateway in front of a server elsewhere: the same as with the embedded broker, and
//! nobody types a key. The server is a broker in another process.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;
use webpool_colony::request::CancelProcess;

use crate::harness::{Look, Server, Setup, Stage, play, until};

const SOON: Duration = Duration::from_secs(5);

/// More than a gateway asks for at a server at once.
const WORKERS: u32 = 6;

/// From the page's going to its processes waiting again.
const GIVEN_BACK: Duration = Duration::from_millis(500);

#[tokio::test]
async fn everything_works_before_another_server() -> Result<()> {
    let behind = Server::start(&[]).await?;
    let (setup, _key) = Setup::before(behind.url())?;
    play(setup, async |stage| {
        stage.start(WORKERS).await?;
        ensure!(stage.page.value("colony-key").await?.is_empty());
        check_work(stage).await?;
        check_cancel(stage).await?;
        check_leaving(stage).await
    })
    .await
}

async fn check_work(stage: &Stage) -> Result<()> {
    let mut submitted = Vec::new();
    for number in 0..3 * WORKERS {
        let spec = stage.call("add", &format!("[{number}, 1]"))?;
        submitted.push((number, stage.colony.submit(spec).await?.processid));
    }
    for (number, id) in submitted {
        let process = stage.colony.wait_final(&id, 2 * SOON).await?;
        ensure!(process.output.to_texts() == [(number + 1).to_string()], "{:?}", process.errors);
    }
    Ok(())
}

/// Submits what goes on for a minute, and waits until it does.
async fn burn(stage: &Stage) -> Result<String> {
    let id = stage.colony.submit(stage.call("burn", r#"["60000"]"#)?).await?.processid;
    stage.colony.wait(&id, ProcessState::Running, SOON).await?;
    wait_burning(stage, 1).await?;
    Ok(id)
}

/// Waits until so many slots compute.
async fn wait_burning(stage: &Stage, count: usize) -> Result<()> {
    until("slots that burn", SOON, async || {
        let slots = stage.page.elements("[data-function='burn'][data-state='running']").await?;
        Ok(Look::is(&slots.len(), &count))
    })
    .await
}

/// A cancelled process ends in the page too.
async fn check_cancel(stage: &Stage) -> Result<()> {
    let id = burn(stage).await?;
    stage.colony.ask(&CancelProcess { processid: id }).await?;
    wait_burning(stage, 0).await
}

/// A page that goes gives back at once.
async fn check_leaving(stage: &Stage) -> Result<()> {
    let id = burn(stage).await?;
    stage.page.goto("about:blank").await?;
    stage.colony.wait(&id, ProcessState::Waiting, GIVEN_BACK).await?;
    stage.colony.ask(&CancelProcess { processid: id }).await?;
    stage.page.open("").await
}
