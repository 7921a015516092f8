//! What happens to a page: it is held for minutes, its computer sleeps, it comes back from the
//! back/forward cache, its tab is closed or killed, or one of two tabs is.

mod sleep;

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use webpool_colony::ProcessState;

use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::harness::{Fault, Going, Rule, Way, What, freeze, resume, since_1970};
use crate::row::Row;
use crate::rows::silence::STALE;

/// Busy slots of a page.
const SLOTS: u32 = 4;

/// What each of them computes, in ms: much less than the page is held for.
const WORK: &str = r#"["4000"]"#;

/// How long the page is held.
const HELD: Duration = Duration::from_mins(2);

/// From a page that goes on to all of its work done.
const GONE_ON: Duration = Duration::from_secs(25);

/// From a page that comes back, or is opened again, to all of its work running.
const STARTED: Duration = Duration::from_secs(10);

/// From a tab that is closed to its work waiting again; from one that is killed.
const CLOSED: Duration = Duration::from_millis(500);
const KILLED: Duration = Duration::from_millis(2500);

/// The same without a socket: the silence that the server bears, 1 s until it looks, and a margin.
const SILENT: Duration = Duration::from_secs(9);

/// Notes in the tab whether the page came from the back/forward cache.
const NOTE_RETURN: &str = "addEventListener('pageshow', event =>
    sessionStorage.setItem('from-cache', event.persisted));";

/// Whether it came from there the last time.
const RETURN: &str = "return sessionStorage.getItem('from-cache');";

pub(crate) fn rows() -> Vec<Row> {
    let ways = Way::BOTH.into_iter().flat_map(rows_of);
    ways.chain([
        Row::new("tab killed", Way::Link, "SIGKILL to its process", KILLED, |case| {
            Box::pin(gone(case, Going::Killed))
        })
        .alone(),
        Row::new("tab killed", Way::Http, "SIGKILL, silence borne 6 s", SILENT, |case| {
            Box::pin(gone(case, Going::Killed))
        })
        .alone()
        .with_setup(STALE),
    ])
    .chain(sleep::rows())
    .collect()
}

fn rows_of(way: Way) -> [Row; 4] {
    [
        Row::new("page frozen for 2 min", way, "SIGSTOP, SIGCONT", GONE_ON, |case| {
            Box::pin(frozen(case))
        })
        .waiting(),
        Row::new("back/forward cache", way, "another page, back", STARTED, |case| {
            Box::pin(cached(case))
        }),
        Row::new("tab closed", way, "the tab is closed", CLOSED, |case| {
            Box::pin(gone(case, Going::Closed))
        })
        .alone(),
        Row::new("two tabs, one closed", way, "the tab is closed", CLOSED, |case| {
            Box::pin(one_of_two(case))
        })
        .alone(),
    ]
}

/// Over a link the work waits again meanwhile; over http it is the page's still.
async fn frozen(case: &Case) -> Result<()> {
    let mut processes = Vec::new();
    case.start(SLOTS).await?;
    for _ in 0..SLOTS {
        processes.push(case.burn_now(WORK, FOR_EVER).await?.processid);
    }
    let tab = case.stage.page.process_with_workers(processes.len()).await?;
    let message = Some("getprocessmsg");
    let fault = Fault::Delay(Duration::ZERO);
    let reads = case.proxy.inject(Rule { what: What::Request, message, times: None, fault });
    freeze(tab)?;
    tokio::time::sleep(HELD).await;
    let mut states = Vec::new();
    for id in &processes {
        states.push(case.stage.colony.process(id).await?.state());
    }
    let wanted = match case.way {
        Way::Http => ProcessState::Running,
        Way::Link => ProcessState::Waiting,
    };
    ensure!(states.iter().all(|state| *state == Some(wanted)), "meanwhile: {states:?}");
    case.witness(format!("held for {HELD:?}, meanwhile {wanted:?}"));
    case.begin();
    resume(tab)?;
    for id in &processes {
        let process = case.stage.colony.wait_final(id, 2 * GONE_ON).await?;
        ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
        ensure!(process.retries == 0, "it used up a retry");
    }
    case.recovered();
    let is_read = case.way == Way::Link || reads.count() >= SLOTS;
    ensure!(is_read, "only {} of the results were read before they were sent", reads.count());
    case.stage.page.wait_ready(SLOTS, SOON).await?;
    case.observed(format!("{wanted:?} while held, then all succeeded, none tried twice"));
    Ok(())
}

