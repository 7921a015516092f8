//! A server that goes and comes back, that refuses, or that is one of several.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, sleep};
use webpool_colony::request::{AddColony, AddUser, RemoveColony, RemoveExecutor};
use webpool_colony::types::{self, User};
use webpool_colony::{PrivateKey, ProcessState};

use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::files::{Missing, named};
use crate::harness::{
    COLONY, COLONY_KEY, Look, Proxy, SERVER_KEY, Server, Setup, Stage, USER_KEY, Way, call,
    since_1970, text, until,
};
use crate::row::Row;

const SLOTS: u32 = 4;

/// What each slot computes, in ms.
const WORK: &str = r#"["3000"]"#;

const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

/// Longer than it takes to give up what cannot be loaded.
const LOADS: Duration = Duration::from_secs(10);

/// From what was announced as the next attempt to a process given out.
const AFTER_ANNOUNCED: Duration = Duration::from_secs(1);

/// From the server's return to all that was at work done.
const DONE: Duration = Duration::from_secs(40);

/// From an executor's removal to a fresh one at work.
const REPLACED: Duration = Duration::from_secs(15);

/// From the refusal to all slots saying so.
const TOLD: Duration = Duration::from_secs(20);

/// From the end of one address to a process done by another.
const NEXT: Duration = Duration::from_secs(6);

/// As many workers as Chromium has room for, and how long they may take after a second without a server.
const MANY: u32 = 60;
const ALL_BACK: Duration = Duration::from_secs(30);

const GONE: Setup = Setup {
    expected_errors: &["WebSocket connection to", "Failed to load resource"],
    ..Setup::USUAL
};

pub(crate) fn rows() -> Vec<Row> {
    let ways = Way::BOTH.into_iter().flat_map(rows_of);
    let next =
        Row::new("one of several servers gone", Way::Link, "its address reset", NEXT, |case| {
            Box::pin(go_on_with_the_next(case))
        });
    ways.chain([next]).map(|row| row.with_setup(GONE)).collect()
}

fn rows_of(way: Way) -> [Row; 8] {
    [
        Row::new("server gone, nothing to do", way, "killed for 1 s", AFTER_ANNOUNCED, |case| {
            Box::pin(come_back_idle(case, SHORT))
        })
        .alone(),
        Row::new("server gone, nothing to do", way, "killed for 30 s", AFTER_ANNOUNCED, |case| {
            Box::pin(come_back_idle(case, LONG))
        })
        .waiting(),
        Row::new("server gone at the start", way, "10 s, compute workers unloaded", DONE, |case| {
            Box::pin(come_back_unloaded(case))
        })
        .with_files(),
        Row::new("server gone, at work", way, "killed for 1 s", DONE, |case| {
            Box::pin(come_back_busy(case, SHORT))
        }),
        Row::new("server gone, at work", way, "killed for 30 s", DONE, |case| {
            Box::pin(come_back_busy(case, LONG))
        })
        .waiting(),
        Row::new("60 workers, server gone", way, "killed for 1 s", ALL_BACK, |case| {
            Box::pin(come_back_many(case))
        }),
        Row::new("executor removed", way, "by the colony's owner", REPLACED, |case| {
            Box::pin(remove_executor(case))
        }),
        Row::new("colony removed", way, "by the server's owner", TOLD, |case| {
            Box::pin(remove_colony(case))
        }),
    ]
}

/// The server is away for a while.
async fn take_away(case: &Case, away: Duration) -> Result<()> {
    case.stage.server.stop();
    case.witness(format!("killed for {away:?}"));
    until("a slot that is offline", SOON, async || {
        let slots = case.stage.page.elements("[data-slot][data-state='offline']").await?;
        Ok(Look::at((!slots.is_empty()).then_some(()), "none is"))
    })
    .await?;
    sleep(away).await;
    Ok(())
}

/// When the first slot tries again, as it has announced.
async fn announced(case: &Case) -> Result<Duration> {
    let slots = case.stage.page.slots().await?;
    let times = slots.iter().filter_map(|slot| slot.number("retry-at").ok());
    let first_ms = times.reduce(f64::min).context("no slot says when it tries again")?;
    Ok(Duration::try_from_secs_f64(first_ms / 1000.0)?)
}

/// A process is given out soon after the attempt that was announced when the server came back.
async fn come_back_idle(case: &Case, away: Duration) -> Result<()> {
    case.start(1).await?;
    case.wait_slot("idle", SOON).await?;
    take_away(case, away).await?;
    case.stage.server.start_again().await?;
    // It may have come back already, and announce nothing.
    let announced = announced(case).await.unwrap_or_default().max(since_1970()?);
    let id = case.stage.colony.submit(call("add", "[5, 3]")?).await?.processid;
    let process = case.stage.colony.wait_final(&id, DONE).await?;
    ensure!(text(&process.output) == "8", "{:?}", process.errors);
    let begun = process.starttime.since_unix().context("it was never begun")?;
    case.took(begun.saturating_sub(announced));
    case.observed("given out and done");
    Ok(())
}

/// What was at work is done once.
async fn come_back_busy(case: &Case, away: Duration) -> Result<()> {
    case.start(SLOTS).await?;
    let mut ids = Vec::new();
    for _ in 0..SLOTS {
        ids.push(case.burn(WORK, FOR_EVER).await?);
    }
    for id in &ids {
        case.stage.colony.wait(id, ProcessState::Running, SOON).await?;
    }
    take_away(case, away).await?;
    case.stage.server.start_again().await?;
    case.begin();
    for id in &ids {
        let process = case.stage.colony.wait_final(id, 2 * DONE).await?;
        ensure!(text(&process.output) == "burned for 3000 ms", "{:?}", process.errors);
        ensure!(process.retries == 0, "an attempt was used up");
    }
    case.recovered();
    let all = SLOTS.to_string();
    case.stage.page.wait("#pool", "succeeded", &all, DONE).await?;
    case.stage.page.wait("#pool", "pending", "0", SOON).await?;
    case.observed(format!("{SLOTS} of {SLOTS} right, once each"));
    Ok(())
}

