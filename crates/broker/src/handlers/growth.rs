//! A workflow that grows while it runs: the holder of a node adds processes behind it.

use webpool_colony::request::AddChild;
use webpool_colony::{FunctionSpec, Id, ProcessState};

use super::processes::store;
use super::{Context, Step, reply};
use crate::error::Refusal;
use crate::store::{Head, Place};

/// Adds a process that waits for one the signer runs. It stands beside the parent's other children,
/// perhaps with a child of its own, or between the parent and all of them. Nobody is its initiator,
/// as with the reference server.
pub(super) fn add_child(context: &Context<'_>, request: &AddChild) -> Result<Step, Refusal> {
    let missing = "Failed to add child to processgraph, msg.FunctionSpec is nil";
    let mut spec = request.spec.clone().ok_or_else(|| Refusal::bad(missing))?;
    context.require_member(&spec.conditions.colonyname)?;
    let parent = held_parent(context, request, &spec)?;
    let children = children(context, request, &parent)?;
    let processid = context.store.fresh_id()?;
    let place = Place { processid, graphid: parent.graphid, waits: 1 };
    let nobody = Id::from_text("");
    store(context, &mut spec, (&nobody, ""), Some(&place))?;
    if request.insert {
        context.store.unlink_children(&parent.processid)?;
    }
    context.store.add_link(&parent.processid, &place.processid)?;
    for child in children {
        context.store.add_link(&place.processid, &child)?;
        if !request.insert {
            context.store.wait_for_one_more(&child)?;
        }
    }
    reply(&context.store.process(&place.processid)?)
}

/// The parent: a node of that graph and of the child's colony, run by the signer.
fn held_parent(
    context: &Context<'_>,
    request: &AddChild,
    spec: &FunctionSpec,
) -> Result<Head, Refusal> {
    let id = &request.parentprocessid;
    let refuse = |what: &str| Refusal::bad(format!("Process with Id {id} {what}"));
    let not_running = || refuse("is not running");
    let head = context.store.head(id)?.ok_or_else(not_running)?;
    if head.state != ProcessState::Running {
        return Err(not_running());
    }
    if head.colony != spec.conditions.colonyname {
        let colony = &spec.conditions.colonyname;
        return Err(refuse(&format!("is not in Colony with name <{colony}>")));
    }
    if head.executorid != *context.signer {
        let signer = context.signer.as_str();
        return Err(refuse(&format!("is not assigned to executor with Id {signer}")));
    }
    if head.graphid.is_empty() {
        return Err(refuse("does not belong to a processgraph"));
    }
    if head.graphid != request.processgraphid {
        let graph = &request.processgraphid;
        return Err(refuse(&format!("does not belong to processgraph with Id {graph}")));
    }
    Ok(head)
}

/// What will wait for the new process.
fn children(
    context: &Context<'_>,
    request: &AddChild,
    parent: &Head,
) -> Result<Vec<String>, Refusal> {
    if request.insert {
        return Ok(context.store.children(&parent.processid)?);
    }
    let id = &request.childprocessid;
    if id.is_empty() {
        return Ok(Vec::new());
    }
    let child = context.store.head(id)?.filter(|child| child.graphid == parent.graphid);
    match child {
        // Only what waits can wait for more; and what waits is no ancestor of what runs.
        Some(child) if child.state == ProcessState::Waiting => Ok(vec![child.processid]),
        Some(_) | None => {
            let graph = &parent.graphid;
            let reason = format!("does not wait in processgraph with Id {graph}");
            Err(Refusal::bad(format!("Process with Id {id} {reason}")))
        }
    }
}
