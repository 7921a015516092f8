//! Processes whose time is over, while they are computed, while they are reported and while the page
//! is offline: the computation is killed, and what comes too late is not reported.
//!
//! A link that is cut off for over 2 s costs the executor its place: a fresh one goes on. Over http it
//! keeps it.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::sleep;
use webpool_colony::{Process, ProcessState};

use crate::acts::{BLOCKING, SOON, THREAD_ENDS, age};
use crate::case::Case;
use crate::harness::{Fault, Rule, Setup, Way, What, text};
use crate::row::Row;

/// What a process may take, in s.
const LIMIT_S: i64 = 2;

/// The broker looks once a second and compares whole seconds: it fails a process so much later.
const NOTICED: Duration = Duration::from_secs(2);

/// From a computation that overruns beginning to the next process done.
const OVERRUN: Duration = Duration::from_secs(4);

/// How long a result is held up on its way: beyond its limit, and what the broker takes to notice.
const HELD_UP: Duration = Duration::from_secs(6);

/// How long the page is offline: the same.
const OFFLINE: Duration = Duration::from_secs(6);

/// From the server within reach again to the next process done: the longest delay before the next
/// attempt after so short a time, and a process that runs once more into its limit.
const BACK: Duration = Duration::from_secs(15);

/// What the broker says of a process that overran.
const OVER: &str = "Maximum execution time limit exceeded";

/// What cannot be reached says so.
const INTERRUPTED: Setup =
    Setup { expected_errors: &["WebSocket connection to", "ERR_CONNECTION"], ..Setup::USUAL };

pub(crate) fn rows() -> Vec<Row> {
    Way::BOTH.into_iter().flat_map(rows_of).collect()
}

fn rows_of(way: Way) -> [Row; 4] {
    [
        Row::new("deadline while computing", way, "an endless loop", OVERRUN, |case| {
            Box::pin(computing(case))
        }),
        Row::new("deadline while reporting", way, "result held up", HELD_UP + NOTICED, |case| {
            Box::pin(reporting(case))
        }),
        Row::new("deadline while reporting", way, "answer lost, cut off", BACK, |case| {
            Box::pin(answer_lost(case))
        })
        .with_setup(INTERRUPTED),
        Row::new("deadline while offline", way, "cut off", BACK, |case| Box::pin(offline(case)))
            .with_setup(INTERRUPTED),
    ]
}

async fn computing(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let tab = case.stage.page.process_with_workers(2).await?;
    case.begin();
    let id = case.burn_now(BLOCKING, LIMIT_S).await?.processid;
    case.wait_slot("running", SOON).await?;
    case.wait_slot("idle", SOON).await?;
    case.check_works_with(&executors).await?;
    case.recovered();
    case.wait_calm(tab, THREAD_ENDS).await?;
    check_over(&case.stage.colony.wait_final(&id, SOON).await?)?;
    case.witness(format!("«{OVER}»"));
    case.observed("failed for its time, same executor");
    Ok(())
}

/// The result arrives after its time.
async fn reporting(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let rule = Rule {
        what: What::Request,
        message: Some("closesuccessfulmsg"),
        times: Some(1),
        fault: Fault::Delay(HELD_UP),
    };
    let held = case.proxy.inject(rule);
    let id = case.burn(r#"["100"]"#, LIMIT_S).await?;
    held.wait(1, SOON).await?;
    case.stage.page.wait("#pool", "pending", "1", SOON).await?;
    case.begin();
    case.witness(format!("held up for {HELD_UP:?}"));
    check_over(&case.stage.colony.wait_final(&id, SOON).await?)?;
    case.stage.page.wait("#pool", "pending", "0", SOON).await?;
    case.wait_slot("idle", SOON).await?;
    case.recovered();
    case.check_works_with(&executors).await?;
    check_over(&case.stage.colony.process(&id).await?)?;
    let succeeded = case.stage.page.pool().await?.number("succeeded")?;
    ensure!(succeeded <= 1.0, "the page counts what came too late");
    case.observed("failed for its time, no output, same executor");
    Ok(())
}

/// The result arrived in time, but that is not heard before its time is over.
async fn answer_lost(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let rule = Rule {
        what: What::Reply,
        message: Some("closesuccessfulmsg"),
        times: Some(1),
        fault: Fault::Reset,
    };
    let lost = case.proxy.inject(rule);
    let id = case.burn(r#"["100"]"#, LIMIT_S).await?;
    lost.wait(1, SOON).await?;
    case.proxy.cut_off();
    case.witness("an answer lost, then nothing within reach");
    let process = case.stage.colony.wait(&id, ProcessState::Success, SOON).await?;
    case.wait_slot("offline", SOON).await?;
    sleep(OFFLINE.saturating_sub(age(process.starttime)?)).await;
    case.begin();
    case.proxy.restore();
    case.stage.page.wait("#pool", "pending", "0", SOON).await?;
    case.wait_slot("idle", SOON).await?;
    case.recovered();
    if case.way == Way::Http {
        case.stage.page.wait("#pool", "succeeded", "1", SOON).await?;
    }
    check_works(case, &executors).await?;
    let process = case.stage.colony.process(&id).await?;
    ensure!(process.state() == Some(ProcessState::Success), "{process:?}");
    ensure!(text(&process.output) == "burned for 100 ms", "{process:?}");
    case.observed("succeeded once");
    Ok(())
}

async fn offline(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let tab = case.stage.page.process_with_workers(2).await?;
    let process = case.burn_now(BLOCKING, LIMIT_S).await?;
    case.proxy.cut_off();
    case.wait_slot("offline", SOON).await?;
    case.witness("nothing within reach");
    case.wait_calm(tab, SOON).await?;
    sleep(OFFLINE.saturating_sub(age(process.starttime)?)).await;
    ensure!(case.stage.page.element("[data-slot='0']").await?.get("state") == "offline");
    case.begin();
    case.proxy.restore();
    check_over(&case.stage.colony.wait_final(&process.processid, SOON).await?)?;
    case.wait_slot("idle", SOON).await?;
    check_works(case, &executors).await?;
    case.recovered();
    case.observed("killed while offline, failed for its time");
    Ok(())
}

/// Checks that work is done, over http by the same executors.
async fn check_works(case: &Case, executors: &[String]) -> Result<()> {
    match case.way {
        Way::Http => case.check_works_with(executors).await,
        Way::Link => {
            ensure!(case.stage.colony.output("add", "[20, 22]").await? == "42");
            case.stage.colony.wait_approved(executors.len(), SOON).await
        }
    }
}

fn check_over(process: &Process) -> Result<()> {
    let (errors, output) = (text(&process.errors), text(&process.output));
    ensure!(process.state() == Some(ProcessState::Failed) && errors == OVER, "{process:?}");
    ensure!(output.is_empty(), "it has an output: {output}");
    Ok(())
}
