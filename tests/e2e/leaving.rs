//! A page that goes gives all of its work back at once: its tab is closed, it is loaded again, or the
//! process that it is in is killed.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::harness::{Going, Setup, Stage, Way, play};

const SOON: Duration = Duration::from_secs(15);

/// Busy slots.
const SLOTS: u32 = 8;

#[tokio::test]
async fn all_work_waits_again_when_a_page_goes() -> Result<()> {
    play(Setup::ALONE, check).await
}

/// Over http nobody but the page says that it goes. Firefox aborts its scripts as they do.
#[tokio::test]
async fn all_work_by_key_waits_again_when_a_page_goes() -> Result<()> {
    play(Setup::ALONE, check_by_key).await
}

async fn check_by_key(stage: &Stage) -> Result<()> {
    let processes = stage.submit_work(SLOTS).await?;
    for going in [Going::Closed, Going::Reloaded, Going::Closed] {
        stage.click_start_by_key(SLOTS).await?;
        stage.page.wait_ready(SLOTS, SOON).await?;
        stage.wait_running(&processes).await?;
        let elapsed = stage.leave(going, &processes).await?;
        ensure!(elapsed <= going.longest(), "{}: it took {elapsed:?}", going.name());
        stage.colony.wait_approved(0, SOON).await?;
    }
    Ok(())
}

async fn check(stage: &Stage) -> Result<()> {
    let processes = stage.submit_work(SLOTS).await?;
    // Over http nobody misses a page that is killed before ten minutes have gone by.
    let is_missed = |going: &Going| *going != Going::Killed || stage.way() == Way::Link;
    for going in Going::ALL.into_iter().filter(is_missed) {
        stage.occupy(&processes).await?;
        let elapsed = stage.leave(going, &processes).await?;
        ensure!(elapsed <= going.longest(), "{}: it took {elapsed:?}", going.name());
    }
    Ok(())
}
