//! Processes as those see them who submit: submitted, read, listed, called off and deleted.

use webpool_colony::request::{
    CancelProcess, GetProcess, GetProcessHist, GetProcesses, RemoveAllProcesses, RemoveProcess,
    Submit,
};
use webpool_colony::{FunctionSpec, Id, Process, ProcessState};

use super::{Context, Step, done, reply, reply_list};
use crate::channels::MAX_NAMES_BYTES;
use crate::deadlines::SECOND;
use crate::error::Refusal;
use crate::size::{cpu_from_text, cpu_to_text, memory_from_text, memory_to_text};
use crate::store::{Filter, Place, Submission};

/// The most a process may be preferred, or put off, in days of age.
const MAX_PRIORITY: u64 = 50_000;

/// The most processes in one list.
pub(super) const MAX_COUNT: i64 = 100;

pub(super) fn submit(context: &mut Context<'_>, request: &Submit) -> Result<Step, Refusal> {
    let missing = || Refusal::bad("Failed to submit process spec, msg.FunctionSpec is nil");
    let spec = request.spec.clone().ok_or_else(missing)?;
    context.require_member(&spec.conditions.colonyname)?;
    if spec.priority.unsigned_abs() > MAX_PRIORITY {
        return Err(Refusal::bad(
            "Failed to submit function spec, priority outside range [-50000, 50000]",
        ));
    }
    reply(&enqueue(context, spec)?)
}

/// Stores a process of the signer's, and lets those who wait know.
pub(super) fn enqueue(
    context: &mut Context<'_>,
    mut spec: FunctionSpec,
) -> Result<Process, Refusal> {
    let initiatorname = member_name(context, &spec.conditions.colonyname)?;
    let process = store(context, &mut spec, (context.signer, &initiatorname), None)?;
    let executortype = &spec.conditions.executortype;
    context.effects.signal(&process.processid, executortype, ProcessState::Waiting);
    Ok(process)
}

/// The reference server's database keeps these numbers in 32 bits.
fn require_integers(spec: &FunctionSpec) -> Result<(), Refusal> {
    let conditions = &spec.conditions;
    let numbers = [
        spec.maxwaittime,
        spec.maxexectime,
        spec.maxretries,
        conditions.nodes,
        conditions.processes,
        conditions.processespernode,
    ];
    match numbers.into_iter().find(|number| i32::try_from(*number).is_err()) {
        None => Ok(()),
        Some(number) => {
            Err(Refusal::bad(format!("pq: value \"{number}\" is out of range for type integer")))
        }
    }
}

fn require_short_names(channels: &[String]) -> Result<(), Refusal> {
    let lengths = channels.iter().map(|name| name.len().saturating_add(3));
    let size_bytes = lengths.fold(0, usize::saturating_add);
    if size_bytes <= MAX_NAMES_BYTES {
        return Ok(());
    }
    let limit = format!("allowed are {MAX_NAMES_BYTES}");
    Err(Refusal::bad(format!("The names of the channels have {size_bytes} bytes, {limit}")))
}

/// Stores a process of the initiator with that id and name; sizes are written as the server does.
pub(super) fn store(
    context: &Context<'_>,
    spec: &mut FunctionSpec,
    (initiator, initiatorname): (&Id, &str),
    place: Option<&Place>,
) -> Result<Process, Refusal> {
    let (cpu, mem, storage) = write_sizes(spec)?;
    require_integers(spec)?;
    require_short_names(&spec.channels)?;
    let submission = Submission { spec, cpu, mem, storage, initiator, initiatorname, place };
    let stored = context.store.submit(&submission, context.now)?;
    stored.ok_or_else(|| Refusal::new(500, "storage: no row came back"))
}

/// Writes the sizes of the conditions as the server does; returns processor, memory and storage.
fn write_sizes(spec: &mut FunctionSpec) -> Result<(i64, i64, i64), Refusal> {
    let conditions = &mut spec.conditions;
    let cpu = cpu_from_text(&conditions.cpu)?;
    let mem = memory_from_text(&conditions.mem)?;
    let storage = memory_from_text(&conditions.storage)?;
    let gpu_mem = memory_from_text(&conditions.gpu.mem)?;
    conditions.cpu = cpu_to_text(cpu);
    conditions.mem = memory_to_text(mem);
    conditions.storage = memory_to_text(storage);
    conditions.gpu.mem = memory_to_text(gpu_mem);
    conditions.gpu.nodecount = 0;
    Ok((cpu, mem, storage))
}

