//! Executors: added, approved, described and taken off.

use webpool_colony::ProcessState;
use webpool_colony::request::{
    AddExecutor, ApproveExecutor, GetExecutor, GetExecutorById, GetExecutors, RejectExecutor,
    RemoveExecutor, ReportAllocation, UpdateExecutor,
};
use webpool_colony::types::{Executor, ExecutorState};

use super::{Context, Effects, Step, done, reply, reply_list};
use crate::error::Refusal;
use crate::rules;
use crate::store::Store;

/// Adds an executor, pending. One that has the name gives up its place and its processes.
pub(super) fn add(context: &mut Context<'_>, request: &AddExecutor) -> Result<Step, Refusal> {
    let missing = || Refusal::bad("Failed to add executor, executor is nil");
    let executor = request.executor.as_ref().ok_or_else(missing)?;
    context.require_owner(&executor.colonyname)?;
    rules::require_plain_name("Failed to add executor", &executor.executorname)?;
    let (colony, name) = (&executor.colonyname, &executor.executorname);
    if let Some(former) = context.store.executor(colony, name)? {
        unregister(context.store, &former, context.now, context.effects)?;
    }
    context.store.put_executor(executor, context.now)?;
    reply(&context.store.executor(colony, name)?)
}

pub(super) fn approve(context: &Context<'_>, request: &ApproveExecutor) -> Result<Step, Refusal> {
    let names = (request.colonyname.as_str(), request.executorname.as_str());
    let executor = owned(context, names, "Failed to approve executor, executor is nil")?;
    let (colony, id) = (&executor.colonyname, &executor.executorid);
    context.store.set_executor_state(colony, id, ExecutorState::Approved)?;
    Ok(done())
}

pub(super) fn reject(context: &mut Context<'_>, request: &RejectExecutor) -> Result<Step, Refusal> {
    let names = (request.colonyname.as_str(), request.executorname.as_str());
    let executor = owned(context, names, "Failed to reject executor, executor is nil")?;
    let (colony, id) = (&executor.colonyname, &executor.executorid);
    context.store.set_executor_state(colony, id, ExecutorState::Rejected)?;
    context.effects.is_membership_changed = true;
    Ok(done())
}

pub(super) fn remove(context: &mut Context<'_>, request: &RemoveExecutor) -> Result<Step, Refusal> {
    let names = (request.colonyname.as_str(), request.executorname.as_str());
    let executor = owned(context, names, "Failed to remove executor, executor is nil")?;
    unregister(context.store, &executor, context.now, context.effects)?;
    Ok(done())
}

/// Marks an executor unregistered; what it ran waits again, what it offered is gone.
pub(crate) fn unregister(
    store: &Store,
    executor: &Executor,
    now: i64,
    effects: &mut Effects,
) -> Result<(), Refusal> {
    store.unregister(executor)?;
    effects.is_membership_changed = true;
    let (colony, id) = (&executor.colonyname, &executor.executorid);
    for (processid, executortype) in store.take_back(colony, id, "", now)? {
        effects.signal(&processid, &executortype, ProcessState::Waiting);
    }
    Ok(())
}

pub(super) fn get(context: &Context<'_>, request: &GetExecutor) -> Result<Step, Refusal> {
    let executor = context.store.executor(&request.colonyname, &request.executorname)?;
    let missing = || Refusal::new(500, "Failed to get executor, executor is nil");
    let executor = executor.ok_or_else(missing)?;
    context.require_member(&executor.colonyname)?;
    reply(&executor)
}

/// The id alone names the executor; of several, the one in a colony of the signer's.
pub(super) fn get_by_id(context: &Context<'_>, request: &GetExecutorById) -> Result<Step, Refusal> {
    let executors = context.store.executors_by_id(&request.executorid)?;
    let mut refusal = Refusal::new(404, "Failed to get executor by ID, executor is nil");
    for executor in executors {
        match context.require_member(&executor.colonyname) {
            Ok(()) => return reply(&executor),
            Err(reason) => refusal = reason,
        }
    }
    Err(refusal)
}

pub(super) fn list(context: &Context<'_>, request: &GetExecutors) -> Result<Step, Refusal> {
    context.require_known(&request.colonyname)?;
    reply_list(&context.store.executors(&request.colonyname)?)
}

pub(super) fn update(context: &Context<'_>, request: &UpdateExecutor) -> Result<Step, Refusal> {
    let (colony, name) = (&request.colonyname, &request.executorname);
    let refusal = "Only an executor can update its own capabilities";
    require_itself(context, colony, name, refusal)?;
    context.store.set_capabilities(colony, name, &request.capabilities)?;
    Ok(done())
}

pub(super) fn report(context: &Context<'_>, request: &ReportAllocation) -> Result<Step, Refusal> {
    let (colony, name) = (&request.colonyname, &request.executorname);
    let refusal = "Only an executor can report allocations to itself";
    require_itself(context, colony, name, refusal)?;
    context.store.set_allocations(colony, name, &request.allocations)?;
    Ok(done())
}

fn require_itself(
    context: &Context<'_>,
    colony: &str,
    name: &str,
    refusal: &str,
) -> Result<(), Refusal> {
    context.require_known(colony)?;
    let missing = || Refusal::bad(format!("Executor with name <{name}> does not exist"));
    let executor = context.store.executor(colony, name)?.ok_or_else(missing)?;
    if executor.executorid == *context.signer { Ok(()) } else { Err(Refusal::bad(refusal)) }
}

/// An executor by colony and name, for the owner of its colony.
fn owned(
    context: &Context<'_>,
    (colony, name): (&str, &str),
    missing: &str,
) -> Result<Executor, Refusal> {
    let executor = context.store.executor(colony, name)?;
    let executor = executor.ok_or_else(|| Refusal::new(500, missing))?;
    context.require_owner(colony)?;
    Ok(executor)
}
