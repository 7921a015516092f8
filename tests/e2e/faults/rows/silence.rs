//! Work, and pauses, that last longer than a server bears silence: who shows life is not taken off,
//! while somebody who says nothing is.
//!
//! The server bears little silence here; with `WEBPOOL_LONG=1` these rows are played in full length too.

use std::env;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::Instant;
use webpool_colony::request::{AddExecutor, ApproveExecutor, Assign};
use webpool_colony::types::Executor;
use webpool_colony::{PrivateKey, ProcessState};

use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::harness::{COLONY, COLONY_KEY, Look, Setup, Way, call, text, until};
use crate::row::Row;

/// Asks for the rows of full length, if it is `1`.
const IN_FULL: &str = "WEBPOOL_LONG";

/// A server that bears so little silence, and looks for it once a second.
pub(super) const STALE: Setup = Setup { serve: &["--stale-after", "6"], ..Setup::USUAL };

/// The time of the short rows, and of the full ones: longer than the server bears silence, and than it
/// takes to look.
const SHORT: Duration = Duration::from_secs(20);
const FULL: Duration = Duration::from_secs(690);

/// What a slot computes for so long, in ms, and what it has to do after a pause.
const SHORT_WORK: &str = r#"["20000"]"#;
const FULL_WORK: &str = r#"["690000"]"#;
const HELD_WORK: &str = r#"["4000"]"#;

/// From the end of that time to the work done.
const DONE: Duration = Duration::from_secs(15);

/// The type of who says nothing.
const SILENT_TYPE: &str = "silent";

pub(crate) fn rows() -> Vec<Row> {
    let is_in_full = env::var_os(IN_FULL).is_some_and(|value| value == "1");
    let short = Way::BOTH.into_iter().flat_map(short);
    let full = Way::BOTH.into_iter().filter(|_| is_in_full).flat_map(full);
    short.chain(full).collect()
}

fn short(way: Way) -> [Row; 2] {
    [
        Row::new("long work", way, "20 s, silence borne 6 s", SHORT + DONE, |case| {
            Box::pin(work_on(case, SHORT_WORK, SHORT))
        }),
        Row::new("long pause at work", way, "20 s, silence borne 6 s", DONE, |case| {
            Box::pin(pause(case, SHORT))
        })
        .waiting(),
    ]
    .map(|row| row.with_setup(STALE))
}

fn full(way: Way) -> [Row; 2] {
    [
        Row::new("long work", way, "690 s, silence borne 600 s", FULL + DONE, |case| {
            Box::pin(work_on(case, FULL_WORK, FULL))
        }),
        Row::new("long pause at work", way, "690 s, silence borne 600 s", DONE, |case| {
            Box::pin(pause(case, FULL))
        }),
    ]
    .map(|row| row.lasting(FULL).waiting())
}

/// One slot works, the other has nothing to do.
async fn work_on(case: &Case, work: &str, during: Duration) -> Result<()> {
    case.start(2).await?;
    let executors = case.executors().await?;
    let silent = Silent::join(case).await?;
    let process = case.burn_now(work, FOR_EVER).await?.processid;
    case.begin();
    silent.wait_taken_off(case, during).await?;
    let process = case.stage.colony.wait_final(&process, during + DONE).await?;
    case.recovered();
    ensure!(process.state() == Some(ProcessState::Success), "{:?}", process.errors);
    ensure!(process.retries == 0, "an attempt was used up");
    case.check_kept(&executors).await?;
    case.observed("done by the executor that began, both still there");
    Ok(())
}

/// Two slots are paused, one of them with work.
async fn pause(case: &Case, during: Duration) -> Result<()> {
    case.start(2).await?;
    let executors = case.executors().await?;
    let silent = Silent::join(case).await?;
    let process = case.burn_now(HELD_WORK, FOR_EVER).await?.processid;
    case.stage.page.click("pause").await?;
    case.stage.page.wait("#pool", "state", "paused", SOON).await?;
    let paused = Instant::now();
    silent.wait_taken_off(case, during).await?;
    tokio::time::sleep_until(paused + during).await;
    let held = case.stage.colony.process(&process).await?;
    ensure!(held.state() == Some(ProcessState::Running), "meanwhile {:?}", held.state());
    case.check_kept(&executors).await?;
    case.begin();
    case.stage.page.click("pause").await?;
    let process = case.stage.colony.wait_final(&process, 2 * DONE).await?;
    case.recovered();
    ensure!(text(&process.output) == "burned for 4000 ms", "{:?}", process.errors);
    ensure!(process.retries == 0, "an attempt was used up");
    for slot in ["[data-slot='0']", "[data-slot='1']"] {
        case.stage.page.wait(slot, "state", "idle", SOON).await?;
    }
    case.check_kept(&executors).await?;
    case.observed("held, then done by the executor that began");
    Ok(())
}

impl Case {
    /// Checks that nobody was replaced.
    pub(super) async fn check_kept(&self, executors: &[String]) -> Result<()> {
        let now = self.executors().await?;
        ensure!(now == executors, "the executors are {now:?} instead of {executors:?}");
        self.stage.colony.wait_approved(executors.len(), SOON).await
    }
}

/// An executor that takes a process, and says nothing any more.
struct Silent {
    process: String,
}

impl Silent {
    async fn join(case: &Case) -> Result<Self> {
        let (colony, key) = (&case.stage.colony, PrivateKey::generate());
        let executor = Executor {
            executorid: key.id(),
            executortype: SILENT_TYPE.to_owned(),
            executorname: SILENT_TYPE.to_owned(),
            colonyname: COLONY.to_owned(),
            ..Executor::default()
        };
        let name = executor.executorname.clone();
        colony.ask_as(COLONY_KEY, &AddExecutor { executor: Some(executor) }).await?;
        let approve = ApproveExecutor { colonyname: COLONY.to_owned(), executorname: name };
        colony.ask_as(COLONY_KEY, &approve).await?;
        let mut spec = call("echo", r#"["x"]"#)?;
        SILENT_TYPE.clone_into(&mut spec.conditions.executortype);
        let process = colony.submit(spec).await?.processid;
        let assign = Assign { colonyname: COLONY.to_owned(), timeout: 1, ..Assign::default() };
        colony.ask_as(key.to_hex(), &assign).await?;
        let running = colony.process(&process).await?;
        ensure!(running.state() == Some(ProcessState::Running), "{:?}", running.state());
        Ok(Self { process })
    }

    /// Waits until the server has taken it off, and its process waits again.
    async fn wait_taken_off(&self, case: &Case, within: Duration) -> Result<()> {
        let begun = Instant::now();
        case.stage.colony.wait(&self.process, ProcessState::Waiting, within).await?;
        until("the silent one taken off", SOON, async || {
            let approved = case.stage.colony.approved().await?;
            let names: Vec<_> = approved.iter().map(|it| it.executorname.clone()).collect();
            Ok(Look::at(names.iter().all(|it| it != SILENT_TYPE).then_some(()), names.join(" ")))
        })
        .await?;
        case.witness(format!("a silent one taken off after {:.1?}", begun.elapsed()));
        Ok(())
    }
}
