//! Who types the colony's key joins by itself: the executors speak to the server directly, share
//! the right to poll, and give back what runs when the page goes.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::harness::{Setup, call, play};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_typed_key_joins_directly() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.click_start_by_key(8).await?;
        stage.page.wait_ready(8, SOON).await?;
        let field = stage.page.value("colony-key").await?;
        ensure!(field.is_empty(), "the key stays in its field");
        let mut processes = Vec::new();
        for number in 0..16 {
            processes.push(stage.colony.submit(call("add", &format!("[{number}, 1]"))?).await?);
        }
        for process in &processes {
            stage.colony.wait(&process.processid, ProcessState::Success, SOON).await?;
        }
        let long = stage.colony.submit(call("burn", "[600000]")?).await?.processid;
        stage.colony.wait(&long, ProcessState::Running, SOON).await?;
        stage.page.goto("about:blank").await?;
        stage.colony.wait(&long, ProcessState::Waiting, SOON).await?;
        stage.colony.wait_approved(0, SOON).await
    })
    .await
}
