//! Answers that do not come although the server has acted, and answers that nobody can read.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::acts::SOON;
use crate::case::Case;
use crate::harness::{Fault, Injection, Rule, Setup, Way, What, call, text};
use crate::row::Row;

/// From the loss of an assignment to its output.
const TAKEN_UP: Duration = Duration::from_secs(5);

/// The same where the connection says nothing: the poll's time and 15 s, or 20 s.
const TAKEN_UP_FROM_SILENCE: Duration = Duration::from_secs(40);

/// From the loss of an answer to a result to its delivery.
const DELIVERED: Duration = Duration::from_secs(8);

/// The same where the connection says nothing: 20 s, and another attempt.
const DELIVERED_FROM_SILENCE: Duration = Duration::from_secs(30);

/// From the loss of an answer while joining to all slots joined.
const JOINED: Duration = Duration::from_secs(8);

/// A connection that ends early says so.
const BROKEN: Setup = Setup {
    expected_errors: &["WebSocket connection to", "Failed to load resource"],
    ..Setup::USUAL
};

const ASSIGN: &str = "assignprocessmsg";
const CLOSE: &str = "closesuccessfulmsg";

pub(crate) fn rows() -> Vec<Row> {
    Way::BOTH
        .into_iter()
        .flat_map(|way| assigned(way).chain(closed(way)).chain(joining(way)))
        .collect()
}

/// The server has given a process to an executor, which does not hear of it.
fn assigned(way: Way) -> impl Iterator<Item = Row> {
    let lost = "assignment lost on its way";
    let silence = TAKEN_UP_FROM_SILENCE;
    [
        Row::new(lost, way, "connection closed", TAKEN_UP, |case| {
            Box::pin(take_up(case, Fault::Close))
        }),
        Row::new(lost, way, "connection reset", TAKEN_UP, |case| {
            Box::pin(take_up(case, Fault::Reset))
        }),
        Row::new(lost, way, "silence", silence, |case| Box::pin(take_up(case, Fault::Stall)))
            .waiting(),
        Row::new("assignment cut short", way, "half of it", TAKEN_UP, |case| {
            Box::pin(take_up(case, Fault::Truncate))
        }),
        Row::new("assignment unreadable", way, "nonsense", TAKEN_UP, |case| {
            Box::pin(take_up(case, Fault::Garbage))
        }),
        Row::new("assignment answered by others", way, "status 502", TAKEN_UP, |case| {
            Box::pin(take_up(case, Fault::Status(502)))
        }),
    ]
    .into_iter()
    .map(|row| row.with_setup(BROKEN))
}

/// The server has taken a result, but its sender does not hear of it.
fn closed(way: Way) -> impl Iterator<Item = Row> {
    let lost = "result taken, answer lost";
    let silence = DELIVERED_FROM_SILENCE;
    [
        Row::new(lost, way, "connection closed", DELIVERED, |case| {
            Box::pin(deliver(case, What::Reply, Fault::Close))
        }),
        Row::new(lost, way, "connection reset", DELIVERED, |case| {
            Box::pin(deliver(case, What::Reply, Fault::Reset))
        }),
        Row::new(lost, way, "silence", silence, |case| {
            Box::pin(deliver(case, What::Reply, Fault::Stall))
        })
        .waiting(),
        Row::new(lost, way, "half of it", DELIVERED, |case| {
            Box::pin(deliver(case, What::Reply, Fault::Truncate))
        }),
        Row::new(lost, way, "nonsense", DELIVERED, |case| {
            Box::pin(deliver(case, What::Reply, Fault::Garbage))
        }),
        Row::new("result not taken", way, "status 503", DELIVERED, |case| {
            Box::pin(deliver(case, What::Request, Fault::Status(503)))
        }),
        Row::new("result not taken", way, "connection reset", DELIVERED, |case| {
            Box::pin(deliver(case, What::Request, Fault::Reset))
        }),
        Row::new("result not taken", way, "half of it", DELIVERED, |case| {
            Box::pin(deliver(case, What::Request, Fault::Truncate))
        }),
    ]
    .into_iter()
    .map(|row| row.with_setup(BROKEN))
}

/// An executor does not hear that it was let in.
fn joining(way: Way) -> impl Iterator<Item = Row> {
    let lost = "let in, answer lost";
    let row = |injected, play| Row::new(lost, way, injected, JOINED, play).with_setup(BROKEN);
    let add = row("reset: addexecutormsg", |case| Box::pin(join(case, "addexecutormsg")));
    let admission = match way {
        Way::Http => {
            row("reset: approveexecutormsg", |case| Box::pin(join(case, "approveexecutormsg")))
        }
        Way::Link => row("reset: linkhellomsg", |case| Box::pin(join(case, "linkhellomsg"))),
    };
    [add, admission].into_iter()
}

fn once(case: &Case, what: What, message: &'static str, fault: Fault) -> Injection {
    case.proxy.inject(Rule { what, message: Some(message), times: Some(1), fault })
}

/// Loses the assignment of a process, which is done all the same, at its first attempt.
async fn take_up(case: &Case, fault: Fault) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let lost = once(case, What::Reply, ASSIGN, fault);
    let id = case.stage.colony.submit(call("add", "[5, 3]")?).await?.processid;
    lost.wait(1, SOON).await?;
    case.begin();
    let process = case.stage.colony.process(&id).await?;
    ensure!(process.state() == Some(ProcessState::Running), "it was not given out: {process:?}");
    case.witness("given out, answer lost");
    let process = case.stage.colony.wait_final(&id, 2 * TAKEN_UP_FROM_SILENCE).await?;
    case.recovered();
    ensure!(text(&process.output) == "8", "{:?}: {:?}", process.state(), process.errors);
    ensure!(process.retries == 0, "it was begun {} times more", process.retries);
    case.stage.page.wait("#pool", "succeeded", "1", SOON).await?;
    case.check_works_with(&executors).await?;
    case.observed("done at the first attempt, same executor");
    Ok(())
}

/// Loses a result, or the answer to it: it is there once, and right.
async fn deliver(case: &Case, what: What, fault: Fault) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let lost = once(case, what, CLOSE, fault);
    let id = case.stage.colony.submit(call("add", "[5, 3]")?).await?.processid;
    lost.wait(1, SOON).await?;
    case.begin();
    case.witness(match what {
        What::Reply => "answer lost",
        What::Request | What::Socket => "result lost",
    });
    case.stage.page.wait("#pool", "succeeded", "1", 2 * DELIVERED_FROM_SILENCE).await?;
    case.recovered();
    case.stage.page.wait("#pool", "pending", "0", SOON).await?;
    let process = case.stage.colony.process(&id).await?;
    ensure!(process.state() == Some(ProcessState::Success), "{process:?}");
    ensure!(text(&process.output) == "8" && process.retries == 0, "{process:?}");
    case.check_works_with(&executors).await?;
    case.stage.page.wait("#pool", "succeeded", "2", SOON).await?;
    case.observed("succeeded once, same executor");
    Ok(())
}

/// Loses an answer while two executors join.
async fn join(case: &Case, message: &'static str) -> Result<()> {
    let lost = once(case, What::Reply, message, Fault::Reset);
    case.click_start(2).await?;
    lost.wait(1, SOON).await?;
    case.begin();
    case.witness("an answer lost");
    case.stage.page.wait_ready(2, 2 * SOON).await?;
    case.recovered();
    case.stage.colony.wait_approved(2, SOON).await?;
    case.observed("2 executors, none pending");
    Ok(())
}
