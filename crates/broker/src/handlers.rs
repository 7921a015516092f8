//! What each request does, one function a request: checks in the protocol's order, then the action.
//!
//! A handler works inside its own savepoint: when it refuses, nothing of it is stored.
//!
//! - [`colonies`], [`users`], [`executors`], [`functions`]: who and what there is
//! - [`processes`]: submitting, reading, listing and deleting
//! - [`work`]: asking for work, and reporting on it
//! - [`graphs`], [`growth`]: workflows, and nodes added to one that runs
//! - [`channels`]: what the two parties of a process say to each other
//! - [`pauses`]: holding back all work of a colony
//! - [`blueprints`]: what somebody wants, and the processes that bring it about
//! - [`attributes`], [`logs`]: what is noted about a process

mod attributes;
mod blueprints;
mod channels;
mod colonies;
mod executors;
mod functions;
mod graphs;
mod growth;
mod logs;
mod pauses;
mod processes;
mod users;
mod work;

use std::sync::Arc;

use serde::Serialize;
use webpool_colony::{Id, Process, ProcessState};

use crate::channels::{Address, Channels};
use crate::error::Refusal;
use crate::intake::Asked;
use crate::rules;
use crate::store::{Head, Poll, Store};

pub(crate) use executors::unregister;
pub(crate) use work::claim;

/// What a request comes to when it is not refused.
#[derive(Debug)]
pub(crate) enum Step {
    /// The JSON of its result.
    Reply(String),
    /// A process was given to who asked.
    Given(Box<Process>),
    /// There is no process yet.
    Wait {
        /// Who asks.
        poll: Box<Poll>,
        /// For how long, in seconds; negative is not at all.
        timeout_s: i64,
        /// Whether all work of the colony is held back.
        is_paused: bool,
    },
}

/// Somebody may be waiting for this: a process has reached a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) processid: String,
    pub(crate) executortype: String,
    pub(crate) state: ProcessState,
}

/// Something was said in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) address: Address,
    /// The entry.
    pub(crate) json: Arc<str>,
}

/// What a request changes outside the file.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Processes that have reached a state.
    pub(crate) signals: Vec<Signal>,
    /// What was said in channels.
    pub(crate) said: Vec<Said>,
    /// Whether somebody may have ceased to be a member of a colony.
    pub(crate) is_membership_changed: bool,
    /// A colony whose work is handed out again.
    pub(crate) resumed: Option<String>,
}

impl Effects {
    /// Notes that a process has reached a state.
    pub(crate) fn signal(&mut self, processid: &str, executortype: &str, state: ProcessState) {
        let (processid, executortype) = (processid.to_owned(), executortype.to_owned());
        self.signals.push(Signal { processid, executortype, state });
    }

    /// Notes that processes, each with its executor type, have reached a state.
    pub(crate) fn signal_all(&mut self, processes: Vec<(String, String)>, state: ProcessState) {
        let signal = |(processid, executortype)| Signal { processid, executortype, state };
        self.signals.extend(processes.into_iter().map(signal));
    }
}

/// One request being handled.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) store: &'a Store,
    pub(crate) server: &'a Id,
    pub(crate) signer: &'a Id,
    /// Nanoseconds since 1970.
    pub(crate) now: i64,
    pub(crate) effects: &'a mut Effects,
    pub(crate) channels: &'a mut Channels,
}

impl Context<'_> {
    fn require_server_owner(&self) -> Result<(), Refusal> {
        rules::require_server_owner(self.server, self.signer)
    }

    fn require_owner(&self, colony: &str) -> Result<(), Refusal> {
        rules::require_owner(self.store, colony, self.signer)
    }

    fn require_member(&self, colony: &str) -> Result<(), Refusal> {
        rules::require_member(self.store, colony, self.signer)
    }

    /// A member, or the owner.
    fn require_insider(&self, colony: &str) -> Result<(), Refusal> {
        self.require_member(colony).or_else(|_| self.require_owner(colony))
    }

    fn require_known(&self, colony: &str) -> Result<(), Refusal> {
        rules::require_known(self.store, colony, self.signer)
    }

    /// A process that a member asks about; `missing` is said if there is none.
    fn require_process(&self, id: &str, missing: Refusal) -> Result<Head, Refusal> {
        let head = self.store.head(id)?.ok_or(missing)?;
        self.require_member(&head.colony)?;
        Ok(head)
    }
}

/// A result.
fn reply(result: &impl Serialize) -> Result<Step, Refusal> {
    let text = serde_json::to_string(result);
    text.map(Step::Reply).map_err(|error| Refusal::new(500, error.to_string()))
}

/// A list; an empty one is `null`.
fn reply_list(list: &[impl Serialize]) -> Result<Step, Refusal> {
    if list.is_empty() { Ok(Step::Reply("null".to_owned())) } else { reply(&list) }
}

