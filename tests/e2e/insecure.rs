//! A page at another host's plain-http address is no secure context and has no Web Locks: its
//! workers join and work all the same.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use webpool_colony::ProcessState;

use crate::harness::{Setup, call, play};

const ELSEWHERE: Setup = Setup {
    host: "webpool.test",
    serve: &["--allow-host", "webpool.test"],
    chromium: &["--host-resolver-rules=MAP webpool.test 127.0.0.1"],
    ..Setup::USUAL
};

#[tokio::test]
async fn works_without_a_secure_context() -> Result<()> {
    play(ELSEWHERE, async |stage| {
        stage.start(6).await?;
        let context = "return [isSecureContext, navigator.locks === undefined];";
        ensure!(stage.page.script(context, &[]).await? == json!([false, true]));
        stage.colony.wait_approved(6, Duration::from_secs(2)).await?;

        let mut processes = Vec::new();
        for number in 0..18 {
            let spec = call("add", &format!("[{number}, 1]"))?;
            processes.push((number, stage.colony.submit(spec).await?.processid));
        }
        for (number, id) in processes {
            let limit = Duration::from_secs(5);
            let process = stage.colony.wait(&id, ProcessState::Success, limit).await?;
            ensure!(process.output.to_texts() == [(number + 1).to_string()]);
        }
        stage.page.click("stop").await?;
        stage.colony.wait_approved(0, Duration::from_secs(5)).await
    })
    .await
}
