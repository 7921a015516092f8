//! The link in real browsers: how soon work waits again when a busy page goes, how soon many workers
//! are ready, and how soon a burst of small calls is done.
//!
//! Each figure stands beside its budget. With a `ColonyOS` server it is measured in front of that one
//! as well. The page is the one that is built; a page goes, and comes again, in the same browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use webpool_colony::request::CancelProcess;
use webpool_harness::{Going, Kind, Setup, Stage};

use crate::figures::Sample;

/// Busy slots of a page that goes.
const BUSY: u32 = 8;

/// Workers that are to be ready.
const READY: u32 = 64;

/// Workers, and calls, of a burst.
const WORKERS: u32 = 24;
const CALLS: u32 = 48;

/// How long a page may take to stop.
const STOP: Duration = Duration::from_secs(20);

/// What the section is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A folder of its own
    #[arg(long, hide = true, value_name = "DIR", env = "WEBPOOL_BENCH")]
    folder: PathBuf,
    /// A `ColonyOS` server to measure before as well, which must know the development colony
    #[arg(long, value_name = "URL", env = "WEBPOOL_COLONIES_URL")]
    live: Option<String>,
    /// How often each is measured
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// From a page's going until all of its work waits again.
    Gone(Going),
    /// From the click until all workers have joined.
    Ready,
    /// From the last submission to the last result.
    Burst,
}

impl Subject {
    fn name(self) -> String {
        match self {
            Self::Gone(going) => format!("{BUSY} busy slots, {}", going.name()),
            Self::Ready => format!("{READY} workers ready"),
            Self::Burst => format!("{CALLS} calls, {WORKERS} workers"),
        }
    }

    fn budget(self) -> Duration {
        match self {
            Self::Gone(going) => going.longest(),
            Self::Ready => Duration::from_secs(2),
            Self::Burst => Duration::from_millis(300),
        }
    }
}

type Figures = BTreeMap<Subject, Vec<Duration>>;

/// Measures and prints.
///
/// # Errors
///
/// A program that does not start, or work that does not wait again.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    println!("medians and 99th percentiles of {}, in ms", arguments.runs);
    println!("{:<28}{:>8}{:>20}{:>20}", "", "", "Chromium", "Firefox");
    println!("{:<28}{:>8}{:>10}{:>10}{:>10}{:>10}", "", "budget", "median", "p99", "median", "p99");
    let embedded = measure(arguments, Setup::USUAL).await?;
    report("embedded broker", &embedded)?;
    let mut raw = vec![("embedded broker", embedded)];
    if let Some(url) = arguments.live.as_deref().filter(|url| !url.is_empty()) {
        let (setup, _key) = Setup::before(url)?;
        let live = measure(arguments, setup).await?;
        report("before the live server", &live)?;
        raw.push(("before the live server", live));
    }
    keep(arguments, &raw)
}

/// Measures everything in each browser.
async fn measure(arguments: &Arguments, setup: Setup) -> Result<Vec<(Kind, Figures)>> {
    let mut all = Vec::new();
    for browser in Kind::MEASURED {
        let stage = Stage::build(&Setup { browser: Some(browser), ..setup }).await?;
        let mut figures = Figures::new();
        let processes = stage.submit_work(BUSY).await?;
        for _ in 0..arguments.runs {
            for going in Going::ALL {
                stage.occupy(&processes).await?;
                let elapsed = stage.leave(going, &processes).await?;
                figures.entry(Subject::Gone(going)).or_default().push(elapsed);
            }
        }
        for processid in processes {
            stage.colony.ask(&CancelProcess { processid }).await?;
        }
        for _ in 0..arguments.runs {
            let ready = stage.time_start(READY).await?;
            figures.entry(Subject::Ready).or_default().push(ready);
            stop(&stage).await?;
            stage.start(WORKERS).await?;
            let burst = Duration::try_from_secs_f64(stage.burst(CALLS).await?)?;
            figures.entry(Subject::Burst).or_default().push(burst);
            stop(&stage).await?;
        }
        all.push((browser, figures));
    }
    Ok(all)
}

async fn stop(stage: &Stage) -> Result<()> {
    stage.page.click("stop").await?;
    stage.page.wait("#pool", "state", "stopped", STOP).await
}

/// Prints a server's rows of the table.
fn report(server: &str, all: &[(Kind, Figures)]) -> Result<()> {
    println!("{server}");
    let Some((_, first)) = all.first() else { return Ok(()) };
    for subject in first.keys() {
        let mut row = format!("  {:<26}{:>8}", subject.name(), subject.budget().as_millis());
        for (_, figures) in all {
            let times = figures.get(subject).cloned().unwrap_or_default();
            let sum = times.iter().sum();
            let Sample { p50_ms, p99_ms, .. } = Sample::new(times, sum)?;
            write!(row, "{p50_ms:>10.0}{p99_ms:>10.0}")?;
        }
        println!("{row}");
    }
    Ok(())
}

/// Writes the raw numbers into a file.
fn keep(arguments: &Arguments, raw: &[(&str, Vec<(Kind, Figures)>)]) -> Result<()> {
    let rows: Vec<_> = raw
        .iter()
        .flat_map(|(server, all)| {
            all.iter().map(move |(browser, figures)| (server, browser, figures))
        })
        .flat_map(|(server, browser, figures)| {
            figures.iter().map(move |(subject, times)| {
                let times_ms: Vec<_> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
                json!({ "server": server, "browser": browser.name(), "subject": subject.name(),
                        "times_ms": times_ms })
            })
        })
        .collect();
    fs::create_dir_all(&arguments.folder)?;
    let file = arguments.folder.join("link.json");
    fs::write(&file, serde_json::to_string_pretty(&rows)?)?;
    println!("raw numbers: {}", file.display());
    Ok(())
}
