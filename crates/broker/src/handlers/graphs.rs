//! Workflows: submitted, read, listed, called off and deleted as a whole.

use webpool_colony::request::{
    CancelProcessGraph, GetProcessGraph, GetProcessGraphs, RemoveAllProcessGraphs,
    RemoveProcessGraph, SubmitWorkflow,
};
use webpool_colony::{ProcessGraph, ProcessState, Timestamp, WorkflowSpec};

use super::processes::{MAX_COUNT, member_name, store};
use super::{Context, Step, done, reply, reply_list};
use crate::error::Refusal;
use crate::layout::{Member, edges, nodes, roots, walk};
use crate::store::{NewGraph, Place};
use crate::workflow::{Links, link};

/// Stores a workflow, all of it or nothing. One without nodes has nothing left to do.
pub(super) fn submit(context: &mut Context<'_>, request: &SubmitWorkflow) -> Result<Step, Refusal> {
    let missing = || Refusal::bad("Failed to submit workflow, msg.WorkflowSpec is nil");
    let mut workflow = request.spec.clone().ok_or_else(missing)?;
    context.require_member(&workflow.colonyname)?;
    let links = link(&workflow.functionspecs)?;
    let initiatorname = member_name(context, &workflow.colonyname)?;
    let state = if links.is_empty() { ProcessState::Success } else { ProcessState::Waiting };
    let (colony, initiator) = (&workflow.colonyname, context.signer);
    let new = NewGraph { colony, initiator, initiatorname: &initiatorname, state };
    let graphid = context.store.add_graph(&new, context.now)?;
    let places = places(context, &graphid, &links)?;
    add_nodes(context, &mut workflow, &initiatorname, &places)?;
    add_links(context, &links, &places)?;
    let graph = context.store.graph(&graphid)?;
    reply(&graph.map(|graph| as_submitted(graph, &places)))
}

/// An id for each node, and how many others it waits for.
fn places(context: &Context<'_>, graphid: &str, links: &[Links]) -> Result<Vec<Place>, Refusal> {
    let place = |links: &Links| {
        let (graphid, waits) = (graphid.to_owned(), links.parents.len());
        Ok(Place { processid: context.store.fresh_id()?, graphid, waits })
    };
    links.iter().map(place).collect()
}

/// Stores what waits for what: the parents of a child in their order, and the children of a parent
/// in the workflow's.
fn add_links(context: &Context<'_>, links: &[Links], places: &[Place]) -> Result<(), Refusal> {
    for (links, child) in links.iter().zip(places) {
        for parent in links.parents.iter().filter_map(|at| places.get(*at)) {
            context.store.add_link(&parent.processid, &child.processid)?;
        }
    }
    Ok(())
}

/// Stores the nodes, in the workflow's order; those that wait for no other may be given away.
fn add_nodes(
    context: &mut Context<'_>,
    workflow: &mut WorkflowSpec,
    initiatorname: &str,
    places: &[Place],
) -> Result<(), Refusal> {
    for (spec, place) in workflow.functionspecs.iter_mut().zip(places) {
        spec.conditions.colonyname.clone_from(&workflow.colonyname);
        if spec.maxexectime == 0 {
            spec.maxexectime = -1;
        }
        let initiator = (context.signer, initiatorname);
        let process =
            store(context, spec, initiator, Some(place)).map_err(|refusal| {
                match refusal.status {
                    400 => Refusal::new(500, "Failed to submit workflow, failed to add process"),
                    _ => refusal,
                }
            })?;
        if place.waits == 0 {
            let executortype = &spec.conditions.executortype;
            context.effects.signal(&process.processid, executortype, ProcessState::Waiting);
        }
    }
    Ok(())
}

/// A graph as the answer to its submission shows it: without times, in the workflow's order.
fn as_submitted(graph: ProcessGraph, places: &[Place]) -> ProcessGraph {
    let ids = |places: Vec<&Place>| {
        let ids: Vec<String> = places.into_iter().map(|place| place.processid.clone()).collect();
        (!ids.is_empty()).then_some(ids)
    };
    let is_root = |place: &&Place| place.waits == 0;
    ProcessGraph {
        rootprocessids: ids(places.iter().filter(is_root).collect()),
        processids: ids(places.iter().collect()),
        submissiontime: Timestamp::NEVER,
        starttime: Timestamp::NEVER,
        endtime: Timestamp::NEVER,
        ..graph
    }
}

