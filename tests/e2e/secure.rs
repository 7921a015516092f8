//! Over https the page speaks HTTP/2 with its server: no worker waits for another's connection, and
//! sockets work as well.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use webpool_colony::ProcessState;
use webpool_colony::request::CancelProcess;

use crate::harness::{Folder, Look, Setup, Stage, call, play, until};

const SOON: Duration = Duration::from_secs(10);

/// Locks that hand out the right to poll, and those that wait for one.
const PERMITS: &str = "const done = arguments[0];
    navigator.locks.query().then(({ held, pending }) => done(held.length + pending.length));";

/// A certificate for this machine, and its key, as arguments of `webpool serve`.
fn certified(folder: &Folder) -> Result<Vec<&'static str>> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let files = [
        ("--tls-cert", "own.crt", made.cert.pem()),
        ("--tls-key", "own.key", made.signing_key.serialize_pem()),
    ];
    let mut arguments = Vec::new();
    for (option, name, text) in files {
        let path = folder.path().join(name);
        fs::write(&path, text)?;
        let path = path.to_str().context("the folder has no name")?.to_owned();
        // Once a test: what is leaked lives as long as the program anyway.
        arguments.extend([option, &*path.leak()]);
    }
    Ok(arguments)
}

/// Waits until so many sockets are open.
async fn wait_sockets(stage: &Stage, count: u32) -> Result<()> {
    let client = reqwest::Client::builder().danger_accept_invalid_certs(true).build()?;
    let url = format!("{}/metrics", stage.server.url());
    until("sockets", SOON, async || {
        let text = client.get(&url).send().await?.text().await?;
        let line = text.lines().find(|line| line.starts_with("webpool_websockets "));
        let wanted = format!("webpool_websockets {count}");
        Ok(Look::is(&line, &Some(wanted.as_str())))
    })
    .await
}

#[tokio::test]
async fn all_workers_poll_at_once_over_http2() -> Result<()> {
    let folder = Folder::make("tls")?;
    let setup = Setup {
        serve: certified(&folder)?.leak(),
        chromium: &["--ignore-certificate-errors"],
        ..Setup::USUAL
    };
    play(setup, async |stage| {
        stage.click_start_by_key(12).await?;
        stage.page.wait_ready(12, SOON).await?;
        let protocol = "return performance.getEntriesByType('navigation')[0].nextHopProtocol;";
        ensure!(stage.page.script(protocol, &[]).await? == json!("h2"));
        let permits = stage.page.script_async(PERMITS, &[]).await?;
        ensure!(permits == json!(0), "{permits} workers share the right to poll");
        let mut processes = Vec::new();
        for number in 0..24 {
            processes.push(stage.colony.submit(call("add", &format!("[{number}, 1]"))?).await?);
        }
        for process in &processes {
            stage.colony.wait(&process.processid, ProcessState::Success, SOON).await?;
        }
        // What runs for a second is followed over a socket, which a cancel ends.
        let long = stage.colony.submit(call("burn", "[600000]")?).await?;
        stage.colony.wait(&long.processid, ProcessState::Running, SOON).await?;
        wait_sockets(stage, 1).await?;
        stage.colony.ask(&CancelProcess { processid: long.processid }).await?;
        wait_sockets(stage, 0).await?;
        stage.page.click("stop").await?;
        stage.colony.wait_approved(0, SOON).await
    })
    .await
}
