//! The seed tutorial's five submissions, made with the `colonyos` crate: a client written by
//! others, which only understands strings.
//!
//! With `WEBPOOL_COLONIES=URL` they are made once more with the ColonyOS server there, which must
//! know the development colony.
//!
//! The crate knows one server a process: no other test may use it.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use colonyos::core::{APPROVED, FunctionSpec, Process, SUCCESS};
use tokio::time::{sleep, timeout};

use crate::harness::{COLONY, Setup, TYPE, USER_KEY, play};

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_tutorial_works_as_written() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        colonyos::set_server_url(&format!("{}/api", stage.server.url()));
        stage.start(4).await?;
        submit_all().await
    })
    .await?;
    let Some((setup, server)) = Setup::elsewhere() else { return Ok(()) };
    colonyos::set_server_url(&format!("{server}/api"));
    play(setup, async |stage| {
        let before = approved().await?;
        stage.click_start_elsewhere(4).await?;
        stage.page.wait_ready(4, LIMIT).await?;
        ensure!(approved().await? == before + 4);
        submit_all().await?;
        stage.page.click("finish").await?;
        stage.page.wait("#pool", "state", "stopped", LIMIT).await?;
        ensure!(approved().await? == before, "an executor has not left");
        Ok(())
    })
    .await
}

/// How many executors of the colony may work.
async fn approved() -> Result<usize> {
    let executors = colonyos::get_executors(COLONY, USER_KEY).await.map_err(|e| anyhow!("{e}"))?;
    Ok(executors.iter().filter(|executor| executor.state == APPROVED).count())
}

async fn submit_all() -> Result<()> {
    for (function, args, output) in [
        ("echo", &["Hello from browser!"][..], "Hello from browser!"),
        ("add", &["5", "3"], "8"),
        ("multiply", &["7", "6"], "42"),
        ("greet", &["World"], "Hello, World! Greetings from the WASM executor."),
    ] {
        ensure!(run(function, args).await? == [output], "{function}");
    }
    let info = run("browser_info", &[]).await?.join("\n");
    ensure!(info.starts_with("User-Agent: "), "{info}");
    Ok(())
}

async fn run(function: &str, args: &[&str]) -> Result<Vec<String>> {
    let mut spec = FunctionSpec::new(function, TYPE, COLONY);
    spec.args = args.iter().map(|&arg| arg.to_owned()).collect();
    (spec.maxwaittime, spec.maxexectime, spec.maxretries) = (-1, -1, 3);
    let submitted = colonyos::submit(&spec, USER_KEY).await.map_err(|e| anyhow!("{e}"))?;
    let process = timeout(LIMIT, end_of(&submitted.processid)).await??;
    ensure!(process.state == SUCCESS, "{function} is {}: {:?}", process.state, process.errors);
    Ok(process.output)
}

async fn end_of(id: &str) -> Result<Process> {
    loop {
        let process = colonyos::get_process(id, USER_KEY).await.map_err(|e| anyhow!("{e}"))?;
        if process.state >= SUCCESS {
            return Ok(process);
        }
        sleep(Duration::from_millis(25)).await;
    }
}
