//! Every recorded reply of a real server is read as what it was, and every recorded request of another
//! client is written by us with the same meaning.
//!
//! The recording is the broker's test data: one exchange a line.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers may panic")]

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::*;
use webpool_colony::{Assigned, Error, reply};

const RECORDINGS: [&str; 2] = [
    include_str!("../../broker/tests/data/transcripts.jsonl"),
    include_str!("../../broker/tests/data/pubsub.jsonl"),
];

/// What can be done with the exchanges of one request.
struct Known {
    kind: &'static str,
    read_reply: fn(&[u8]) -> Result<(), Error>,
    write_again: fn(Value) -> Option<Value>,
}

fn known<R: Request + DeserializeOwned>() -> Known {
    Known {
        kind: R::TYPE,
        read_reply: |body| R::read(200, body).map(|_| ()),
        write_again: |payload| {
            let request: R = serde_json::from_value(payload).ok()?;
            serde_json::from_str(&request.to_payload()).ok()
        },
    }
}

fn all_known() -> Vec<Known> {
    vec![
        known::<Version>(),
        known::<GetStatistics>(),
        known::<AddColony>(),
        known::<RemoveColony>(),
        known::<GetColonies>(),
        known::<GetColony>(),
        known::<AddUser>(),
        known::<GetUsers>(),
        known::<GetUser>(),
        known::<GetUserById>(),
        known::<RemoveUser>(),
        known::<AddExecutor>(),
        known::<ApproveExecutor>(),
        known::<RejectExecutor>(),
        known::<RemoveExecutor>(),
        known::<GetExecutor>(),
        known::<GetExecutorById>(),
        known::<GetExecutors>(),
        known::<AddFunction>(),
        known::<GetFunctions>(),
        known::<RemoveFunction>(),
        known::<Submit>(),
        known::<Assign>(),
        known::<GetProcess>(),
        known::<GetProcesses>(),
        known::<RemoveProcess>(),
        known::<RemoveAllProcesses>(),
        known::<SetOutput>(),
        known::<CloseSuccessful>(),
        known::<CloseFailed>(),
        known::<CancelProcess>(),
        known::<SubmitWorkflow>(),
        known::<GetProcessGraph>(),
        known::<GetProcessGraphs>(),
        known::<RemoveProcessGraph>(),
        known::<RemoveAllProcessGraphs>(),
        known::<CancelProcessGraph>(),
        known::<AddChild>(),
        known::<ChannelAppend>(),
        known::<ChannelRead>(),
        known::<AddAttribute>(),
        known::<GetAttribute>(),
        known::<AddLog>(),
        known::<AddExecutorLog>(),
        known::<GetLogs>(),
    ]
}

/// Whether `ours` says all that `theirs` says; what is left out counts as its zero value. Blueprints
/// are not ours.
fn says(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let zero = Value::Null;
            let mut said = theirs.iter().filter(|(name, _)| !name.starts_with("blueprint"));
            said.all(|(name, value)| says(ours.get(name).unwrap_or(&zero), value))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| says(a, b))
        }
        _ => ours == theirs || (is_zero(ours) && is_zero(theirs)),
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text.starts_with("0001-01-01"),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_zero),
    }
}

/// The recorded exchanges, each with its status and its reply as it was on the wire.
fn exchanges() -> Vec<(Value, u16, String)> {
    let lines = RECORDINGS.into_iter().flat_map(str::lines);
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
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
    let (all, mut read) = (all_known(), 0);
    for (line, _, body) in exchanges().iter().filter(|(_, status, _)| *status == 200) {
        let Some(known) = all.iter().find(|known| line["payloadtype"] == known.kind) else {
            continue;
        };
        if let Err(error) = (known.read_reply)(body.as_bytes()) {
            panic!("{}: {error}", line["name"]);
        }
        read += 1;
    }
    assert!(read > 100, "only {read} successes in the recording");
}

#[test]
fn requests_say_what_other_clients_say() {
    let (all, mut seen) = (all_known(), BTreeSet::new());
    for (line, status, _) in exchanges() {
        let Some(known) = all.iter().find(|known| line["payloadtype"] == known.kind) else {
            continue;
        };
        // fields that nobody reads, and bytes that we write as base64
        let is_other = |name: &str| name.contains("extra fields") || name.contains("byte numbers");
        let has_more = line["name"].as_str().is_some_and(is_other);
        if status != 200 || line["payload"]["msgtype"] != known.kind || has_more {
            continue;
        }
        let ours = (known.write_again)(line["payload"].clone()).unwrap();
        assert!(says(&ours, &line["payload"]), "{}: {ours}", line["name"]);
        seen.insert(known.kind);
    }
    assert!(seen.len() > 30, "only {seen:?} in the recording");
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
