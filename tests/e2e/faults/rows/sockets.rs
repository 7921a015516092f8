//! Links whose WebSocket cannot be opened, as executors join and as they come back at work.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::harness::{Fault, Injection, Rule, Setup, Way, What};
use crate::row::Row;

/// Slots, and how often a WebSocket of theirs is not opened: twice each, if it says so.
const SLOTS: u32 = 2;
const TIMES: u32 = 2 * SLOTS;

/// How often it stays silent: Chromium opens one at a time to a server, so that each takes 10 s.
const SILENT_TIMES: u32 = SLOTS;

/// What each slot computes, in ms.
const WORK: &str = r#"["3000"]"#;

/// From the last WebSocket that was not opened to all slots joined; to their work done.
const JOINED: Duration = Duration::from_secs(5);
const DONE: Duration = Duration::from_secs(12);

/// The same after silence: 10 s until a gateway counts as gone.
const JOINED_FROM_SILENCE: Duration = Duration::from_secs(17);
const DONE_FROM_SILENCE: Duration = Duration::from_secs(24);

/// A WebSocket that is not opened says so.
const NOT_OPENED: Setup = Setup { expected_errors: &["WebSocket connection to"], ..Setup::USUAL };

pub(crate) fn rows() -> Vec<Row> {
    let joining = "no socket while joining";
    let at_work = "no socket at work";
    let row = |fault, injected, bound, play| Row::new(fault, Way::Link, injected, bound, play);
    let rows = [
        row(joining, "4 times status 503", JOINED, |case| Box::pin(join(case, Fault::Status(503)))),
        row(joining, "4 resets", JOINED, |case| Box::pin(join(case, Fault::Reset))),
        row(joining, "2 times silence", JOINED_FROM_SILENCE, |case| {
            Box::pin(join(case, Fault::Stall))
        }),
        row(at_work, "cut off, 4 times status 502", DONE, |case| {
            Box::pin(come_back(case, Fault::Status(502)))
        }),
        row(at_work, "cut off, 4 resets", DONE, |case| Box::pin(come_back(case, Fault::Reset))),
        row(at_work, "cut off, 2 times silence", DONE_FROM_SILENCE, |case| {
            Box::pin(come_back(case, Fault::Stall))
        }),
    ];
    rows.into_iter().map(|row| row.with_setup(NOT_OPENED)).collect()
}

/// How often a fault is injected.
fn times(fault: Fault) -> u32 {
    if fault == Fault::Stall { SILENT_TIMES } else { TIMES }
}

fn spoil(case: &Case, fault: Fault) -> Injection {
    let times = Some(times(fault));
    case.proxy.inject(Rule { what: What::Socket, message: None, times, fault })
}

async fn wait_spoiled(case: &Case, spoiled: &Injection, times: u32) -> Result<()> {
    spoiled.wait(times, 2 * SOON).await?;
    case.witness(format!("{} not opened", spoiled.count()));
    case.begin();
    Ok(())
}

async fn join(case: &Case, fault: Fault) -> Result<()> {
    let spoiled = spoil(case, fault);
    case.click_start(SLOTS).await?;
    wait_spoiled(case, &spoiled, times(fault)).await?;
    case.stage.page.wait_ready(SLOTS, 2 * SOON).await?;
    case.recovered();
    let slots = usize::try_from(SLOTS)?;
    case.stage.colony.wait_approved(slots, SOON).await?;
    let known = case.stage.colony.executors().await?.len();
    ensure!(known == slots, "{known} executors have been there");
    case.observed(format!("{SLOTS} executors, none before them"));
    Ok(())
}

/// The connections break while the slots work; the next ones cannot be opened at first.
async fn come_back(case: &Case, fault: Fault) -> Result<()> {
    case.start(SLOTS).await?;
    let mut ids = Vec::new();
    for _ in 0..SLOTS {
        ids.push(case.burn_now(WORK, FOR_EVER).await?.processid);
    }
    let spoiled = spoil(case, fault);
    case.proxy.cut_off();
    case.wait_slot("offline", SOON).await?;
    case.proxy.restore();
    wait_spoiled(case, &spoiled, times(fault)).await?;
    for id in &ids {
        let process = case.stage.colony.wait_final(id, 2 * SOON).await?;
        ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
        ensure!(process.retries == 0, "an attempt was used up");
    }
    case.recovered();
    let all = SLOTS.to_string();
    case.stage.page.wait("#pool", "succeeded", &all, SOON).await?;
    case.stage.page.wait("#pool", "pending", "0", SOON).await?;
    case.observed(format!("{SLOTS} of {SLOTS} done once"));
    Ok(())
}