/// What computes cannot be loaded while the server is away, nor just before; nobody gives up for that.
async fn come_back_unloaded(case: &Case) -> Result<()> {
    let files = case.files()?;
    let script = Missing::take(files.join(named(files, "compute", "script")?))?;
    case.click_start(1).await?;
    // At once: with a server it is tried five times within some seconds.
    case.stage.colony.wait_approved(1, SOON).await?;
    take_away(case, LOADS).await?;
    let executors = case.executors().await?;
    script.put_back()?;
    case.stage.server.start_again().await?;
    case.begin();
    case.stage.page.wait_ready(1, DONE).await?;
    ensure!(case.stage.colony.output("add", "[20, 22]").await? == "42");
    case.recovered();
    case.check_kept(&executors).await?;
    case.observed("at work, the same executor");
    Ok(())
}

async fn come_back_many(case: &Case) -> Result<()> {
    case.start(MANY).await?;
    take_away(case, SHORT).await?;
    case.stage.server.start_again().await?;
    case.begin();
    case.stage.page.wait_ready(MANY, 2 * ALL_BACK).await?;
    let others = "[data-slot]:not([data-state='idle'])";
    until("all slots idle", 2 * ALL_BACK, async || {
        let others = case.stage.page.elements(others).await?.len();
        Ok(Look::is(&others, &0))
    })
    .await?;
    case.recovered();
    case.stage.colony.burst(2 * MANY, |args| call("add", args)).await?;
    case.observed(format!("{MANY} executors, {} calls right", 2 * MANY));
    Ok(())
}

/// A fresh executor takes the place of one that was removed; its work is done by somebody.
async fn remove_executor(case: &Case) -> Result<()> {
    case.start(2).await?;
    let slot = case.stage.page.element("[data-slot='0']").await?;
    let executorname = slot.get("executor-name").to_owned();
    let before = slot.get("executor-id").to_owned();
    let request = RemoveExecutor { colonyname: COLONY.to_owned(), executorname };
    case.stage.colony.ask_as(COLONY_KEY, &request).await?;
    case.begin();
    case.witness("removed");
    until("a fresh executor", 2 * REPLACED, async || {
        let slot = case.stage.page.element("[data-slot='0']").await?;
        let is_fresh = slot.get("executor-id") != before && slot.get("state") == "idle";
        Ok(Look::at(is_fresh.then_some(()), slot))
    })
    .await?;
    case.recovered();
    case.stage.colony.wait_approved(2, SOON).await?;
    case.observed("2 executors, one of them fresh");
    Ok(())
}

/// All slots say that there is no such colony, and try no more.
async fn remove_colony(case: &Case) -> Result<()> {
    case.start(2).await?;
    let request = RemoveColony { colonyname: COLONY.to_owned() };
    case.stage.colony.ask_as(SERVER_KEY, &request).await?;
    case.begin();
    case.witness("removed");
    case.stage.page.wait("#pool", "state", "failed", 2 * TOLD).await?;
    case.recovered();
    let error = case.stage.page.pool().await?.get("error").to_owned();
    case.observed(format!("no such colony; the page: {error}"));
    make_colony(case).await
}

/// Makes the colony and its user anew, so that the broker can be asked who is there.
async fn make_colony(case: &Case) -> Result<()> {
    let id = |key: &str| Ok::<_, anyhow::Error>(PrivateKey::from_hex(key)?.id());
    let colony = types::Colony::new(id(COLONY_KEY)?.as_str(), COLONY);
    case.stage.colony.ask_as(SERVER_KEY, &AddColony { colony: Some(colony) }).await?;
    let (colonyname, name) = (COLONY.to_owned(), "dev".to_owned());
    let user = User { colonyname, name, userid: id(USER_KEY)?, ..User::default() };
    case.stage.colony.ask_as(COLONY_KEY, &AddUser { user: Some(user) }).await.map(drop)
}

/// Behind two addresses of one server, webpool goes on with the second when the first is gone.
async fn go_on_with_the_next(case: &Case) -> Result<()> {
    let (first, second) = (Proxy::bind().await?, Proxy::bind().await?);
    let hosts = [&first, &second].map(|proxy| format!("127.0.0.1:{}", proxy.port()));
    let admitted = hosts.iter().flat_map(|host| ["--allow-host", host.as_str()]);
    let behind = Server::start(&admitted.collect::<Vec<_>>()).await?;
    first.lead_to(behind.port());
    second.lead_to(behind.port());
    let [one, other] = &hosts;
    let (setup, _key) = Setup::before(&format!("http://{one},http://{other}"))?;
    let stage = Stage::build(&Setup { expected_errors: GONE.expected_errors, ..setup }).await?;
    stage.start(2).await?;
    let id = stage.colony.submit(stage.call("burn", WORK)?).await?.processid;
    stage.colony.wait(&id, ProcessState::Running, SOON).await?;
    first.cut_off();
    case.witness("reset, then nobody there");
    let begun = Instant::now();
    let added = stage.colony.run(stage.call("add", "[5, 3]")?).await?;
    case.took(begun.elapsed());
    ensure!(text(&added.output) == "8", "{:?}", added.errors);
    let process = stage.colony.wait_final(&id, SOON).await?;
    ensure!(process.state() == Some(ProcessState::Success) && process.retries == 0);
    case.observed("a call and what was at work done, no retry used up");
    Ok(())
}
