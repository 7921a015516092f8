//! 24 workers on one server do not wait for each other.
//!
//! By link each has a socket; by plain HTTP a browser opens six connections to a host at most.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::Instant;

use crate::harness::{Kind, Setup, Stage, Way, play};

const WORKERS: u32 = 24;
const PROCESSES: u32 = 48;

/// From the last submission to the last result, in s, on the server's clock: by link on the embedded
/// broker, else, and at a server elsewhere, which does 60 to 100 of them a second itself.
const BY_LINK_S: f64 = 0.3;
const ELSEWHERE_S: f64 = 1.0;

/// In WebKitGTK: each of its workers is a second thread that compiles its module for itself, and those that
/// compute are not through with that when all have joined.
const IN_WEBKIT: Duration = Duration::from_secs(12);
const IN_WEBKIT_S: f64 = 3.0;

#[tokio::test]
async fn many_workers_do_not_wait_for_each_other() -> Result<()> {
    let browser = Kind::wanted()?;
    let longest = ready_within(browser);
    play(Setup::ALONE, async |stage| {
        stage.open(WORKERS).await?;
        let click = Instant::now();
        stage.press_start().await?;
        stage.page.wait_ready(WORKERS, 3 * longest).await?;
        let ready = click.elapsed();
        ensure!(ready <= longest, "{WORKERS} workers were ready after {ready:?}");
        stage.colony.wait_approved(usize::try_from(WORKERS)?, Duration::from_secs(1)).await?;
        let elapsed_s = stage.burst(PROCESSES).await?;
        let longest_s = burst_within_s(stage, browser);
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
        Kind::WebKit => IN_WEBKIT,
    }
}

fn burst_within_s(stage: &Stage, browser: Kind) -> f64 {
    match browser {
        Kind::WebKit => IN_WEBKIT_S,
        Kind::Chromium | Kind::Firefox if is_far(stage) => ELSEWHERE_S,
        Kind::Chromium | Kind::Firefox => BY_LINK_S,
    }
}

fn is_far(stage: &Stage) -> bool {
    stage.is_elsewhere() || stage.way() == Way::Http
}
