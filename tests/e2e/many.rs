//! 24 workers on one server do not wait for each other.
//!
//! By link each has a socket; by plain HTTP a browser opens six connections to a host at most.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::Instant;

use crate::harness::{Kind, Setup, Stage, Way, play};

const WORKERS: u32 = 24;
const PROCESSES: u32 = 48;

/// From the last submission to the last result, in s, on the server's clock: on the embedded broker, and
/// at a server elsewhere, which does 60 to 100 of them a second itself.
const BY_LINK_S: f64 = 0.3;
const ELSEWHERE_S: f64 = 1.0;

#[tokio::test]
async fn many_workers_do_not_wait_for_each_other() -> Result<()> {
    let longest = ready_within(Kind::wanted()?);
    play(Setup::ALONE, async |stage| {
        stage.open(WORKERS).await?;
        let click = Instant::now();
        stage.press_start().await?;
        stage.page.wait_ready(WORKERS, 3 * longest).await?;
        let ready = click.elapsed();
        ensure!(ready <= longest, "{WORKERS} workers were ready after {ready:?}");
        stage.colony.wait_approved(usize::try_from(WORKERS)?, Duration::from_secs(1)).await?;
        let elapsed_s = stage.burst(PROCESSES).await?;
        let longest_s = burst_within_s(stage);
        ensure!(elapsed_s <= longest_s, "the last result came after {elapsed_s} s");
        stage.page.click("finish").await?;
        stage.page.wait("#pool", "state", "stopped", 3 * longest).await
    })
    .await
}

/// From the click to the last slot that has joined.
fn ready_within(browser: Kind) -> Duration {
    match browser {
        Kind::Chromium | Kind::Firefox => Duration::from_secs(3),
        // Each of its workers is a second thread that compiles the module for itself.
        Kind::WebKit => Duration::from_secs(12),
    }
}

fn burst_within_s(stage: &Stage) -> f64 {
    if stage.is_elsewhere() || stage.way() == Way::Http { ELSEWHERE_S } else { BY_LINK_S }
}
