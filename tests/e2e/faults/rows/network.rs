//! A network that slows down, breaks, or falls silent.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;
use webpool_colony::ProcessState;

use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::harness::{Fault, Look, Rule, Setup, Way, What, call, text, until};
use crate::row::Row;

/// Slots at work.
const SLOTS: u32 = 4;

/// What each of them computes, in ms.
const WORK: &str = r#"["4000"]"#;

/// Away for less, and for longer, than what a broken link has to come back.
const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(6);

/// From the network's return to all that was at work done: the work itself, perhaps begun anew, and the
/// pause before an attempt.
const DONE: Duration = Duration::from_secs(20);

/// How much later everything comes.
const LATE: Duration = Duration::from_secs(2);

/// From the last spoiled message to the last of some calls done.
const CALLED: Duration = Duration::from_secs(15);

/// The same after silence: 23 s of a poll, or 90 s of a socket that says nothing.
const SILENT: Duration = Duration::from_secs(100);

/// From the silence of a link on which nothing was under way to the next process done: it is noticed
/// after 40 s, looked at every 15 s.
const MUTE: Duration = Duration::from_mins(1);

const BROKEN: Setup = Setup {
    expected_errors: &["WebSocket connection to", "Failed to load resource"],
    ..Setup::USUAL
};

pub(crate) fn rows() -> Vec<Row> {
    let idle = Row::new("silence, idle", Way::Link, "all says nothing more", MUTE, |case| {
        Box::pin(fall_mute(case))
    })
    .waiting();
    let rows = Way::BOTH.into_iter().flat_map(rows_of).chain([idle]);
    rows.map(|row| row.with_setup(BROKEN)).collect()
}

fn rows_of(way: Way) -> [Row; 8] {
    [
        Row::new("network gone", way, "all reset for 1 s", DONE, |case| {
            Box::pin(cut_off(case, SHORT))
        }),
        Row::new("network gone", way, "all reset for 6 s", DONE, |case| {
            Box::pin(cut_off(case, LONG))
        }),
        Row::new("network slow", way, "everything 2 s later", CALLED, |case| {
            Box::pin(spoil(case, 8, Fault::Delay(LATE)))
        }),
        Row::new("connections end", way, "8 requests closed", CALLED, |case| {
            Box::pin(spoil(case, 8, Fault::Close))
        }),
        Row::new("connections end", way, "8 requests reset", CALLED, |case| {
            Box::pin(spoil(case, 8, Fault::Reset))
        }),
        Row::new("errors of a proxy", way, "8 times status 503", CALLED, |case| {
            Box::pin(spoil(case, 8, Fault::Status(503)))
        }),
        Row::new("errors of the server", way, "8 times status 500", CALLED, |case| {
            Box::pin(spoil(case, 8, Fault::Status(500)))
        }),
        Row::new("silence", way, "a request for work hangs", SILENT, |case| {
            Box::pin(fall_silent(case))
        })
        .waiting(),
    ]
}

/// The network is gone while all slots work.
async fn cut_off(case: &Case, away: Duration) -> Result<()> {
    case.start(SLOTS).await?;
    let executors = case.executors().await?;
    let mut ids = Vec::new();
    for _ in 0..SLOTS {
        ids.push(case.burn(WORK, FOR_EVER).await?);
    }
    for id in &ids {
        case.stage.colony.wait(id, ProcessState::Running, SOON).await?;
    }
    case.proxy.cut_off();
    until("all slots offline", SOON, async || {
        let others = case.stage.page.elements("[data-slot]:not([data-state='offline'])").await?;
        Ok(Look::is(&others.len(), &0))
    })
    .await?;
    case.witness("all slots offline");
    sleep(away).await;
    case.proxy.restore();
    case.begin();
    for id in &ids {
        let process = case.stage.colony.wait_final(id, 2 * DONE).await?;
        ensure!(text(&process.output) == "burned for 4000 ms", "{:?}", process.errors);
        ensure!(process.retries == 0, "an attempt was used up");
    }
    case.recovered();
    if case.way == Way::Http {
        case.check_works_with(&executors).await?;
    }
    case.observed(format!("{SLOTS} of {SLOTS} right, no retry used up"));
    Ok(())
}

/// Spoils the next messages while calls are made.
async fn spoil(case: &Case, times: u32, fault: Fault) -> Result<()> {
    case.start(2).await?;
    let rule = Rule { what: What::Request, message: None, times: Some(times), fault };
    let injection = case.proxy.inject(rule);
    let mut ids = Vec::new();
    for number in 0..times {
        let process = case.stage.colony.submit(call("add", &format!("[{number}, 1]"))?).await?;
        ids.push((number, process.processid));
    }
    injection.wait(times, 2 * SILENT).await?;
    case.begin();
    case.witness(format!("{} messages", injection.count()));
    for (number, id) in ids {
        let process = case.stage.colony.wait_final(&id, SILENT).await?;
        let output = text(&process.output);
        ensure!(output == (number + 1).to_string(), "{:?}: {:?}", process.state(), process.errors);
        ensure!(process.retries == 0, "an attempt was used up");
    }
    case.stage.page.wait_ready(2, SILENT).await?;
    case.recovered();
    case.observed("all right, no retry used up");
    Ok(())
}

/// The only slot's connection says nothing any more while it asks for work, and does not end.
async fn fall_silent(case: &Case) -> Result<()> {
    case.start(1).await?;
    let (what, message) = (What::Request, Some("assignprocessmsg"));
    let rule = Rule { what, message, times: Some(1), fault: Fault::Stall };
    let injection = case.proxy.inject(rule);
    let first = case.stage.colony.submit(call("add", "[1, 1]")?).await?.processid;
    injection.wait(1, SILENT).await?;
    let id = case.stage.colony.submit(call("add", "[5, 3]")?).await?.processid;
    case.begin();
    case.witness("a connection without a word");
    for (id, output) in [(first, "2"), (id, "8")] {
        let process = case.stage.colony.wait_final(&id, 2 * SILENT).await?;
        ensure!(text(&process.output) == output, "{:?}", process.errors);
        ensure!(process.retries == 0, "an attempt was used up");
    }
    case.recovered();
    case.observed("done, no retry used up");
    Ok(())
}

/// The connections of slots that have nothing to do say nothing any more, and do not end.
async fn fall_mute(case: &Case) -> Result<()> {
    case.start(2).await?;
    case.wait_slot("idle", SOON).await?;
    case.proxy.hush();
    case.begin();
    let id = case.stage.colony.submit(call("add", "[5, 3]")?).await?.processid;
    let process = case.stage.colony.wait_final(&id, 2 * MUTE).await?;
    case.recovered();
    ensure!(text(&process.output) == "8" && process.retries == 0, "{:?}", process.errors);
    let log = case.stage.page.log().await?;
    let said = log.iter().find(|(_, text)| text.contains("Cannot reach"));
    let (_, said) = said.context("nothing is said of the silence")?;
    case.witness(said.as_str());
    case.stage.page.wait_ready(2, SOON).await?;
    case.observed("done at the first attempt");
    Ok(())
}
