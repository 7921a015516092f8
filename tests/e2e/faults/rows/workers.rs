//! The workers of a page: one crashes or is killed, its script is missing, it is of another build, the
//! whole page is; or there are 64.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use webpool_colony::ProcessState;

use crate::acts::{BREATHING, FOR_EVER, SOON};
use crate::case::Case;
use crate::files::{Missing, add, build_in, named, turn_build_of, write_older};
use crate::harness::{Look, Setup, Way, dist, text, until};
use crate::row::Row;

/// From the death of an executor to a fresh one in its slot, and its work running again.
const REPLACED: Duration = Duration::from_secs(5);

/// The same where nobody says that it died: 40 s until that is noticed.
const MISSED: Duration = Duration::from_secs(50);

/// From the start that is to mend it to all slots at work.
const MENDED: Duration = Duration::from_secs(10);

/// From a process that only the newer build can do to its output.
const RENEWED: Duration = Duration::from_secs(20);

/// How many workers a pool has at most, and twice as many calls.
const MANY: u32 = 64;
const CALLS: u32 = 128;

/// How many of them there is room for, at least.
const ROOM: usize = 60;

/// From the last of them submitted to the last result.
const BURST: Duration = Duration::from_secs(5);

/// A function that an older build does not have.
const NEW: &str = "fibonacci";

/// The build that the gateway says is served.
const SERVED: &str = "const done = arguments[0];
    const socket = new WebSocket(location.origin.replace('http', 'ws') + '/link');
    socket.onmessage = message => {
        socket.close();
        done(JSON.parse(message.data).challenge.build);
    };";

/// Keeps what the page constructs: its executor workers, as they come.
const KEEP: &str = "window.kept = [];
    window.Worker = class extends window.Worker {
        constructor(...rest) {
            super(...rest);
            window.kept.push(this);
        }
    };";

/// What the page hears when a worker's program dies.
const CRASH: &str = "const event = new ErrorEvent('error', { message: 'crashed by the test' });
    window.kept[0].dispatchEvent(event);
    return window.kept.length;";

/// Tells a worker what is no message of the border: it dies of it.
const GARBLE: &str = "window.kept[0].postMessage({ nonsense: 1 });
    return window.kept.length;";

/// Ends a worker without a word.
const KILL: &str = "Worker.prototype.terminate.call(window.kept[0]);
    return window.kept.length;";

/// What is not there says so.
const NOT_FOUND: Setup = Setup { expected_errors: &["404"], ..Setup::USUAL };

pub(crate) fn rows() -> Vec<Row> {
    let ways = Way::BOTH.into_iter().flat_map(rows_of);
    let renewal = Row::new(
        "unknown function, old page",
        Way::Link,
        "another build is served",
        RENEWED,
        |case| Box::pin(renewed(case)),
    );
    ways.chain([renewal.with_files()]).collect()
}

fn rows_of(way: Way) -> Vec<Row> {
    let deaths = [
        Row::new("executor worker crashed", way, "an error event", REPLACED, |case| {
            Box::pin(replaced(case, CRASH))
        }),
        Row::new("executor worker crashed", way, "told nonsense", REPLACED, |case| {
            Box::pin(replaced(case, GARBLE))
        }),
        Row::new("executor worker killed", way, "terminated without a word", MISSED, |case| {
            Box::pin(replaced(case, KILL))
        }),
    ];
    let files = [
        Row::new("worker script missing", way, "404 of the executor's script", MENDED, |case| {
            Box::pin(missing(case, "executor", "script", "crashed"))
        }),
        Row::new(
            "worker script missing",
            way,
            "404 of the compute worker's script",
            MENDED,
            |case| Box::pin(missing(case, "compute", "script", "crashed")),
        ),
        Row::new("worker module missing", way, "404 of the executor's module", MENDED, |case| {
            Box::pin(missing(case, "executor", "wasm", "not-loaded"))
        }),
        Row::new("worker of another build", way, "the executor's module", MENDED, |case| {
            Box::pin(outdated(case, "executor"))
        }),
        Row::new("worker of another build", way, "the compute worker's module", MENDED, |case| {
            Box::pin(outdated(case, "compute"))
        }),
    ];
    let files = files.map(|row| row.with_setup(NOT_FOUND).with_files());
    let many = Row::new("64 workers", way, "128 calls at once", BURST, |case| Box::pin(many(case)));
    deaths.into_iter().chain(files).chain([many.alone()]).collect()
}

/// The executor of the first slot dies while it works.
async fn replaced(case: &Case, end: &str) -> Result<()> {
    case.stage.page.run_before_all(KEEP).await?;
    case.start(2).await?;
    let before = case.executors().await?;
    let mut work = Vec::new();
    for _ in 0..2 {
        work.push(case.burn_now(BREATHING, FOR_EVER).await?.processid);
    }
    case.begin();
    let workers = case.stage.page.script(end, &[]).await?;
    ensure!(workers == json!(2), "{workers} workers were constructed");
    case.witness("one of two executors ended");
    let now = until("a fresh executor in one slot", MISSED, async || {
        let now = case.executors().await?;
        let is_fresh = |id: &&String| !id.is_empty() && !before.contains(id);
        let fresh = now.iter().filter(is_fresh).count();
        Ok(Look::at(Some(now.clone()).filter(|_| fresh == 1), format!("{now:?}")))
    })
    .await?;
    until("all work running by those in the slots", SOON, async || {
        let mut ids = Vec::new();
        for id in &work {
            let process = case.stage.colony.process(id).await?;
            ensure!(process.retries == 0, "it used up a retry");
            ids.push((process.state(), process.assignedexecutorid.as_str().to_owned()));
        }
        let is_right =
            |(state, id): &(_, String)| *state == Some(ProcessState::Running) && now.contains(id);
        Ok(Look::at(Some(()).filter(|()| ids.iter().all(is_right)), format!("{ids:?}")))
    })
    .await?;
    case.recovered();
    case.stage.colony.wait_approved(2, SOON).await?;
    case.observed("its process went on elsewhere, a fresh executor, no ghost");
    for id in &work {
        case.cancel(id).await?;
    }
    Ok(())
}