pub(super) fn get(context: &Context<'_>, request: &GetProcessGraph) -> Result<Step, Refusal> {
    let graph = existing(context, &request.processgraphid, "get")?;
    let members = context.store.members(&graph.processgraphid)?;
    let walked = walk(&members);
    let (nodes, edges) = (nodes(&walked), edges(&walked));
    reply(&ProcessGraph { nodes, edges, ..with_ids(graph, &members) })
}

/// A graph with the ids of its nodes, in the order of the walk.
fn with_ids(graph: ProcessGraph, members: &[Member]) -> ProcessGraph {
    let roots: Vec<_> = roots(members).map(|member| member.processid.clone()).collect();
    let walked = walk(members);
    ProcessGraph {
        rootprocessids: (!roots.is_empty()).then_some(roots),
        processids: Some(walked.iter().map(|(member, _)| member.processid.clone()).collect()),
        ..graph
    }
}

pub(super) fn list(context: &Context<'_>, request: &GetProcessGraphs) -> Result<Step, Refusal> {
    context.require_member(&request.colonyname)?;
    let invalid = || Refusal::bad("invalid msg.State");
    let state = ProcessState::from_code(request.state).ok_or_else(invalid)?;
    if request.count > MAX_COUNT {
        return Err(Refusal::bad("Count is larger than MaxCount limit <100>"));
    }
    if request.count < 0 {
        return Err(Refusal::bad("pq: LIMIT must not be negative"));
    }
    let mut graphs = Vec::new();
    for graph in context.store.graphs(&request.colonyname, state, request.count)? {
        let members = context.store.members(&graph.processgraphid)?;
        graphs.push(with_ids(graph, &members));
    }
    reply_list(&graphs)
}

pub(super) fn remove(context: &Context<'_>, request: &RemoveProcessGraph) -> Result<Step, Refusal> {
    let graph = existing(context, &request.processgraphid, "remove")?;
    let is_running = graph.state() == Some(ProcessState::Running);
    if is_running || context.store.has_running_node(&graph.processgraphid)? {
        let reason = "Failed to remove processgraph, cannot remove a running processgraph";
        return Err(Refusal::bad(reason));
    }
    context.store.remove_graph(&graph.processgraphid)?;
    Ok(done())
}

pub(super) fn remove_all(
    context: &Context<'_>,
    request: &RemoveAllProcessGraphs,
) -> Result<Step, Refusal> {
    context.require_owner(&request.colonyname)?;
    let state = match (request.state, ProcessState::from_code(request.state)) {
        (-1, _) => None,
        (_, Some(ProcessState::Running)) => {
            return Err(Refusal::bad("not possible to remove running processgraphs"));
        }
        (_, Some(state)) => Some(state),
        (_, None) => return Err(Refusal::bad("invalid state when deleting all processgraphs")),
    };
    context.store.remove_graphs(&request.colonyname, state)?;
    Ok(done())
}

/// Calls off what has not ended. A graph that has ended stays as it is.
pub(super) fn cancel(
    context: &mut Context<'_>,
    request: &CancelProcessGraph,
) -> Result<Step, Refusal> {
    let graph = existing(context, &request.processgraphid, "cancel")?;
    let cancelled = context.store.cancel_graph(&graph.processgraphid, context.now)?;
    context.effects.signal_all(cancelled, ProcessState::Cancelled);
    Ok(done())
}

/// A graph that a member asks about; `verb` is what it is asked for.
fn existing(context: &Context<'_>, id: &str, verb: &str) -> Result<ProcessGraph, Refusal> {
    let reason = || format!("Failed to {verb} processgraph, graph is nil");
    let graph = context.store.graph(id)?.ok_or_else(|| Refusal::new(500, reason()))?;
    context.require_member(&graph.colonyname)?;
    Ok(graph)
}
