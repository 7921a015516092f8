//! What a browser does to a page: it freezes it, takes the network from it, or gives it a slow
//! processor.
//!
//! By Chromium's own protocol. It takes the network from the page and leaves it to the workers, so only
//! a page that has not started yet is without one; `network` takes it from all of them.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;
use webpool_colony::ProcessState;

use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::harness::{Setup, Way, call};
use crate::row::Row;

/// Busy slots.
const SLOTS: u32 = 4;

/// What each of them computes, in ms.
const WORK: &str = r#"["4000"]"#;

/// How long a page is frozen: by link longer than what a broken connection has to come back.
const FROZEN: Duration = Duration::from_secs(10);

/// From a page that goes on to all of its work done.
const GONE_ON: Duration = Duration::from_secs(20);

/// How many times slower the processor of the page's main thread is, and how much slower it has to be
/// to count: it is shared with others.
const SLOWER: u32 = 20;
const SLOWER_AT_LEAST: f64 = 5.0;

/// As many calls, made at once, and how long they may take by a page with a slow processor.
const CALLS: u32 = 32;
const CALLED: Duration = Duration::from_secs(15);

/// From the network's return and another start to all slots joined.
const STARTED: Duration = Duration::from_secs(10);

/// Whether the browser says that there is a network.
const ONLINE: &str = "return navigator.onLine;";

/// Notes what the browser tells a page that it freezes.
const NOTE_FREEZES: &str = "window.noted = [];
    for (const type of ['freeze', 'resume'])
        document.addEventListener(type, () => window.noted.push(type));";

/// What was noted.
const NOTED: &str = "return window.noted.join();";

/// How long the main thread takes for some work, in ms.
const MEASURE: &str = "const begun = performance.now();
    let sum = 0;
    for (let number = 0; number < 1e7; number++) sum += number % 7;
    return performance.now() - begun;";

/// A page that is frozen loses its WebSockets.
const FREEZES: Setup = Setup {
    expected_errors: &["WebSocket connection to", "Failed to load resource"],
    ..Setup::USUAL
};

/// What cannot be loaded says so.
const OFFLINE: Setup =
    Setup { expected_errors: &["net::ERR_INTERNET_DISCONNECTED"], ..Setup::USUAL };

pub(crate) fn rows() -> Vec<Row> {
    Way::BOTH.into_iter().flat_map(rows_of).collect()
}

fn rows_of(way: Way) -> [Row; 3] {
    [
        Row::new("page offline at its start", way, "emulateNetworkConditions", STARTED, |case| {
            Box::pin(start_offline(case))
        })
        .with_setup(OFFLINE),
        Row::new("page frozen by the browser", way, "setWebLifecycleState", GONE_ON, |case| {
            Box::pin(frozen(case))
        })
        .with_setup(FREEZES),
        Row::new("slow processor", way, "setCPUThrottlingRate 20", CALLED, |case| {
            Box::pin(slow(case))
        })
        .alone(),
    ]
}

/// The network is gone before the modules of the workers were loaded.
async fn start_offline(case: &Case) -> Result<()> {
    let page = &case.stage.page;
    page.open("").await?;
    page.set_offline(true).await?;
    let online = page.script(ONLINE, &[]).await?;
    ensure!(online == false, "the browser is online");
    page.click("start").await?;
    page.wait("#pool", "state", "failed", SOON).await?;
    let error = page.pool().await?.get("error").to_owned();
    case.witness(format!("navigator.onLine is {online}; the page: {error}"));
    case.stage.colony.wait_approved(0, SOON).await?;
    page.set_offline(false).await?;
    case.begin();
    case.start(2).await?;
    case.recovered();
    case.stage.colony.wait_approved(2, SOON).await?;
    case.observed("nobody joined; 2 did once the network was back");
    Ok(())
}

/// The page and its workers stand still for a while.
async fn frozen(case: &Case) -> Result<()> {
    case.start(SLOTS).await?;
    case.stage.page.script(NOTE_FREEZES, &[]).await?;
    let mut ids = Vec::new();
    for _ in 0..SLOTS {
        ids.push(case.burn_now(WORK, FOR_EVER).await?.processid);
    }
    case.stage.page.set_frozen(true).await?;
    sleep(FROZEN).await;
    let mut meanwhile = Vec::new();
    for id in &ids {
        meanwhile.push(case.stage.colony.process(id).await?.state());
    }
    let is_done = |state: &Option<ProcessState>| *state == Some(ProcessState::Success);
    ensure!(!meanwhile.iter().any(is_done), "a page that is frozen has delivered: {meanwhile:?}");
    case.stage.page.set_frozen(false).await?;
    case.begin();
    for id in &ids {
        let process = case.stage.colony.wait_final(id, 2 * GONE_ON).await?;
        ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
        ensure!(process.retries == 0, "an attempt was used up");
    }
    case.stage.page.wait_ready(SLOTS, SOON).await?;
    case.recovered();
    let noted = case.stage.page.script(NOTED, &[]).await?;
    ensure!(noted == "freeze,resume", "the page was told: {noted}");
    case.witness(format!("told «freeze», for {FROZEN:?} nothing delivered, told «resume»"));
    let state = meanwhile.first().copied().flatten().context("no state")?;
    case.observed(format!("{state:?} meanwhile, then {SLOTS} of {SLOTS} done"));
    Ok(())
}

/// The page's main thread hardly gets to its messages.
async fn slow(case: &Case) -> Result<()> {
    case.start(SLOTS).await?;
    let executors = case.executors().await?;
    let usual = measure(case).await?;
    case.stage.page.slow_down(SLOWER).await?;
    let slower = measure(case).await? / usual;
    ensure!(slower > SLOWER_AT_LEAST, "it is {slower:.1} times slower only");
    case.witness(format!("{slower:.0} times slower"));
    case.begin();
    case.stage.colony.burst(CALLS, |args| call("add", args)).await?;
    case.recovered();
    case.stage.page.slow_down(1).await?;
    case.stage.page.wait("#pool", "succeeded", &CALLS.to_string(), SOON).await?;
    ensure!(case.executors().await? == executors, "an executor was replaced");
    case.observed(format!("{CALLS} of {CALLS} right, same executors"));
    Ok(())
}

async fn measure(case: &Case) -> Result<f64> {
    case.stage.page.script(MEASURE, &[]).await?.as_f64().context("no time")
}
