//! A page that goes gives all of its work back at once, in Chromium and in Firefox: its tab is
//! closed, it is loaded again, or the process that it is in is killed.

use anyhow::{Result, ensure};

use crate::harness::{Going, Kind, Setup, Stage, play};

/// Busy slots.
const SLOTS: u32 = 8;

#[tokio::test]
async fn all_work_waits_again_when_a_page_of_chromium_goes() -> Result<()> {
    play(Setup::ALONE, check).await
}

#[tokio::test]
async fn all_work_waits_again_when_a_page_of_firefox_goes() -> Result<()> {
    play(Setup { browser: Kind::Firefox, ..Setup::ALONE }, check).await
}

async fn check(stage: &Stage) -> Result<()> {
    let processes = stage.submit_work(SLOTS).await?;
    for going in Going::ALL {
        stage.occupy(&processes).await?;
        let elapsed = stage.leave(going, &processes).await?;
        ensure!(elapsed <= going.longest(), "{}: it took {elapsed:?}", going.name());
    }
    Ok(())
}
