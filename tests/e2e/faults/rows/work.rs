//! Work that cannot be done: a function that nobody has, arguments that make no sense, computations
//! that crash. It costs the process, which fails with a sentence; the executors stay as they are.

mod nonsense;

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::{Error, Process, ProcessState};
use webpool_kernels::{HostInfo, run_native};

use crate::acts::{FOR_EVER, SOON};
use crate::case::Case;
use crate::harness::{Way, text};
use crate::row::Row;
use nonsense::Nonsense;

/// From the submission of what fails to the next process that is done.
const SHORT: Duration = Duration::from_secs(5);

/// From the last submission of what makes no sense to the end of all of it.
const LONG: Duration = Duration::from_secs(30);

/// How many processes that make no sense must have been given to executors.
const ENOUGH: usize = 300;

/// How often a function crashes in a row.
const TIMES: u32 = 3;

pub(crate) fn rows() -> Vec<Row> {
    Way::BOTH.into_iter().flat_map(rows_of).collect()
}

fn rows_of(way: Way) -> [Row; 5] {
    [
        Row::new("unknown function", way, "a function that nobody has", SHORT, |case| {
            Box::pin(unknown(case))
        }),
        Row::new("argument nonsense", way, "generated processes", LONG, |case| {
            Box::pin(nonsense(case))
        }),
        Row::new("kernel panic", way, "burn panics", SHORT, |case| {
            Box::pin(crash(case, "panic", "burn was asked to panic"))
        }),
        Row::new("compute worker out of memory", way, "burn takes all memory", SHORT, |case| {
            Box::pin(crash(case, "memory", "crashed"))
        }),
        Row::new("stack overflow", way, "burn calls itself for ever", SHORT, |case| {
            Box::pin(crash(case, "stack", "crashed"))
        }),
    ]
}

async fn unknown(case: &Case) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    case.begin();
    let process = case.stage.colony.run(case.stage.call("unheard_of", "[]")?).await?;
    let sentence = check_failed(&process)?;
    ensure!(sentence.contains("unheard_of"), "the reason is «{sentence}»");
    case.witness(format!("refused: {}", beginning(&sentence)));
    case.check_works_with(&executors).await?;
    case.recovered();
    case.observed("failed with a sentence, same executor");
    Ok(())
}

async fn crash(case: &Case, mode: &str, reason: &str) -> Result<()> {
    case.start(1).await?;
    let executors = case.executors().await?;
    for _ in 0..TIMES {
        case.begin();
        let id = case.burn(&format!(r#"["10", "{mode}"]"#), FOR_EVER).await?;
        let process = case.stage.colony.wait_final(&id, SOON).await?;
        let sentence = check_failed(&process)?;
        ensure!(sentence.contains(reason), "the reason is «{sentence}»");
        case.witness(beginning(&sentence));
        case.check_works_with(&executors).await?;
        case.recovered();
    }
    case.observed(format!("failed with its words, {TIMES} times; same executor"));
    Ok(())
}

async fn nonsense(case: &Case) -> Result<()> {
    case.start(4).await?;
    let executors = case.executors().await?;
    let (mut given, mut refused) = (Vec::new(), 0);
    for nonsense in nonsense::all() {
        match submit(case, &nonsense).await? {
            Some(id) => given.push((id, nonsense)),
            None => refused += 1,
        }
    }
    ensure!(given.len() >= ENOUGH, "only {} were given, {refused} were refused", given.len());
    case.witness(format!("{} given, {refused} refused when submitted", given.len()));
    case.begin();
    let mut failed = 0;
    for (id, nonsense) in &given {
        let process = case.stage.colony.wait_final(id, 4 * SOON).await?;
        let is_right = check(&process);
        failed += usize::from(process.state() == Some(ProcessState::Failed));
        is_right.map_err(|error| error.context(nonsense.to_beginning()))?;
    }
    case.recovered();
    case.check_works_with(&executors).await?;
    case.observed(format!("{failed} failed with a sentence, the others succeeded; same executors"));
    Ok(())
}

/// Submits it; none if the broker refuses it with a sentence.
async fn submit(case: &Case, nonsense: &Nonsense) -> Result<Option<String>> {
    match case.stage.colony.ask(nonsense).await {
        Ok(process) => Ok(Some(process.processid)),
        Err(error) => match error.downcast_ref::<Error>() {
            Some(Error::Refused { status: 400, message }) if !message.is_empty() => Ok(None),
            _ => Err(error.context(nonsense.to_beginning())),
        },
    }
}

/// Checks that a process came to the end that the same call comes to natively.
fn check(process: &Process) -> Result<()> {
    let spec = &process.spec;
    let (args, kwargs) = (spec.args.as_str(), spec.kwargs.as_str());
    if spec.fs.is_wanted() {
        return check_failed(process).map(drop);
    }
    match run_native(&spec.funcname, args, kwargs, HostInfo::default()) {
        Ok(output) => {
            let state = process.state();
            ensure!(state == Some(ProcessState::Success), "{state:?}: {:?}", process.errors);
            ensure!(text(&process.output) == output.join("\n"), "another output");
        }
        Err(reason) => {
            let sentence = check_failed(process)?;
            ensure!(sentence == reason.to_string(), "«{sentence}» instead of «{reason}»");
        }
    }
    Ok(())
}

/// Checks that a process failed with a sentence, and returns that.
fn check_failed(process: &Process) -> Result<String> {
    let (state, sentence) = (process.state(), text(&process.errors));
    ensure!(state == Some(ProcessState::Failed), "{state:?}: {:?}", process.output);
    ensure!(!sentence.is_empty(), "it failed without a reason");
    Ok(sentence)
}

/// What of a sentence has room in the table.
fn beginning(sentence: &str) -> String {
    sentence.chars().take(60).collect()
}