/// Nothing more to say.
fn done() -> Step {
    Step::Reply("{}".to_owned())
}

/// Handles one request.
#[expect(clippy::too_many_lines, reason = "a line a kind of request")]
pub(crate) fn handle(context: &mut Context<'_>, asked: &Asked) -> Result<Step, Refusal> {
    match asked {
        Asked::GetStatistics(_) => colonies::statistics(context),
        Asked::AddColony(request) => colonies::add(context, request),
        Asked::RemoveColony(request) => colonies::remove(context, request),
        Asked::GetColonies(_) => colonies::list(context),
        Asked::GetColony(request) => colonies::get(context, request),
        Asked::GetColonyStats(request) => colonies::colony_statistics(context, request),
        Asked::AddUser(request) => users::add(context, request),
        Asked::GetUsers(request) => users::list(context, request),
        Asked::GetUser(request) => users::get(context, request),
        Asked::GetUserById(request) => users::get_by_id(context, request),
        Asked::RemoveUser(request) => users::remove(context, request),
        Asked::AddExecutor(request) => executors::add(context, request),
        Asked::ApproveExecutor(request) => executors::approve(context, request),
        Asked::RejectExecutor(request) => executors::reject(context, request),
        Asked::RemoveExecutor(request) => executors::remove(context, request),
        Asked::GetExecutor(request) => executors::get(context, request),
        Asked::GetExecutorById(request) => executors::get_by_id(context, request),
        Asked::GetExecutors(request) => executors::list(context, request),
        Asked::UpdateExecutor(request) => executors::update(context, request),
        Asked::ReportAllocation(request) => executors::report(context, request),
        Asked::AddFunction(request) => functions::add(context, request),
        Asked::GetFunctions(request) => functions::list(context, request),
        Asked::RemoveFunction(request) => functions::remove(context, request),
        Asked::Submit(request) => processes::submit(context, request),
        Asked::GetProcess(request) => processes::get(context, request),
        Asked::GetProcesses(request) => processes::list(context, request),
        Asked::GetProcessHist(request) => processes::history(context, request),
        Asked::RemoveProcess(request) => processes::remove(context, request),
        Asked::RemoveAllProcesses(request) => processes::remove_all(context, request),
        Asked::CancelProcess(request) => processes::cancel(context, request),
        Asked::Assign(request) => work::assign(context, request),
        Asked::SetOutput(request) => work::set_output(context, request),
        Asked::CloseSuccessful(request) => work::close_successful(context, request),
        Asked::CloseFailed(request) => work::close_failed(context, request),
        Asked::SubmitWorkflow(request) => graphs::submit(context, request),
        Asked::GetProcessGraph(request) => graphs::get(context, request),
        Asked::GetProcessGraphs(request) => graphs::list(context, request),
        Asked::RemoveProcessGraph(request) => graphs::remove(context, request),
        Asked::RemoveAllProcessGraphs(request) => graphs::remove_all(context, request),
        Asked::CancelProcessGraph(request) => graphs::cancel(context, request),
        Asked::AddChild(request) => growth::add_child(context, request),
        Asked::AddAttribute(request) => attributes::add(context, request),
        Asked::GetAttribute(request) => attributes::get(context, request),
        Asked::AddLog(request) => logs::add(context, request),
        Asked::AddExecutorLog(request) => logs::add_about_executor(context, request),
        Asked::GetLogs(request) => logs::list(context, request),
        Asked::ChannelAppend(request) => channels::append(context, request),
        Asked::ChannelRead(request) => channels::read(context, request),
        Asked::SearchLogs(request) => logs::search(context, request),
        Asked::PauseAssignments(request) => pauses::pause(context, request),
        Asked::ResumeAssignments(request) => pauses::resume(context, request),
        Asked::GetPauseStatus(request) => pauses::status(context, request),
        Asked::AddBlueprintDefinition(request) => blueprints::add_definition(context, request),
        Asked::GetBlueprintDefinition(request) => blueprints::get_definition(context, request),
        Asked::GetBlueprintDefinitions(request) => blueprints::list_definitions(context, request),
        Asked::RemoveBlueprintDefinition(request) => {
            blueprints::remove_definition(context, request)
        }
        Asked::AddBlueprint(request) => blueprints::add(context, request),
        Asked::GetBlueprint(request) => blueprints::get(context, request),
        Asked::GetBlueprints(request) => blueprints::list(context, request),
        Asked::UpdateBlueprint(request) => blueprints::update(context, request),
        Asked::UpdateBlueprintStatus(request) => blueprints::set_status(context, request),
        Asked::RemoveBlueprint(request) => blueprints::remove(context, request),
        Asked::ReconcileBlueprint(request) => blueprints::reconcile(context, request),
    }
}
