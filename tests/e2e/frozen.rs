//! The work of a page that stays frozen waits again; the page comes back too late, and begins anew. The
//! table of faults shows the same of Chromium.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::harness::{Setup, freeze, play, resume};

const SLOTS: u32 = 4;

/// What each slot computes, in ms.
const WORK: &str = r#"["4000"]"#;

const SOON: Duration = Duration::from_secs(20);

/// How long a page may say nothing, and what it takes to notice.
const FROZEN: Duration = Duration::from_secs(95);

/// What the page had under way when it went is told as an error there.
const SETUP: Setup = Setup {
    expected_errors: &["was interrupted while the page was loading"],
    is_quiet: true,
    ..Setup::USUAL
};

/// Its browser goes on to answer pings.
#[tokio::test]
async fn work_of_a_frozen_page_waits_again() -> Result<()> {
    play(SETUP, async |stage| {
        let mut processes = Vec::new();
        for _ in 0..SLOTS {
            processes.push(stage.colony.submit(stage.call("burn", WORK)?).await?.processid);
        }
        stage.occupy(&processes).await?;
        let tab = stage.page.process_with_workers(processes.len()).await?;
        freeze(tab)?;
        for id in &processes {
            let process = stage.colony.wait(id, ProcessState::Waiting, FROZEN).await?;
            ensure!(process.retries == 0, "giving back used up a retry");
        }
        resume(tab)?;
        for id in &processes {
            let process = stage.colony.wait_final(id, SOON).await?;
            ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
        }
        Ok(())
    })
    .await
}
