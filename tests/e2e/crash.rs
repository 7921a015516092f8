//! A computation that crashes costs its process, which fails with the reason, and nothing else.

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::harness::{Setup, Stage, call, play, text};

#[tokio::test]
async fn a_panic_fails_with_its_text() -> Result<()> {
    play(Setup::USUAL, async |stage| check(stage, "panic", "burn was asked to panic").await).await
}

#[tokio::test]
async fn running_out_of_memory_fails_with_a_reason() -> Result<()> {
    play(Setup::USUAL, async |stage| check(stage, "memory", "").await).await
}

async fn check(stage: &Stage, mode: &str, reason: &str) -> Result<()> {
    stage.start(1).await?;
    for _ in 0..2 {
        let process = stage.colony.run(call("burn", &format!(r#"["10", "{mode}"]"#))?).await?;
        let errors = text(&process.errors);
        ensure!(process.state() == Some(ProcessState::Failed));
        ensure!(errors.contains(reason) && !errors.is_empty(), "the reason is «{errors}»");
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
    }
    ensure!(stage.colony.executors().await?.len() == 1, "the executor was replaced");
    ensure!(stage.colony.approved().await?.len() == 1);
    Ok(())
}
