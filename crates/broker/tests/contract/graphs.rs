//! Workflows: what waits for what, what is handed on, and what follows when a node fails, is called
//! off or takes too long.

use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use webpool_broker::Broker;
use webpool_colony::request::{
    AddColony, AddExecutor, ApproveExecutor, CancelProcessGraph, CloseFailed, GetColonyStats,
    GetProcessGraph, GetProcessGraphs, RemoveColony, RemoveProcessGraph, SubmitWorkflow,
};
use webpool_colony::types::{Colony, Executor};
use webpool_colony::{
    Assigned, Conditions, Error, FunctionSpec, Json, PrivateKey, Process, ProcessGraph,
    ProcessState, WorkflowSpec,
};

use super::fixture::{COLONY, Fixture, TYPE, sentence, spec};
use super::pubsub::{follow, shown};

use ProcessState::{Cancelled, Failed, Running, Success, Waiting};

const SECOND: Duration = Duration::from_secs(1);

/// A node of that name which waits for those.
pub(crate) fn node(name: &str, dependencies: &[&str]) -> FunctionSpec {
    let of = spec("f");
    let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
    let conditions = Conditions { dependencies, ..of.conditions };
    FunctionSpec { nodename: name.to_owned(), conditions, ..of }
}

/// Nodes written as `a b:a c:a,b`.
pub(crate) fn nodes(text: &str) -> Vec<FunctionSpec> {
    let read = |word: &str| {
        let (name, dependencies) = word.split_once(':').unwrap_or((word, ""));
        let names = dependencies.split(',').filter(|name| !name.is_empty());
        node(name, &names.collect::<Vec<_>>())
    };
    text.split_whitespace().map(read).collect()
}

pub(crate) fn submit(
    fixture: &Fixture,
    functionspecs: Vec<FunctionSpec>,
) -> Result<ProcessGraph, Error> {
    let spec = Some(WorkflowSpec { colonyname: COLONY.to_owned(), functionspecs });
    fixture.ask(&fixture.user, &SubmitWorkflow { spec })
}

/// A workflow's id, and the ids of its processes in its own order.
pub(crate) fn start(fixture: &Fixture, text: &str) -> (String, Vec<String>) {
    let graph = submit(fixture, nodes(text)).unwrap();
    (graph.processgraphid, graph.processids.unwrap())
}

pub(crate) fn graph(fixture: &Fixture, id: &str) -> ProcessGraph {
    let request = GetProcessGraph { processgraphid: id.to_owned() };
    fixture.ask(&fixture.user, &request).unwrap()
}

pub(crate) fn fail(fixture: &Fixture, key: &PrivateKey, id: &str) -> Result<(), Error> {
    let request = CloseFailed { processid: id.to_owned(), errors: vec!["boom".to_owned()] };
    fixture.ask(key, &request).map(drop)
}

pub(crate) fn cancel(fixture: &Fixture, id: &str) -> Result<(), Error> {
    let request = CancelProcessGraph { processgraphid: id.to_owned() };
    fixture.ask(&fixture.user, &request).map(drop)
}

pub(crate) fn remove(fixture: &Fixture, id: &str) -> Result<(), Error> {
    let request = RemoveProcessGraph { processgraphid: id.to_owned() };
    fixture.ask(&fixture.user, &request).map(drop)
}

pub(crate) fn listed(fixture: &Fixture, state: ProcessState) -> Vec<String> {
    let (colonyname, state) = (COLONY.to_owned(), state.to_code());
    let request = GetProcessGraphs { colonyname, count: 100, state };
    let graphs = fixture.ask(&fixture.user, &request).unwrap().unwrap_or_default();
    graphs.into_iter().map(|graph| graph.processgraphid).collect()
}

/// Takes a process and ends it with its function's node name in capitals.
pub(crate) fn work(fixture: &Fixture, key: &PrivateKey) -> Process {
    let process = fixture.take(key);
    fixture.close(key, &process.processid, &process.spec.nodename.to_uppercase()).unwrap();
    process
}

