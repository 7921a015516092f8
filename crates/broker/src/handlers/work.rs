//! Work as executors see it: asked for, and reported on.
//!
//! Only the holder of a process reports on it. Each report is one statement that names the holder
//! and the state it starts from; a refused report stores nothing.

use std::time::Duration;

use webpool_colony::request::{Assign, CloseFailed, CloseSuccessful, SetOutput};
use webpool_colony::{Json, Process, ProcessState};

use super::{Context, Effects, Step, done};
use crate::error::Refusal;
use crate::size::{cpu_from_text, memory_from_text};
use crate::store::{Head, Poll, Store};

/// How much the outputs of all parents of a process may be, in bytes (64 MB).
const MAX_INPUT_BYTES: i64 = 64 << 20;

/// Asks for work; whether and how long to wait for it is the caller's business.
pub(super) fn assign(context: &mut Context<'_>, request: &Assign) -> Result<Step, Refusal> {
    context.require_member(&request.colonyname)?;
    if request.timeout == 0 {
        return Err(Refusal::bad("Invalid timeout value, timeout cannot be zero"));
    }
    let executor = context.store.member(&request.colonyname, context.signer)?;
    let missing = || Refusal::new(500, "Failed to assign process, executor not found");
    let executor = executor.ok_or_else(missing)?;
    let cpu = available(&request.availablecpu, cpu_from_text)?;
    let mem = available(&request.availablemem, memory_from_text)?;
    context.store.touch_executor(&executor.colonyname, &executor.executorname, context.now)?;
    let poll = Poll {
        colony: executor.colonyname,
        executorid: executor.executorid,
        executorname: executor.executorname,
        executortype: executor.executortype,
        location: executor.locationname,
        cpu,
        mem,
    };
    let timeout_s = request.timeout;
    if context.store.is_paused(&poll.colony)? {
        return Ok(Step::Wait { poll: Box::new(poll), timeout_s, is_paused: true });
    }
    match claim(context.store, &poll, context.now, context.effects)? {
        Some(process) => {
            context.effects.signal(&process.processid, &poll.executortype, ProcessState::Running);
            Ok(Step::Given(Box::new(process)))
        }
        None => Ok(Step::Wait { poll: Box::new(poll), timeout_s, is_paused: false }),
    }
}

/// Gives the executor the process that is its due, with what the parents have put out. That may be
/// more by now than when the process was let go: who has succeeded may say so again, with another
/// output. A process that would be handed too much fails, and the next one is given.
pub(crate) fn claim(
    store: &Store,
    poll: &Poll,
    now: i64,
    effects: &mut Effects,
) -> Result<Option<Process>, Refusal> {
    while let Some(process) = store.claim(poll, now)? {
        if store.input_bytes(&process.processid)? <= MAX_INPUT_BYTES {
            return Ok(Some(store.feed(process)?));
        }
        store.take_back(&poll.colony, &poll.executorid, &process.processid, now)?;
        fail_if_overfed(store, &process.processid, &poll.executortype, now, effects)?;
    }
    Ok(None)
}

/// A size an executor has to offer; none said is any.
fn available(text: &str, read: impl Fn(&str) -> Result<i64, Refusal>) -> Result<i64, Refusal> {
    if text.is_empty() { Ok(i64::MAX) } else { read(text) }
}

pub(super) fn set_output(context: &Context<'_>, request: &SetOutput) -> Result<Step, Refusal> {
    let missing = Refusal::new(500, "Failed to set output, process is nil");
    let head = context.require_process(&request.processid, missing)?;
    if head.executorid != *context.signer {
        return Err(not_allowed("successful"));
    }
    if head.state != ProcessState::Running {
        return Err(Refusal::forbidden("Failed to set output, process is not running"));
    }
    if let Some(out) = non_empty(&request.out) {
        context.store.set_output(&head.processid, context.signer, out)?;
    }
    Ok(done())
}

pub(super) fn close_successful(
    context: &mut Context<'_>,
    request: &CloseSuccessful,
) -> Result<Step, Refusal> {
    let head = held(context, &request.processid, "successful")?;
    let out = non_empty(&request.out);
    if !context.store.succeed(&head.processid, context.signer, out, context.now)? {
        return Err(wrong_state(head.state, "successful"));
    }
    count(context, &head)?;
    context.effects.signal(&head.processid, &head.executortype, ProcessState::Success);
    if head.state == ProcessState::Running {
        release(context, &head.processid)?;
    }
    Ok(done())
}

