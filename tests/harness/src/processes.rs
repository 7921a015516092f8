//! The processes of a browser, as Linux shows them in `/proc`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// What browsers call the thread of a worker, as far as the system keeps the name.
const WORKERS: [&str; 3] = ["DedicatedWorker", "DOM Worker", "WebCore: Worker"];

/// What the processes that have pages are started with.
const CONTENT: [&str; 3] = ["--type=renderer", "-contentproc", "WebKitWebProcess"];

/// How Linux counts the time that a process computes, for everybody who asks.
const TICKS_PER_S: u32 = 100;

/// Every process that another one has started, and those that they have.
///
/// # Errors
///
/// On a system without `/proc`.
pub(crate) fn below(ancestor: u32) -> Result<Vec<u32>> {
    let entries = fs::read_dir("/proc").context("this needs Linux")?.flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pairs: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let (mut found, mut at) = (vec![ancestor], 0);
    while let Some(&one) = found.get(at) {
        found.extend(pairs.iter().filter(|(_, parent)| *parent == one).map(|(id, _)| id));
        at += 1;
    }
    found.remove(0);
    Ok(found)
}

/// Who has started a process; none if it is gone.
fn parent(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses, and may hold some itself; the state is behind it.
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// How many workers of pages a process has; none if it has no pages.
pub(crate) fn worker_count(process: u32) -> usize {
    let command = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
    if !CONTENT.iter().any(|content| command.contains(content)) {
        return 0;
    }
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| WORKERS.iter().any(|worker| name.starts_with(worker))).count()
}

/// How much time a process has computed for, on all cores.
///
/// # Errors
///
/// If there is none.
pub fn cpu_time(process: u32) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, rest) = text.rsplit_once(')').context("no name")?;
    // What follows the name begins with the state, the third field; these are the 14th and 15th.
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    let ticks = ticks.sum::<Result<u32, _>>()?;
    Ok(Duration::from_secs(1) * ticks / TICKS_PER_S)
}

/// How much memory of its own a process has in use, in bytes: no file, and nothing shared.
///
/// # Errors
///
/// If there is none.
pub(crate) fn resident(process: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let size_kib = line.and_then(|line| line.trim().strip_suffix("kB")).context("no RssAnon")?;
    Ok(size_kib.trim().parse::<u64>()? << 10)
}

/// Ends a process at once: it has no chance to say anything.
///
/// # Errors
///
/// If there is none.
pub fn kill(process: u32) -> Result<()> {
    signal(process, "KILL")
}

/// Holds a process until [`resume`].
///
/// # Errors
///
/// If there is none.
pub fn freeze(process: u32) -> Result<()> {
    signal(process, "STOP")
}

/// Lets a process go on that was held.
///
/// # Errors
///
/// If there is none.
pub fn resume(process: u32) -> Result<()> {
    signal(process, "CONT")
}

fn signal(process: u32, name: &str) -> Result<()> {
    let mut command = Command::new("kill");
    command.args([format!("-{name}"), process.to_string()]).stderr(Stdio::null());
    ensure!(command.status()?.success(), "there is no process {process}");
    Ok(())
}
