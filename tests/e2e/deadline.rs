//! A process that overran and has another try waits again, and is killed again.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::{FunctionSpec, ProcessState};

use crate::harness::{Setup, call, play};

/// Twice a second's time, and what the server takes to notice.
const FAILED: Duration = Duration::from_secs(18);

#[tokio::test]
async fn with_retries_it_waits_again() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let endless = call("burn", r#"["3600000000", "block"]"#)?;
        let endless = FunctionSpec { maxexectime: 1, maxretries: 1, ..endless };
        let id = stage.colony.submit(endless).await?.processid;
        let process = stage.colony.wait(&id, ProcessState::Failed, FAILED).await?;
        ensure!(process.retries == 1);
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        Ok(())
    })
    .await
}