/// Lets those begin that waited for this process last.
fn release(context: &mut Context<'_>, processid: &str) -> Result<(), Refusal> {
    let (store, effects) = (context.store, &mut *context.effects);
    let free = store.release_children(processid)?;
    for (child, executortype) in &free {
        fail_if_overfed(store, child, executortype, context.now, effects)?;
    }
    for child in free {
        if store.demand(&child.0)?.is_some() {
            effects.signal_all(vec![child], ProcessState::Waiting);
        }
    }
    Ok(())
}

/// A waiting process that would be handed more than it may fails, and takes with it what waits for
/// it.
fn fail_if_overfed(
    store: &Store,
    processid: &str,
    executortype: &str,
    now: i64,
    effects: &mut Effects,
) -> Result<(), Refusal> {
    let size_bytes = store.input_bytes(processid)?;
    if size_bytes <= MAX_INPUT_BYTES {
        return Ok(());
    }
    let reason = format!(
        "The outputs of the parents have {size_bytes} bytes, allowed are {MAX_INPUT_BYTES}"
    );
    if store.expire(processid, &reason, now)? {
        effects.signal(processid, executortype, ProcessState::Failed);
        effects.signal_all(store.fail_with(processid)?, ProcessState::Failed);
    }
    Ok(())
}

pub(super) fn close_failed(
    context: &mut Context<'_>,
    request: &CloseFailed,
) -> Result<Step, Refusal> {
    let head = held(context, &request.processid, "failed")?;
    let errors = match request.errors.as_slice() {
        [] => Json::default(),
        errors => Json::from_strings(errors),
    };
    if !context.store.fail(&head.processid, context.signer, &errors, context.now)? {
        return Err(wrong_state(head.state, "failed"));
    }
    context.effects.signal(&head.processid, &head.executortype, ProcessState::Failed);
    let others = context.store.fail_with(&head.processid)?;
    context.effects.signal_all(others, ProcessState::Failed);
    Ok(done())
}

/// Counts a success for the function, if the executor has registered it.
fn count(context: &Context<'_>, head: &Head) -> Result<(), Refusal> {
    let Some(executor) = context.store.member(&head.colony, context.signer)? else {
        return Ok(());
    };
    let wait = seconds(head.submitted, head.started);
    let exec = seconds(head.started, context.now);
    context.store.count_success(head, &executor.executorname, wait, exec)?;
    Ok(())
}

/// Seconds from one moment to another, both in nanoseconds.
fn seconds(from: i64, to: i64) -> f64 {
    let ns = u64::try_from(to.saturating_sub(from)).unwrap_or_default();
    Duration::from_nanos(ns).as_secs_f64()
}

/// A process that the signer holds, or held when it ended.
fn held(context: &Context<'_>, id: &str, how: &str) -> Result<Head, Refusal> {
    let missing = Refusal::new(500, format!("Failed to close process as {how}, process is nil"));
    let head = context.require_process(id, missing)?;
    if head.executorid.as_str().is_empty() {
        let reason = format!("Failed to close process as {how}, process is not assigned");
        return Err(Refusal::forbidden(reason));
    }
    if head.executorid != *context.signer {
        return Err(not_allowed(how));
    }
    Ok(head)
}

fn not_allowed(how: &str) -> Refusal {
    let reason = format!("not allowed to close process as {how}");
    Refusal::forbidden(format!("Failed to close process as {how}, {reason}"))
}

fn wrong_state(state: ProcessState, how: &str) -> Refusal {
    let state = match state {
        ProcessState::Waiting => "waiting",
        ProcessState::Running => "running",
        ProcessState::Success => "successful",
        ProcessState::Failed => "failed",
        ProcessState::Cancelled => "cancelled",
    };
    Refusal::bad(format!("Tried to set {state} process as {how}"))
}

fn non_empty(out: &Json) -> Option<&Json> {
    (!matches!(out.as_str(), "[]" | "null")).then_some(out)
}
