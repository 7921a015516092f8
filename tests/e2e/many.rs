//! 24 workers on one server do not wait for each other.
//!
//! By link each has a socket. With `WEBPOOL_COLONIES=URL` the same once more with a key at the ColonyOS
//! server there: by plain HTTP, where a browser opens six connections to a host at most.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::Instant;

use crate::harness::{Colony, Setup, Stage, call, play};

const WORKERS: u32 = 24;
const PROCESSES: u32 = 48;

/// From the click to the last slot that has joined.
const READY: Duration = Duration::from_secs(3);

/// From the last submission to the last result, in s, on the server's clock.
const BY_LINK_S: f64 = 0.3;
const BY_HTTP_S: f64 = 1.0;

#[tokio::test]
async fn many_workers_do_not_wait_for_each_other() -> Result<()> {
    play(Setup::ALONE, async |stage| {
        stage.page.open(&format!("worker_count={WORKERS}")).await?;
        let click = Instant::now();
        stage.page.click("start").await?;
        check_ready(stage, click).await?;
        stage.colony.wait_approved(usize::try_from(WORKERS)?, Duration::from_secs(1)).await?;
        check_burst(&stage.colony, BY_LINK_S).await
    })
    .await?;
    let Some((setup, server)) = Setup::elsewhere() else { return Ok(()) };
    play(setup, async |stage| {
        stage.click_start_elsewhere(WORKERS).await?;
        check_ready(stage, Instant::now()).await?;
        check_burst(&Colony::new(&server)?, BY_HTTP_S).await?;
        stage.page.click("finish").await?;
        stage.page.wait("#pool", "state", "stopped", 3 * READY).await
    })
    .await
}

async fn check_ready(stage: &Stage, click: Instant) -> Result<()> {
    stage.page.wait_ready(WORKERS, 3 * READY).await?;
    let ready = click.elapsed();
    ensure!(ready <= READY, "{WORKERS} workers were ready after {ready:?}");
    Ok(())
}

/// Trivial processes, two a worker; the last result is there soon after the last submission.
async fn check_burst(colony: &Colony, within_s: f64) -> Result<()> {
    let elapsed_s = colony.burst(PROCESSES, |args| call("add", args)).await?;
    ensure!(elapsed_s <= within_s, "the last result came after {elapsed_s} s");
    Ok(())
}