async fn cached(case: &Case) -> Result<()> {
    let work = case.stage.submit_work(SLOTS).await?;
    case.start(SLOTS).await?;
    wait_running(case, &work).await?;
    case.stage.page.script(NOTE_RETURN, &[]).await?;
    case.stage.page.goto("about:blank").await?;
    case.stage.wait_given_back(&work).await?;
    case.stage.colony.wait_approved(0, SOON).await?;
    case.begin();
    case.stage.page.go_back().await?;
    case.stage.page.wait_ready(SLOTS, SOON).await?;
    wait_running(case, &work).await?;
    case.recovered();
    let returned = case.stage.page.script(RETURN, &[]).await?;
    ensure!(returned == json!("true"), "it did not come from the cache: {returned}");
    case.witness("pageshow from the cache");
    case.stage.colony.wait_approved(work.len(), SOON).await?;
    case.observed("waited again, then runs with fresh executors");
    cancel_all(case, &work).await
}

/// The page goes, and is opened again.
async fn gone(case: &Case, going: Going) -> Result<()> {
    let work = case.stage.submit_work(SLOTS).await?;
    case.start(SLOTS).await?;
    wait_running(case, &work).await?;
    let elapsed = case.stage.leave(going, &work).await?;
    case.witness(format!("the tab was {}", going.name()));
    case.took(elapsed);
    case.stage.colony.wait_approved(0, SOON).await?;
    case.start(SLOTS).await?;
    wait_running(case, &work).await?;
    case.observed("waited again, nobody left; runs in the next tab");
    cancel_all(case, &work).await
}

/// What runs in the other tab is not disturbed.
async fn one_of_two(case: &Case) -> Result<()> {
    let kept = case.stage.submit_work(2).await?;
    case.start(2).await?;
    wait_running(case, &kept).await?;
    let executors = case.executors().await?;
    case.stage.page.open_spare_tab().await?;
    case.stage.page.switch_tab().await?;
    let given_back = case.stage.submit_work(2).await?;
    case.start(2).await?;
    wait_running(case, &given_back).await?;
    case.stage.colony.wait_approved(4, SOON).await?;
    let told = since_1970()?;
    let (closed, waiting) =
        tokio::join!(case.stage.page.close_tab(), case.stage.wait_given_back(&given_back));
    closed?;
    case.took(waiting?.saturating_sub(told));
    case.witness("one of two tabs was closed");
    case.stage.colony.wait_approved(2, SOON).await?;
    for id in &kept {
        let process = case.stage.colony.process(id).await?;
        let executor = process.assignedexecutorid.as_str().to_owned();
        ensure!(process.state() == Some(ProcessState::Running) && process.retries == 0);
        ensure!(executors.contains(&executor), "somebody else runs what ran here");
    }
    cancel_all(case, &kept).await?;
    wait_running(case, &given_back).await?;
    ensure!(case.executors().await? == executors, "an executor was replaced");
    case.observed("waited again and run by the other tab, whose work went on");
    cancel_all(case, &given_back).await
}

async fn wait_running(case: &Case, processes: &[String]) -> Result<()> {
    for id in processes {
        case.stage.colony.wait(id, ProcessState::Running, SOON).await?;
    }
    Ok(())
}

async fn cancel_all(case: &Case, processes: &[String]) -> Result<()> {
    for id in processes {
        case.cancel(id).await?;
    }
    Ok(())
}