#[test]
fn a_diamond_hands_on_what_it_puts_out() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b:a c:a d:c,b");
    assert_eq!(graph(&fixture, &id).state(), Some(Waiting));
    assert_eq!(work(&fixture, &executor).input.as_str(), "[]");
    let after_a = graph(&fixture, &id);
    assert_eq!((after_a.state(), after_a.endtime.is_never()), (Some(Running), true));
    for _ in 0..2 {
        assert!(fixture.process(&ids[3]).waitforparents);
        assert_eq!(work(&fixture, &executor).input.as_str(), r#"["A"]"#);
    }
    let last = fixture.take(&executor);
    assert!(!last.waitforparents);
    assert_eq!(last.input.as_str(), r#"["C","B"]"#);
    assert_eq!(fixture.process(&last.processid).input, last.input);
    fixture.close(&executor, &last.processid, "D").unwrap();
    let done = graph(&fixture, &id);
    assert_eq!((done.state(), done.starttime < done.endtime), (Some(Success), true));
    assert_eq!(fixture.assign(&executor), Ok(Assigned::Nothing));
}

#[test]
fn a_child_wakes_a_poll_when_its_last_parent_succeeds_and_not_before() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.executor("e1"), fixture.executor("e2"));
    let (_, ids) = start(&fixture, "a b d:a,b");
    let (_subscription, events) = follow(&fixture, &fixture.user, &ids[2], Waiting);
    assert_eq!(shown(&events.recv().unwrap()).processid, ids[2]);
    let held = [fixture.take(&first).processid, fixture.take(&second).processid];
    let poll = fixture.poll(&fixture.executor("e3"));
    fixture.close(&first, &held[0], "A").unwrap();
    // The same parent twice is still one parent.
    fixture.close(&first, &held[0], "A").unwrap();
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
    assert!(poll.answer.try_recv().is_err());
    fixture.close(&second, &held[1], "B").unwrap();
    let given = poll.wait_for_process();
    assert_eq!((given.processid, given.input.as_str()), (ids[2].clone(), r#"["A","B"]"#));
    shown(&events.recv().unwrap());
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn maxexectime_0_is_no_limit_in_a_workflow_and_its_colony_is_each_nodes() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let mut specs = nodes("a");
    specs[0].maxexectime = 0;
    specs[0].conditions.colonyname = "elsewhere".to_owned();
    specs[0].env.insert("k".to_owned(), "v".to_owned());
    let graph = submit(&fixture, specs).unwrap();
    let taken = fixture.take(&executor);
    fixture.pass(10 * SECOND);
    assert_eq!(fixture.state(&taken.processid), Some(Running));
    assert_eq!((taken.spec.maxexectime, taken.spec.conditions.colonyname.as_str()), (-1, COLONY));
    assert_eq!(taken.attributes[0].targetprocessgraphid, graph.processgraphid);
}

#[test]
fn a_restart_in_the_middle_loses_nothing() {
    let mut fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b:a c:a d:b,c");
    work(&fixture, &executor);
    let b = fixture.take(&executor).processid;
    let before = graph(&fixture, &id);
    fixture.broker.close();
    fixture.broker = Broker::open(fixture.settings()).unwrap();
    assert_eq!(graph(&fixture, &id), before);
    fixture.close(&executor, &b, "B").unwrap();
    work(&fixture, &executor);
    let last = work(&fixture, &executor);
    assert_eq!((last.processid.as_str(), last.input.as_str()), (ids[3].as_str(), r#"["B","C"]"#));
    assert_eq!(graph(&fixture, &id).state(), Some(Success));
}

#[test]
fn workflows_that_could_not_end_are_refused_and_leave_nothing() {
    let fixture = Fixture::new();
    let circle = "Failed to submit workflow, the dependencies of node <a> lead back to it";
    assert_eq!(sentence(submit(&fixture, nodes("a:a"))), (400, circle.to_owned()));
    assert_eq!(sentence(submit(&fixture, nodes("r a:r,b b:a"))).0, 400);
    assert_eq!(sentence(submit(&fixture, nodes("r a:zz"))).0, 500);
    let mut specs = nodes("r a:r");
    specs[1].conditions.mem = "much".to_owned();
    let refused = "Failed to submit workflow, failed to add process";
    assert_eq!(sentence(submit(&fixture, specs)), (500, refused.to_owned()));
    assert_eq!(listed(&fixture, Waiting), Vec::<String>::new());
    assert_eq!(fixture.assign(&fixture.executor("e1")), Ok(Assigned::Nothing));
}

#[test]
fn an_empty_workflow_is_done() {
    let fixture = Fixture::new();
    let graph_of_none = submit(&fixture, Vec::new()).unwrap();
    assert_eq!((graph_of_none.state(), &graph_of_none.processids), (Some(Success), &None));
    let read = graph(&fixture, &graph_of_none.processgraphid);
    assert_eq!((read.state(), read.endtime.is_never()), (Some(Success), false));
    remove(&fixture, &read.processgraphid).unwrap();
}

#[test]
fn a_dependency_named_twice_counts_once() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, _) = start(&fixture, "a b:a,a");
    work(&fixture, &executor);
    assert_eq!(work(&fixture, &executor).input.as_str(), r#"["A"]"#);
    assert_eq!(graph(&fixture, &id).state(), Some(Success));
}

#[test]
fn workflows_are_counted_and_listed_newest_first() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (done, _) = start(&fixture, "a");
    work(&fixture, &executor);
    let (failed, _) = start(&fixture, "a b:a");
    fail(&fixture, &executor, &fixture.take(&executor).processid).unwrap();
    let (running, _) = start(&fixture, "a b:a");
    work(&fixture, &executor);
    let (older, _) = start(&fixture, "a");
    let (newer, _) = start(&fixture, "a");
    let (cancelled, _) = start(&fixture, "a");
    cancel(&fixture, &cancelled).unwrap();
    let request = GetColonyStats { colonyname: COLONY.to_owned() };
    let counts = fixture.ask(&fixture.user, &request).unwrap();
    assert_eq!((counts.waitingworkflows, counts.runningworkflows), (2, 1));
    assert_eq!((counts.successfulworkflows, counts.failedworkflows), (1, 1));
    assert_eq!(counts.cancelledworkflows, 1);
    assert_eq!(listed(&fixture, Waiting), [newer, older]);
    let others = [(Running, running), (Success, done), (Failed, failed), (Cancelled, cancelled)];
    for (state, id) in others {
        assert_eq!(listed(&fixture, state), [id]);
    }
}

#[test]
fn graphs_are_their_colonys_own_and_go_with_it() {
    let fixture = Fixture::new();
    let (id, _) = start(&fixture, "a b:a");
    let (owner, stranger) = (PrivateKey::generate(), PrivateKey::generate());
    fixture.add_colony("other", &owner, &stranger);
    let refused = (403, "Access denied, not a member of Colony with name <dev>".to_owned());
    let processgraphid = id.clone();
    let get = GetProcessGraph { processgraphid: id.clone() };
    assert_eq!(sentence(fixture.ask(&stranger, &get)), refused);
    let cancel = CancelProcessGraph { processgraphid };
    assert_eq!(sentence(fixture.ask(&stranger, &cancel)), refused);
    let colonyname = COLONY.to_owned();
    fixture.ask(&fixture.server, &RemoveColony { colonyname }).unwrap();
    let colonyid = fixture.owner.id().as_str().to_owned();
    let colony = Colony { colonyid, name: COLONY.to_owned() };
    fixture.ask(&fixture.server, &AddColony { colony: Some(colony) }).unwrap();
    let executor = PrivateKey::generate();
    let description = Executor {
        executorid: executor.id(),
        executortype: TYPE.to_owned(),
        executorname: "e1".to_owned(),
        colonyname: COLONY.to_owned(),
        ..Executor::default()
    };
    fixture.ask(&fixture.owner, &AddExecutor { executor: Some(description) }).unwrap();
    let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
    fixture.ask(&fixture.owner, &ApproveExecutor { colonyname, executorname }).unwrap();
    assert_eq!(sentence(fixture.ask(&executor, &get)).0, 500);
    assert_eq!(fixture.assign(&executor), Ok(Assigned::Nothing));
}

#[test]
fn any_json_is_handed_on() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    start(&fixture, "a b c:b,a");
    let outs = [r#"[1,{"k":[null]}]"#, "[]"];
    for out in outs {
        let processid = fixture.take(&executor).processid;
        let out = Json::from_text(out).unwrap();
        let request = webpool_colony::request::CloseSuccessful { processid, out };
        fixture.ask(&executor, &request).unwrap();
    }
    assert_eq!(fixture.take(&executor).input.as_str(), outs[0]);
}
