//! Three servers over one database, and a gateway that knows all of them: while 8 executors work, the
//! server that hands out processes is killed, and comes back. Nothing is lost, and nothing done twice.

#![expect(clippy::print_stdout, reason = "how long the pause was is what one wants to know")]

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use webpool_colony::{Process, ProcessState};

use crate::harness::{Colonies, Look, Proxy, Setup, Stage, text, until};

const SERVERS: usize = 3;
const EXECUTORS: u32 = 8;
const PROCESSES: u32 = 500;

/// After so many processes the leader goes, and after so many it comes back.
const GOES: u32 = 100;
const BACK: u32 = 300;

/// How long all of it may take, on a busy machine.
const LONGEST: Duration = Duration::from_mins(3);

/// How long nothing may end when the leader has gone.
const PAUSE: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_loses_its_leader_loses_nothing() -> Result<()> {
    let mut colonies = Colonies::start(SERVERS)?;
    let (setup, _key) = Setup::before(&colonies.urls().join(","))?;
    let proxy = Proxy::bind().await?;
    let stage = Stage::build_behind(&setup, &proxy, &[]).await?;
    match work(&stage, &proxy, &mut colonies).await {
        Ok(()) => Ok(()),
        Err(error) => Err(anyhow!("{error:#}\n{}", stage.account().await)),
    }
}

async fn work(stage: &Stage, proxy: &Proxy, colonies: &mut Colonies) -> Result<()> {
    let mut submitted = Vec::new();
    for number in 0..PROCESSES {
        let call = stage.call("add", &format!("[{number}, 1]"))?;
        submitted.push(stage.colony.submit(call).await?.processid);
    }
    stage.start(EXECUTORS).await?;
    wait_done(stage, GOES).await?;
    let leader = colonies.leader()?;
    colonies.stop(leader)?;
    println!(
        "server {leader} of {SERVERS}, the leader, was killed after {} processes",
        done(stage).await?
    );
    wait_done(stage, BACK).await?;
    colonies.start_again(leader)?;
    println!("it is back after {} processes", done(stage).await?);
    let mut ended = Vec::new();
    for (number, id) in submitted.iter().enumerate() {
        let process = stage.colony.wait_final(id, LONGEST).await?;
        ensure!(process.state() == Some(ProcessState::Success), "{id}: {:?}", process.errors);
        ensure!(text(&process.output) == (number + 1).to_string(), "{id}: {:?}", process.output);
        let closed = proxy.closed(id);
        ensure!(closed.accepted <= 1 && closed.unread == 0, "{id} was reported twice: {closed:?}");
        ended.push(process);
    }
    let pause = longest_pause(&ended)?;
    let unheard = submitted.iter().filter(|id| proxy.closed(id).accepted == 0).count();
    println!(
        "{PROCESSES} of {PROCESSES} ended once and right; the longest time without an end was {pause:.1?}"
    );
    println!("accepted, but the answer was lost with the server: {unheard}");
    for (level, line) in stage.page.log().await?.iter().filter(|(level, _)| level != "note").rev() {
        println!("the page says ({level}): {line}");
    }
    ensure!(pause <= PAUSE, "for {pause:?} nothing ended");
    ensure!(unheard <= usize::try_from(EXECUTORS)?, "{unheard} were never reported");
    let approved = stage.colony.approved().await?.len();
    ensure!(approved == usize::try_from(EXECUTORS)?, "there are {approved} executors");
    Ok(())
}

/// How many processes the page says that it has done.
async fn done(stage: &Stage) -> Result<u32> {
    Ok(stage.page.pool().await?.get("succeeded").parse()?)
}

async fn wait_done(stage: &Stage, count: u32) -> Result<()> {
    until(&format!("{count} processes done"), LONGEST, async || {
        let done = done(stage).await?;
        Ok(Look::at((done >= count).then_some(()), done))
    })
    .await
}

/// The longest time between two ends, on the servers' clock.
fn longest_pause(processes: &[Process]) -> Result<Duration> {
    let ends = processes.iter().map(|process| process.endtime.since_unix());
    let mut ends: Vec<Duration> = ends.collect::<Option<_>>().context("an end is never")?;
    ends.sort_unstable();
    let pauses = ends.windows(2).filter_map(|pair| pair.last()?.checked_sub(*pair.first()?));
    pauses.max().context("fewer than two ends")
}
