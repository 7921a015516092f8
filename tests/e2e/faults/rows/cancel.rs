//! Processes that are called off, while they wait, run or are reported: the computation ends, for real,
//! and nobody asks the server all the time whether it should.
//!
//! A slot is idle, with a fresh compute worker, before the thread that is killed has ended: Chromium
//! lets a worker that never looks up go on for 2 s. So both are checked.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::Instant;
use webpool_colony::ProcessState;

use crate::acts::{BLOCKING, BREATHING, FOR_EVER, SOON, THREAD_ENDS, age};
use crate::case::Case;
use crate::harness::{Fault, Injection, Look, Rule, Setup, Way, What, since_1970, text, until};
use crate::row::Row;

/// From the cancel to the slot idle.
const STOPPED: Duration = Duration::from_secs(2);

/// The same where no socket can be opened: the process is read every 10 s.
const READ: Duration = Duration::from_secs(11);

/// The same where a socket says nothing: the process is read every 30 s.
const READ_AT_LAST: Duration = Duration::from_secs(31);

/// How long a result is held up on its way.
const HELD_UP: Duration = Duration::from_secs(3);

/// From then on a process is followed.
const FOLLOWED: Duration = Duration::from_millis(1200);

/// How long a process runs while the requests about it are counted.
const COUNTED: Duration = Duration::from_secs(6);

/// How many requests there may be about a process meanwhile.
const MOST_REQUESTS: u32 = 3;

/// From what ends an endless computation to the slot idle.
const KILLED: Duration = Duration::from_millis(150);

/// How many endless computations are killed, in turns by a cancel and by their deadline.
const KILLS: usize = 20;

/// Notes, from now on, when the first slot is idle: ms since 1970.
const NOTE_IDLE: &str = "const slot = document.querySelector(\"[data-slot='0']\");
    window.idleAt = 0;
    const look = () => { if (slot.dataset.state === 'idle') window.idleAt = Date.now(); };
    new MutationObserver(look).observe(slot, { attributes: true, attributeFilter: ['data-state'] });";

/// A socket that cannot be opened says so.
const NO_SOCKET: Setup = Setup { expected_errors: &["WebSocket connection to"], ..Setup::USUAL };

pub(crate) fn rows() -> Vec<Row> {
    let ways = Way::BOTH.into_iter().flat_map(rows_of);
    ways.chain([
        Row::new("cancelled, no /pubsub", Way::Http, "503 to WebSockets", READ, |case| {
            Box::pin(without_sockets(case, Fault::Status(503)))
        })
        .with_setup(NO_SOCKET),
        Row::new(
            "cancelled, /pubsub silent",
            Way::Http,
            "no word to WebSockets",
            READ_AT_LAST,
            |case| Box::pin(without_sockets(case, Fault::Stall)),
        )
        .with_setup(NO_SOCKET),
    ])
    .collect()
}

fn rows_of(way: Way) -> [Row; 6] {
    [
        Row::new("cancelled while waiting", way, "cancel", STOPPED, |case| Box::pin(waiting(case))),
        Row::new("cancelled while running", way, "cancel, breathing", STOPPED, |case| {
            Box::pin(running(case, BREATHING, FOLLOWED))
        }),
        Row::new("cancelled while running", way, "cancel, blocking", STOPPED, |case| {
            Box::pin(running(case, BLOCKING, COUNTED))
        }),
        Row::new("cancelled in its first second", way, "cancel, blocking", STOPPED, |case| {
            Box::pin(running(case, BLOCKING, Duration::ZERO))
        }),
        Row::new("cancelled while reported", way, "result held up, cancel", 2 * HELD_UP, |case| {
            Box::pin(reporting(case))
        }),
        Row::new("endless loop killed", way, "cancel, deadline in turns", KILLED, |case| {
            Box::pin(kills(case))
        })
        .alone(),
    ]
}

async fn waiting(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let running = case.burn_now(BREATHING, FOR_EVER).await?.processid;
    let waiting = case.burn(BREATHING, FOR_EVER).await?;
    let state = case.stage.colony.process(&waiting).await?.state();
    ensure!(state == Some(ProcessState::Waiting), "it is {state:?}");
    case.begin();
    case.cancel(&waiting).await?;
    case.witness("cancelled while it waited");
    case.cancel(&running).await?;
    case.wait_slot("idle", SOON).await?;
    case.recovered();
    case.check_works_with(&executors).await?;
    let process = case.stage.colony.process(&waiting).await?;
    ensure!(process.state() == Some(ProcessState::Cancelled), "{:?}", process.state());
    ensure!(process.assignedexecutorid.as_str().is_empty(), "it was given to an executor");
    case.observed("cancelled, given to nobody");
    Ok(())
}