/// A file is not there; once it is, opening the page again mends it.
async fn missing(case: &Case, role: &str, kind: &str, error: &str) -> Result<()> {
    let files = case.files()?;
    let name = named(files, role, kind)?;
    let file = Missing::take(files.join(&name))?;
    case.click_start(2).await?;
    case.stage.page.wait("#pool", "state", "failed", 2 * SOON).await?;
    let seen = case.stage.page.pool().await?.get("error").to_owned();
    ensure!(seen == error, "data-error is «{seen}»");
    case.witness(format!("no {role} {kind}: {seen}"));
    case.stage.colony.wait_approved(0, SOON).await?;
    file.put_back()?;
    check_mended(case).await
}

/// A worker is of another build; once all files are of one build, opening the page again mends it.
async fn outdated(case: &Case, role: &str) -> Result<()> {
    let files = case.files()?;
    turn_build_of(files, role)?;
    case.click_start(2).await?;
    case.stage.page.wait("#pool", "state", "failed", SOON).await?;
    let seen = case.stage.page.pool().await?.get("error").to_owned();
    ensure!(seen == "outdated", "data-error is «{seen}»");
    case.witness(format!("the {role} is of another build: {seen}"));
    case.stage.colony.wait_approved(0, SOON).await?;
    // A browser keeps what it has loaded under a name for good: the sound build has names of its own.
    write_older(files, &dist(), NEW)?;
    check_mended(case).await
}

async fn check_mended(case: &Case) -> Result<()> {
    case.begin();
    case.start(2).await?;
    ensure!(case.stage.colony.output("add", "[20, 22]").await? == "42");
    case.recovered();
    case.stage.colony.wait_approved(2, SOON).await?;
    case.observed("nobody joined; two did once it was mended");
    Ok(())
}

/// An old page is given what only the build that is served now can do.
async fn renewed(case: &Case) -> Result<()> {
    let (files, newest) = (case.files()?, dist());
    let build = build_in(&newest)?;
    write_older(files, &newest, NEW)?;
    case.start(2).await?;
    ensure!(shown_build(case).await? != build, "this is no older build");
    add(files, &newest)?;
    until("the gateway's word about the build", SOON, async || {
        let served = case.stage.page.script_async(SERVED, &[]).await?;
        Ok(Look::is(&served, &json!(build)))
    })
    .await?;
    case.begin();
    let spec = case.stage.call(NEW, "[10]")?;
    let id = case.stage.colony.submit(spec).await?.processid;
    let process = case.stage.colony.wait(&id, ProcessState::Success, 2 * SOON).await?;
    case.recovered();
    ensure!(text(&process.output) == "55" && process.retries == 0, "{process:?}");
    ensure!(shown_build(case).await? == build, "the older page is still there");
    case.witness("the page became the newer one");
    case.stage.page.wait_ready(2, SOON).await?;
    let nobody_has = case.stage.colony.run(case.stage.call("unheard_of", "[]")?).await?;
    ensure!(nobody_has.state() == Some(ProcessState::Failed), "{:?}", nobody_has.state());
    case.observed("given back, then done by the newer page");
    Ok(())
}

async fn shown_build(case: &Case) -> Result<String> {
    let build = "return document.documentElement.dataset.build;";
    let build = case.stage.page.script(build, &[]).await?;
    Ok(build.as_str().context("a build")?.to_owned())
}

/// Chromium has no room for all of them: each works or says why it does not.
async fn many(case: &Case) -> Result<()> {
    case.click_start(MANY).await?;
    let (idle, failed) = until("each slot idle or failed", 2 * MENDED, async || {
        let slots = case.stage.page.slots().await?;
        let count = |state| slots.iter().filter(|slot| slot.get("state") == state).count();
        let seen = (count("idle"), count("failed"));
        let is_settled = seen.0 + seen.1 == usize::try_from(MANY)?;
        Ok(Look::at(Some(seen).filter(|_| is_settled), format!("{seen:?} of {MANY}")))
    })
    .await?;
    ensure!(idle >= ROOM, "only {idle} work");
    case.witness(format!("{idle} work, the browser has no room for {failed}"));
    case.stage.colony.wait_approved(idle, SOON).await?;
    let last_s = case.stage.burst(CALLS).await?;
    case.took(Duration::from_secs_f64(last_s));
    case.stage.colony.wait_approved(idle, SOON).await?;
    case.observed(format!("{CALLS} right results by {idle} executors"));
    Ok(())
}
