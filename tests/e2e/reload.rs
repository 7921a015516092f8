//! A tab that is loaded again, or left, gives its work back at once and leaves no ghost.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};
use webpool_colony::ProcessState;

use crate::harness::{Look, Setup, Stage, call, play, since_1970, stays};

const SOON: Duration = Duration::from_secs(5);

/// From the page's going to its processes waiting again and its executors gone.
const GIVEN_BACK: Duration = Duration::from_millis(500);

/// So many that a browser cannot send all their requests at once.
const MANY: u32 = 24;

/// In how many moments of joining the page is loaded again.
const MOMENTS: u32 = 16;

#[tokio::test]
async fn a_reload_gives_back() -> Result<()> {
    play(Setup::ALONE, async |stage| {
        let processes = start_two(stage).await?;
        let (reloaded, given_back) =
            tokio::join!(stage.page.reload(), given_back(stage, &processes));
        reloaded?;
        check_speed(stage, given_back?).await?;
        ensure!(stage.page.pool().await?.get("state") == "stopped", "computing began by itself");

        stage.press_start().await?;
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
    play(Setup::ALONE, async |stage| {
        let processes = start_two(stage).await?;
        let (left, given_back) =
            tokio::join!(stage.page.goto("about:blank"), given_back(stage, &processes));
        left?;
        stage.page.open("").await?;
        check_speed(stage, given_back?).await
    })
    .await
}

#[tokio::test]
async fn a_reload_while_executors_join_leaves_no_ghost() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.page.open(&format!("worker_count={MANY}")).await?;
        let click = Instant::now();
        stage.press_start().await?;
        stage.page.wait_ready(MANY, 2 * SOON).await?;
        let step = click.elapsed() / MOMENTS;
        stage.page.reload().await?;
        stage.colony.wait_approved(0, SOON).await?;
        let known = stage.colony.executors().await?.len();
        for moment in 0..MOMENTS {
            stage.type_key().await?;
            stage.page.script("document.getElementById('start').click();", &[]).await?;
            sleep(step * moment).await;
            stage.page.reload().await?;
            stage.colony.wait_approved(0, SOON).await?;
        }
        let executors = stage.colony.executors().await?.len();
        ensure!(executors > known, "no executor had begun to join");
        stays("no executor", Duration::from_secs(1), async || {
            Ok(Look::is(&stage.colony.registered().await?, &0))
        })
        .await
    })
    .await
}

async fn start_two(stage: &Stage) -> Result<Vec<String>> {
    stage.start(2).await?;
    stage.page.note_going().await?;
    let mut processes = Vec::new();
    for burn in [r#"["60000"]"#, r#"["60000", "block"]"#] {
        let id = stage.colony.submit(call("burn", burn)?).await?.processid;
        stage.colony.wait(&id, ProcessState::Running, SOON).await?;
        processes.push(id);
    }
    Ok(processes)
}

/// Waits until all is given back and nobody is left; returns when it was given back, since 1970.
async fn given_back(stage: &Stage, processes: &[String]) -> Result<Duration> {
    stage.wait_given_back(processes).await?;
    stage.colony.wait_approved(0, SOON).await?;
    since_1970()
}

/// Checks how long after the page's going that was.
async fn check_speed(stage: &Stage, given_back: Duration) -> Result<()> {
    let gone = stage.page.when_gone().await?;
    // Firefox ends the sockets of a page that is loaded again before it tells the page.
    let elapsed = given_back.saturating_sub(gone);
    ensure!(elapsed <= GIVEN_BACK, "it took {elapsed:?}");
    Ok(())
}