/// The signer's name: the executor's if it is one, else the user's.
pub(super) fn member_name(context: &Context<'_>, colony: &str) -> Result<String, Refusal> {
    if let Some(executor) = context.store.member(colony, context.signer)? {
        return Ok(executor.executorname);
    }
    let user = context.store.user_by_id(colony, context.signer)?;
    Ok(user.map(|user| user.name).unwrap_or_default())
}

pub(super) fn get(context: &Context<'_>, request: &GetProcess) -> Result<Step, Refusal> {
    let missing = Refusal::new(404, "Failed to get process, process not found");
    context.require_process(&request.processid, missing)?;
    reply(&context.store.process(&request.processid)?)
}

pub(super) fn list(context: &Context<'_>, request: &GetProcesses) -> Result<Step, Refusal> {
    let colony = &request.colonyname;
    context.require_member(colony)?;
    if request.count > MAX_COUNT {
        return Err(Refusal::bad("Count is larger than MaxCount limit <100>"));
    }
    let initiator = initiator_id(context, request)?;
    let invalid = || Refusal::bad("Failed to get processes, invalid msg.State");
    let state = ProcessState::from_code(request.state).ok_or_else(invalid)?;
    if request.count < 0 {
        return Err(Refusal::bad("pq: LIMIT must not be negative"));
    }
    let filter = match (&request.executortype, &initiator, &request.label) {
        (executortype, _, _) if !executortype.is_empty() => Filter::ExecutorType(executortype),
        (_, Some(id), _) => Filter::Initiator(id.as_str()),
        (_, None, label) if !label.is_empty() => Filter::Label(label),
        _ => Filter::All,
    };
    reply_list(&context.store.processes(colony, state, filter, request.count)?)
}

/// The id of the user whose processes are asked for, if any.
fn initiator_id(context: &Context<'_>, request: &GetProcesses) -> Result<Option<Id>, Refusal> {
    if request.initiator.is_empty() {
        return Ok(None);
    }
    let user = context.store.user(&request.colonyname, &request.initiator)?;
    let name = &request.initiator;
    let user = user.ok_or_else(|| Refusal::bad(format!("User <{name}> does not exist")))?;
    Ok(Some(user.userid))
}

pub(super) fn history(context: &Context<'_>, request: &GetProcessHist) -> Result<Step, Refusal> {
    let colony = &request.colonyname;
    context.require_member(colony)?;
    let since = context.now.saturating_sub(request.seconds.saturating_mul(SECOND));
    reply_list(&context.store.history(colony, &request.executorid, request.state, since)?)
}

pub(super) fn remove(context: &Context<'_>, request: &RemoveProcess) -> Result<Step, Refusal> {
    let missing = Refusal::new(500, "Failed to remove process, process is nil");
    let head = context.require_process(&request.processid, missing)?;
    if !head.graphid.is_empty() {
        return Err(Refusal::bad(
            "Failed to remove, cannot remove a process part of a workflow, delete the entire \
             workflow instead",
        ));
    }
    if head.state == ProcessState::Running {
        let reason = "Failed to remove process, cannot remove a running process";
        return Err(Refusal::bad(reason));
    }
    context.store.remove_process(&head.processid)?;
    Ok(done())
}

pub(super) fn remove_all(
    context: &Context<'_>,
    request: &RemoveAllProcesses,
) -> Result<Step, Refusal> {
    context.require_owner(&request.colonyname)?;
    let state = match (request.state, ProcessState::from_code(request.state)) {
        (-1, _) => None,
        (_, Some(ProcessState::Running)) => {
            return Err(Refusal::bad("Not possible to remove running processes"));
        }
        (_, Some(state)) => Some(state),
        (_, None) => return Err(Refusal::bad("Invalid state when deleting all processes")),
    };
    context.store.remove_processes(&request.colonyname, state)?;
    Ok(done())
}

pub(super) fn cancel(context: &mut Context<'_>, request: &CancelProcess) -> Result<Step, Refusal> {
    let missing = Refusal::new(500, "Failed to cancel process, process is nil");
    let head = context.require_process(&request.processid, missing)?;
    if !head.graphid.is_empty() {
        return Err(Refusal::bad(
            "Failed to cancel, cannot cancel a process part of a workflow, cancel the entire \
             workflow instead",
        ));
    }
    if !context.store.cancel(&head.processid, context.now)? {
        return Err(Refusal::bad(match head.state {
            ProcessState::Success => "Tried to cancel successful process",
            ProcessState::Failed => "Tried to cancel failed process",
            ProcessState::Waiting | ProcessState::Running | ProcessState::Cancelled => {
                "Tried to cancel already cancelled process"
            }
        }));
    }
    context.effects.signal(&head.processid, &head.executortype, ProcessState::Cancelled);
    Ok(done())
}