/// Calls a process off when it has run for so long.
async fn running(case: &Case, args: &str, ran: Duration) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let tab = case.stage.page.process_with_workers(2).await?;
    let process = case.burn_now(args, FOR_EVER).await?;
    let requests = count_requests(case);
    tokio::time::sleep(ran.saturating_sub(age(process.starttime)?)).await;
    let asked = requests.count();
    ensure!(asked <= MOST_REQUESTS, "{asked} requests about one process");
    case.begin();
    case.cancel(&process.processid).await?;
    let ran_for = age(process.starttime)?;
    ensure!(!ran.is_zero() || ran_for < Duration::from_secs(1), "it ran for {ran_for:?}");
    case.witness(format!("cancelled after {ran_for:.1?} and {asked} requests"));
    case.wait_slot("idle", SOON).await?;
    case.recovered();
    case.wait_calm(tab, THREAD_ENDS).await?;
    case.check_works_with(&executors).await?;
    let state = case.stage.colony.process(&process.processid).await?.state();
    ensure!(state == Some(ProcessState::Cancelled), "{state:?}");
    case.observed("cancelled, same executor");
    Ok(())
}

async fn reporting(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    let close = Some("closesuccessfulmsg");
    let fault = Fault::Delay(HELD_UP);
    let held =
        case.proxy.inject(Rule { what: What::Request, message: close, times: Some(1), fault });
    let id = case.burn(r#"["100"]"#, FOR_EVER).await?;
    held.wait(1, SOON).await?;
    case.stage.page.wait("#pool", "pending", "1", SOON).await?;
    let state = case.stage.colony.process(&id).await?.state();
    ensure!(state == Some(ProcessState::Running), "it is {state:?}");
    case.begin();
    case.cancel(&id).await?;
    case.witness("cancelled while its result was on its way");
    case.stage.page.wait("#pool", "pending", "0", SOON).await?;
    case.wait_slot("idle", SOON).await?;
    case.recovered();
    case.check_works_with(&executors).await?;
    let process = case.stage.colony.process(&id).await?;
    let output = text(&process.output);
    ensure!(process.state() == Some(ProcessState::Cancelled) && output.is_empty(), "{process:?}");
    case.observed("cancelled, no output, same executor");
    Ok(())
}

/// Calls a process off that cannot be followed.
async fn without_sockets(case: &Case, fault: Fault) -> Result<()> {
    let rule = Rule { what: What::Socket, message: None, times: None, fault };
    let sockets = case.proxy.inject(rule);
    case.start(1).await?;
    let executors = case.executors().await?;
    let tab = case.stage.page.process_with_workers(2).await?;
    let id = case.burn_now(BLOCKING, FOR_EVER).await?.processid;
    sockets.wait(1, SOON).await?;
    let requests = count_requests(case);
    let begun = Instant::now();
    case.begin();
    case.cancel(&id).await?;
    case.wait_slot("idle", READ_AT_LAST + SOON).await?;
    case.recovered();
    let (asked, elapsed) = (requests.count(), begun.elapsed());
    case.wait_calm(tab, THREAD_ENDS).await?;
    // Whatever it takes to be followed again counts too, but not what follows the end.
    ensure!(u64::from(asked) <= elapsed.as_secs().max(4), "{asked} requests in {elapsed:?}");
    case.witness(format!("{} sockets, {asked} requests", sockets.count()));
    case.check_works_with(&executors).await?;
    case.observed("cancelled, same executor");
    Ok(())
}

/// Counts what the page asks from now on.
fn count_requests(case: &Case) -> Injection {
    let fault = Fault::Delay(Duration::ZERO);
    case.proxy.inject(Rule { what: What::Request, message: None, times: None, fault })
}

/// Kills endless computations; each time is from what ends it, on the clock of the server and of the
/// client, to the page's own note that the slot is idle. Both clocks are this machine's.
async fn kills(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    case.stage.page.script(NOTE_IDLE, &[]).await?;
    let (mut idle, mut next) = (Vec::new(), Vec::new());
    let mut ended = None;
    for number in 0..KILLS {
        let by_deadline = number % 2 == 1;
        let limit_s = if by_deadline { 1 } else { FOR_EVER };
        let process = case.burn_now(BLOCKING, limit_s).await?;
        case.wait_slot("running", SOON).await?;
        let start = process.starttime.since_unix().context("it has not begun")?;
        next.extend(ended.map(|ended| start.saturating_sub(ended)));
        let end = if by_deadline {
            start + Duration::from_secs(1)
        } else {
            tokio::time::sleep(FOLLOWED.saturating_sub(age(process.starttime)?)).await;
            let now = since_1970()?;
            case.cancel(&process.processid).await?;
            now
        };
        ended = Some(end);
        idle.push(idle_at(case, start).await?.saturating_sub(end));
    }
    let (typical, next) = (median(&mut idle), median(&mut next));
    let longest = idle.last().copied().unwrap_or_default();
    case.witness(format!("{} kills", idle.len()));
    case.took(typical);
    case.observed(format!(
        "idle after {typical:.0?} (median; longest {longest:.0?}), next process {next:.0?}"
    ));
    case.check_works_with(&executors).await
}

/// When the first slot became idle after a moment; both since 1970.
async fn idle_at(case: &Case, after: Duration) -> Result<Duration> {
    until("the first slot idle", SOON, async || {
        let at_ms = case.stage.page.script("return window.idleAt;", &[]).await?;
        let at = Duration::from_millis(at_ms.as_u64().context("no time")?);
        Ok(Look::at(Some(at).filter(|at| *at > after), "it was not noted"))
    })
    .await
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
