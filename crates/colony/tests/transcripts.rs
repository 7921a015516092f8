//! Every recorded reply of a real server is read as what it was.
//!
//! The recording is the broker's test data: one exchange a line.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers may panic")]

use serde_json::Value;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::*;
use webpool_colony::{Assigned, Error, reply};

const RECORDING: &str = include_str!("../../broker/tests/data/transcripts.jsonl");

type Reader = fn(&[u8]) -> Result<bool, Error>;

/// Reads a success as the reply of the request with that name; false for a name we do not send.
fn read_success(kind: &str, body: &[u8]) -> Result<bool, Error> {
    fn read<R: Request>(body: &[u8]) -> Result<bool, Error> {
        R::read(200, body).map(|_| true)
    }
    let known: &[(&str, Reader)] = &[
        (Version::TYPE, read::<Version>),
        (GetStatistics::TYPE, read::<GetStatistics>),
        (AddColony::TYPE, read::<AddColony>),
        (RemoveColony::TYPE, read::<RemoveColony>),
        (GetColonies::TYPE, read::<GetColonies>),
        (GetColony::TYPE, read::<GetColony>),
        (AddUser::TYPE, read::<AddUser>),
        (GetUsers::TYPE, read::<GetUsers>),
        (GetUser::TYPE, read::<GetUser>),
        (GetUserById::TYPE, read::<GetUserById>),
        (RemoveUser::TYPE, read::<RemoveUser>),
        (AddExecutor::TYPE, read::<AddExecutor>),
        (ApproveExecutor::TYPE, read::<ApproveExecutor>),
        (RejectExecutor::TYPE, read::<RejectExecutor>),
        (RemoveExecutor::TYPE, read::<RemoveExecutor>),
        (GetExecutor::TYPE, read::<GetExecutor>),
        (GetExecutorById::TYPE, read::<GetExecutorById>),
        (GetExecutors::TYPE, read::<GetExecutors>),
        (AddFunction::TYPE, read::<AddFunction>),
        (GetFunctions::TYPE, read::<GetFunctions>),
        (RemoveFunction::TYPE, read::<RemoveFunction>),
        (Submit::TYPE, read::<Submit>),
        (Assign::TYPE, read::<Assign>),
        (GetProcess::TYPE, read::<GetProcess>),
        (GetProcesses::TYPE, read::<GetProcesses>),
        (RemoveProcess::TYPE, read::<RemoveProcess>),
        (RemoveAllProcesses::TYPE, read::<RemoveAllProcesses>),
        (SetOutput::TYPE, read::<SetOutput>),
        (CloseSuccessful::TYPE, read::<CloseSuccessful>),
        (CloseFailed::TYPE, read::<CloseFailed>),
        (CancelProcess::TYPE, read::<CancelProcess>),
        (AddAttribute::TYPE, read::<AddAttribute>),
        (GetAttribute::TYPE, read::<GetAttribute>),
        (AddLog::TYPE, read::<AddLog>),
        (AddExecutorLog::TYPE, read::<AddExecutorLog>),
        (GetLogs::TYPE, read::<GetLogs>),
    ];
    let reader = known.iter().find(|(name, _)| *name == kind);
    reader.map_or(Ok(false), |(_, read)| read(body))
}

/// The recorded exchanges, each with its status and its reply as it was on the wire.
fn exchanges() -> Vec<(Value, u16, String)> {
    let lines = RECORDING.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let exchange = |line: Value| {
        // what prepares a replay is not recorded with its reply
        if line["name"].as_str()?.starts_with("setup") {
            return None;
        }
        let status = u16::try_from(line["status"].as_u64()?).ok()?;
        let mut envelope =
            ReplyEnvelope::success(line["payloadtype"].as_str()?, &line["response"].to_string());
        if status != 200 {
            "error".clone_into(&mut envelope.payloadtype);
            envelope.error = true;
        }
        Some((line, status, envelope.to_body()))
    };
    lines.filter_map(exchange).collect()
}

#[test]
fn successes_are_read() {
    let mut read = 0;
    for (line, status, body) in exchanges() {
        if status == 200 {
            let kind = line["payloadtype"].as_str().unwrap();
            match read_success(kind, body.as_bytes()) {
                Ok(is_known) => read += usize::from(is_known),
                Err(error) => panic!("{}: {error}", line["name"]),
            }
        }
    }
    assert!(read > 100, "only {read} successes in the recording");
}

#[test]
fn refusals_keep_status_and_sentence() {
    let mut read = 0;
    for (line, status, body) in exchanges() {
        let Some(message) = line["response"]["message"].as_str().filter(|_| status != 200) else {
            continue;
        };
        let expected = Error::Refused { status, message: message.to_owned() };
        assert_eq!(reply::read::<Value>(status, body.as_bytes()), Err(expected));
        if message == "No process available for assignment" {
            let assigned = reply::read_assigned(status, body.as_bytes());
            assert_eq!(assigned, Ok(Assigned::Nothing), "{}", line["name"]);
        }
        read += 1;
    }
    assert!(read > 50, "only {read} refusals in the recording");
}
