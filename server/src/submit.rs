//! `webpool submit`: submits a function, once or many times, and waits for its results if told to.
//!
//! Outputs go to standard output, one a line, in the order of submission; reasons of failure go to
//! standard error, and the exit code is 1 if any process failed or was cancelled.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::sleep;
use webpool_colony::request::{GetProcess, Submit as SubmitRequest};
use webpool_colony::{Advice, FunctionSpec, Json, Process, ProcessState};

use crate::cli::Submit;
use crate::client::Client;
use crate::console;
use crate::environment::{Environment, last_server};
use crate::error::Error;
use crate::keyring::Keyring;

/// The first and the longest pause between two looks at a process.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// How many looks in a row may fail before the server is given up: about half a minute.
const MAX_FAILED_LOOKS: u32 = 30;

/// Submits, waits and prints.
///
/// # Errors
///
/// Nonsense in the environment, or a server that cannot be reached or refuses.
///
/// # Cancellation
///
/// What was submitted stays submitted.
pub(crate) async fn run(arguments: &Submit, data: &Path) -> Result<ExitCode, Error> {
    let environment = Environment::read(&Keyring::open(data)?)?;
    let server = arguments.server.clone().or(environment.server);
    let server = server.unwrap_or_else(|| last_server(data));
    let client = Client::new(server, environment.key)?;
    let executor_type = match &arguments.executor_type {
        Some(named) => named.clone(),
        None => client.suggested_type(&environment.colony).await,
    };
    let spec = spec(arguments, &environment.colony, &executor_type);
    let ids = submit_all(&client, &spec, arguments.count).await?;
    if !arguments.wait {
        ids.iter().for_each(console::say);
        return Ok(ExitCode::SUCCESS);
    }
    let all = print_results(&client, &ids);
    let Some(timeout) = arguments.timeout else {
        return all.await;
    };
    tokio::time::timeout(timeout, all).await.unwrap_or_else(|_| {
        let seconds = timeout.as_secs_f64();
        console::complain(format_args!("webpool: not all results came within {seconds} s"));
        Ok(ExitCode::FAILURE)
    })
}

fn spec(arguments: &Submit, colony: &str, executor_type: &str) -> FunctionSpec {
    let args = arguments.args.clone().unwrap_or_else(|| Json::from_strings(&arguments.words));
    let kwargs = arguments.kwargs.clone().unwrap_or_else(empty_object);
    let mut spec = FunctionSpec::new(&arguments.function, colony, executor_type, args, kwargs);
    spec.maxexectime = arguments.max_exec_time.unwrap_or(spec.maxexectime);
    spec
}

fn empty_object() -> Json {
    Json::from_text("{}").unwrap_or_default()
}

async fn submit_all(
    client: &Client,
    spec: &FunctionSpec,
    count: u32,
) -> Result<Vec<String>, Error> {
    let request = SubmitRequest { spec: Some(spec.clone()) };
    let mut ids = Vec::new();
    for _ in 0..count {
        let process = client.send(&request).await.map_err(|error| client.blame(error))?;
        ids.push(process.processid);
    }
    Ok(ids)
}

async fn print_results(client: &Client, ids: &[String]) -> Result<ExitCode, Error> {
    let mut code = ExitCode::SUCCESS;
    for id in ids {
        if !print_result(&follow(client, id).await?) {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Looks at a process, ever less often, until nothing more will happen to it.
async fn follow(client: &Client, id: &str) -> Result<Process, Error> {
    let request = GetProcess { processid: id.to_owned() };
    let (mut pause, longest) = PAUSE;
    let mut failed_looks = 0;
    loop {
        match client.send(&request).await {
            Ok(process) if process.state().is_none_or(ProcessState::is_final) => {
                return Ok(process);
            }
            Ok(_) => failed_looks = 0,
            Err(error) if error.advice() == Advice::Retry && failed_looks < MAX_FAILED_LOOKS => {
                failed_looks += 1;
            }
            Err(error) => return Err(client.blame(error)),
        }
        sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// Prints what became of a process; says whether it succeeded.
fn print_result(process: &Process) -> bool {
    let id = &process.processid;
    match process.state() {
        Some(ProcessState::Success) => {
            process.output.to_texts().iter().for_each(console::say);
            true
        }
        Some(ProcessState::Cancelled) => {
            console::complain(format_args!("process {id} was cancelled"));
            false
        }
        Some(ProcessState::Failed | ProcessState::Waiting | ProcessState::Running) | None => {
            let reasons = process.errors.to_texts();
            let reasons =
                if reasons.is_empty() { "without a reason".to_owned() } else { reasons.join("; ") };
            console::complain(format_args!("process {id} failed: {reasons}"));
            false
        }
    }
}
