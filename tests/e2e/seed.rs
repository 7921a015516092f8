//! The seed tutorial's five submissions, made with the `colonyos` crate: a client written by
//! others, which only understands strings. The real command line makes them in `tutorial`.
//!
//! The crate knows one server a process: no other test may use it.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use colonyos::core::{FunctionSpec, Process, SUCCESS};
use tokio::time::{sleep, timeout};

use crate::harness::{Identity, Setup, play};

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_tutorial_works_as_written() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        colonyos::set_server_url(&format!("{}/api", stage.server.url()));
        stage.start(4).await?;
        let identity = stage.colony.identity();
        for (function, args, output) in [
            ("echo", &["Hello from browser!"][..], "Hello from browser!"),
            ("add", &["5", "3"], "8"),
            ("multiply", &["7", "6"], "42"),
            ("greet", &["World"], "Hello, World! Greetings from the WASM executor."),
        ] {
            ensure!(run(identity, function, args).await? == [output], "{function}");
        }
        let info = run(identity, "browser_info", &[]).await?.join("\n");
        ensure!(info.starts_with("User-Agent: "), "{info}");
        Ok(())
    })
    .await
}

async fn run(identity: &Identity, function: &str, args: &[&str]) -> Result<Vec<String>> {
    let Identity { colony, user_key, executor_type, .. } = identity;
    let mut spec = FunctionSpec::new(function, executor_type, colony);
    spec.args = args.iter().map(|&arg| arg.to_owned()).collect();
    (spec.maxwaittime, spec.maxexectime, spec.maxretries) = (-1, -1, 3);
    let submitted = colonyos::submit(&spec, user_key).await.map_err(|e| anyhow!("{e}"))?;
    let process = timeout(LIMIT, end_of(&submitted.processid, user_key)).await??;
    ensure!(process.state == SUCCESS, "{function} is {}: {:?}", process.state, process.errors);
    Ok(process.output)
}

async fn end_of(id: &str, user_key: &str) -> Result<Process> {
    loop {
        let process = colonyos::get_process(id, user_key).await.map_err(|e| anyhow!("{e}"))?;
        if process.state >= SUCCESS {
            return Ok(process);
        }
        sleep(Duration::from_millis(25)).await;
    }
}
