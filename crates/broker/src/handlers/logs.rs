//! What executors say about processes and about themselves.

use webpool_colony::ProcessState;
use webpool_colony::request::{AddExecutorLog, AddLog, GetLogs, SearchLogs};
use webpool_colony::types::Log;

use super::{Context, Step, done, reply_list};
use crate::deadlines::SECOND;
use crate::error::Refusal;
use crate::store::Reach;

/// The most lines in one list.
const MAX_COUNT: i64 = 500;

/// The most lines that one search finds.
const MAX_FOUND: i64 = 100;

/// How far back a search looks, in days.
const MAX_DAYS: i64 = 30;

/// The most lines that one search looks at, the newest first.
const MAX_LINES: i64 = 100_000;

/// The most bytes in the lines that one search looks at (16 MiB), for a text of the usual length. A
/// search takes the longer the longer its text is: for one of twice that length it is half of them.
const MAX_BYTES: i64 = 16 << 20;

/// The usual length of a text, in bytes.
const USUAL_TEXT_BYTES: i64 = 64;

/// How long a text to search for may be, in bytes.
const MAX_TEXT_BYTES: i64 = 1000;

pub(super) fn add(context: &Context<'_>, request: &AddLog) -> Result<Step, Refusal> {
    let missing = Refusal::new(500, "Failed to add log, process is nil");
    let head = context.require_process(&request.processid, missing)?;
    if head.state != ProcessState::Running {
        return Err(Refusal::forbidden("Failed to set output, process is not running"));
    }
    let executor = context.store.member(&head.colony, context.signer)?;
    let holder = executor.filter(|executor| executor.executorid == head.executorid);
    let holder = holder.ok_or_else(|| {
        Refusal::forbidden(
            "Failed to add log, not allowed to add log, only the assigned Executor may att logs",
        )
    })?;
    context.store.add_log(&Log {
        processid: head.processid,
        colonyname: head.colony,
        executorname: holder.executorname,
        message: request.message.clone(),
        timestamp: context.now,
    })?;
    Ok(done())
}

pub(super) fn add_about_executor(
    context: &Context<'_>,
    request: &AddExecutorLog,
) -> Result<Step, Refusal> {
    context.require_member(&request.colonyname)?;
    let executor = context.store.member(&request.colonyname, context.signer)?;
    let missing = || Refusal::forbidden("Failed to add executor log, executor not found");
    let executor = executor.ok_or_else(missing)?;
    if executor.executorname != request.executorname {
        return Err(Refusal::forbidden("Failed to add executor log, executor name mismatch"));
    }
    context.store.add_log(&Log {
        processid: String::new(),
        colonyname: executor.colonyname,
        executorname: executor.executorname,
        message: request.message.clone(),
        timestamp: context.now,
    })?;
    Ok(done())
}

pub(super) fn list(context: &Context<'_>, request: &GetLogs) -> Result<Step, Refusal> {
    if request.executorname.is_empty() {
        let missing = Refusal::new(500, "Failed to get logs, process does not exist");
        context.require_process(&request.processid, missing)?;
    } else {
        let executor = context.store.executor(&request.colonyname, &request.executorname)?;
        if executor.is_none() {
            return Err(Refusal::new(500, "Failed to get logs, executor does not exist"));
        }
        context.require_member(&request.colonyname)?;
    }
    if request.count > MAX_COUNT {
        return Err(Refusal::forbidden("Count exceeds max log count (500)"));
    }
    if request.count < 0 {
        return Err(Refusal::bad("pq: LIMIT must not be negative"));
    }
    reply_list(&context.store.logs(request)?)
}

pub(super) fn search(context: &Context<'_>, request: &SearchLogs) -> Result<Step, Refusal> {
    context.require_member(&request.colonyname)?;
    if request.count > MAX_FOUND {
        return Err(Refusal::bad("Count exceeds max log count (100)"));
    }
    if request.days > MAX_DAYS {
        return Err(Refusal::bad("Count exceeds max day count (30)"));
    }
    if request.count < 0 {
        return Err(Refusal::bad("pq: LIMIT must not be negative"));
    }
    let text_bytes = i64::try_from(request.text.len()).unwrap_or(i64::MAX);
    if text_bytes > MAX_TEXT_BYTES {
        return Err(Refusal::bad("Text exceeds max length (1000 bytes)"));
    }
    let age = request.days.saturating_mul(86_400).saturating_mul(SECOND);
    let since = context.now.saturating_sub(age);
    let bytes = MAX_BYTES / (text_bytes / USUAL_TEXT_BYTES).max(1);
    let reach = Reach { since, lines: MAX_LINES, bytes };
    reply_list(&context.store.search_logs(request, reach)?)
}
