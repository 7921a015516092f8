//! A computer that sleeps: the page does not run, and when it does again the time of day has jumped,
//! while the clock that never jumps has stood still or nearly so.
//!
//! No computer is sent to sleep for a test. The page's process is held for a moment, and the time of
//! day is put forward in the page and its executors: their scripts are served with a clock that can be.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use webpool_colony::ProcessState;

use super::SLOTS;
use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::files::named;
use crate::harness::{Fault, Rule, Way, What, freeze, resume};
use crate::row::Row;

/// What each slot computes, in ms: more than the page is held for.
const WORK: &str = r#"["8000"]"#;

/// How long the page is held, and how far its time of day jumps.
const HELD: Duration = Duration::from_secs(3);
const JUMP_MS: u32 = 600_000;

/// From a page that goes on to all of its work done.
const DONE: Duration = Duration::from_secs(15);

/// A time of day that can be put forward, before anything else in a script.
const CLOCK: &str = "{
    const real = Date.now;
    let ahead = 0;
    Date.now = () => real() + ahead;
    new BroadcastChannel('clock').onmessage = event => { ahead += event.data; };
}
";

/// Puts it forward in every script of the page's origin.
const FORWARD: &str = "new BroadcastChannel('clock').postMessage(Number(arguments[0]));
    return Date.now();";

pub(super) fn rows() -> Vec<Row> {
    let row = |way| {
        Row::new("laptop sleeps", way, "held for 3 s, time of day 10 min ahead", DONE, |case| {
            Box::pin(asleep(case))
        })
        .with_files()
    };
    Way::BOTH.into_iter().map(row).collect()
}

async fn asleep(case: &Case) -> Result<()> {
    for role in ["page", "executor"] {
        let script = case.files()?.join(named(case.files()?, role, "script")?);
        let text = fs::read_to_string(&script)?;
        fs::write(&script, format!("{CLOCK}{text}"))?;
    }
    case.start(SLOTS).await?;
    let executors = case.executors().await?;
    let mut processes = Vec::new();
    for _ in 0..SLOTS {
        processes.push(case.burn_now(WORK, FOR_EVER).await?.processid);
    }
    let tab = case.stage.page.process_with_workers(processes.len()).await?;
    let message = Some("getprocessmsg");
    let fault = Fault::Delay(Duration::ZERO);
    let reads = case.proxy.inject(Rule { what: What::Request, message, times: None, fault });
    let jump = JUMP_MS.to_string();
    case.stage.page.script(FORWARD, &[&jump]).await?.as_f64().context("no time")?;
    freeze(tab)?;
    tokio::time::sleep(HELD).await;
    case.begin();
    resume(tab)?;
    reads.wait(SLOTS, SOON).await?;
    case.witness(format!("{} reads of what ran", reads.count()));
    for id in &processes {
        let process = case.stage.colony.wait_final(id, 2 * SOON).await?;
        ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
        ensure!(process.retries == 0, "it was begun again");
    }
    case.recovered();
    // A deadline is counted on the server's clock, whatever the local one says.
    let id = case.burn(r#"["100"]"#, 2).await?;
    let process = case.stage.colony.wait_final(&id, SOON).await?;
    ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
    case.check_works_with(&executors).await?;
    case.observed("read, then succeeded; same executors");
    Ok(())
}
