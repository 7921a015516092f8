//! How workflows end: a node fails, is called off, takes too long or is removed, and what follows.

use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use webpool_colony::request::{
    CancelProcess, GetProcessGraph, RemoveAllProcessGraphs, RemoveAllProcesses, RemoveExecutor,
    RemoveProcess,
};
use webpool_colony::{Assigned, FunctionSpec, ProcessState};

use super::fixture::{COLONY, Fixture, sentence};
use super::graphs::{cancel, fail, graph, listed, nodes, remove, start, submit, work};
use super::pubsub::{follow, shown};

use ProcessState::{Cancelled, Failed, Running, Success, Waiting};

const SECOND: Duration = Duration::from_secs(1);

fn states(fixture: &Fixture, ids: &[String]) -> Vec<ProcessState> {
    ids.iter().map(|id| fixture.state(id).unwrap()).collect()
}

fn remove_all(fixture: &Fixture, state: i64) {
    let request = RemoveAllProcessGraphs { colonyname: COLONY.to_owned(), state };
    fixture.ask(&fixture.owner, &request).unwrap();
}

#[test]
fn a_node_that_others_wait_for_takes_what_has_not_ended_with_it() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.executor("e1"), fixture.executor("e2"));
    let (id, ids) = start(&fixture, "a b:a c:a d:b x:zz zz");
    let (_subscription, events) = follow(&fixture, &fixture.user, &ids[3], Failed);
    work(&fixture, &first);
    // zz is as old as b and c, and comes after them.
    let (b, c) = (fixture.take(&first).processid, fixture.take(&second).processid);
    fail(&fixture, &first, &b).unwrap();
    let expected = [Success, Failed, Failed, Failed, Failed, Failed];
    assert_eq!(states(&fixture, &ids), expected);
    assert_eq!(graph(&fixture, &id).state(), Some(Failed));
    assert_eq!(shown(&events.recv().unwrap()).processid, ids[3]);
    for (id, errors) in [(&b, vec!["boom"]), (&c, vec![]), (&ids[3], vec![])] {
        assert_eq!(fixture.process(id).errors.to_texts(), errors);
    }
    assert!(fixture.process(&c).endtime.is_never());
    let late = "Tried to set failed process as successful";
    assert_eq!(sentence(fixture.close(&second, &c, "C")), (400, late.to_owned()));
    assert_eq!(fixture.assign(&first), Ok(Assigned::Nothing));
}

#[test]
fn a_failed_leaf_lets_the_others_go_on() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b:a c:a d:c");
    work(&fixture, &executor);
    fail(&fixture, &executor, &fixture.take(&executor).processid).unwrap();
    let failed = graph(&fixture, &id);
    assert_eq!((failed.state(), failed.endtime.is_never()), (Some(Failed), false));
    for _ in 0..2 {
        work(&fixture, &executor);
    }
    assert_eq!(states(&fixture, &ids), [Success, Failed, Success, Success]);
    let after = graph(&fixture, &id);
    assert_eq!((after.state(), after.endtime), (Some(Failed), failed.endtime));
}

#[test]
fn cancelling_ends_what_has_not_ended() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b:a c:b");
    let (_subscription, events) = follow(&fixture, &fixture.user, &ids[1], Cancelled);
    work(&fixture, &executor);
    assert_eq!(fixture.take(&executor).processid, ids[1]);
    cancel(&fixture, &id).unwrap();
    let ended = fixture.process(&ids[1]).endtime;
    assert_eq!(states(&fixture, &ids), [Success, Cancelled, Cancelled]);
    let cancelled = graph(&fixture, &id);
    assert_eq!((cancelled.state(), cancelled.endtime), (Some(Cancelled), ended));
    assert_eq!(shown(&events.recv().unwrap()).state(), Some(Cancelled));
    let late = "Tried to set cancelled process as successful";
    assert_eq!(sentence(fixture.close(&executor, &ids[1], "B")), (400, late.to_owned()));
    assert_eq!(fixture.assign(&executor), Ok(Assigned::Nothing));
    cancel(&fixture, &id).unwrap();
}

#[test]
fn a_graph_that_has_ended_stays_as_it_is() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a");
    work(&fixture, &executor);
    let done = graph(&fixture, &id);
    cancel(&fixture, &id).unwrap();
    assert_eq!(graph(&fixture, &id), done);
    let (failed, others) = start(&fixture, "a b");
    fail(&fixture, &executor, &fixture.take(&executor).processid).unwrap();
    cancel(&fixture, &failed).unwrap();
    assert_eq!(graph(&fixture, &failed).state(), Some(Failed));
    assert_eq!(states(&fixture, &others), [Failed, Cancelled]);
    assert_eq!(states(&fixture, &ids), [Success]);
}

#[test]
fn a_node_that_would_be_handed_too_much_fails_with_what_waits_for_it() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (_, ids) = start(&fixture, "a b c d e:a,b,c,d f:e g:a");
    let out = "x".repeat(17 << 20);
    for _ in 0..4 {
        let process = fixture.take(&executor);
        fixture.close(&executor, &process.processid, &out).unwrap();
    }
    assert_eq!(
        states(&fixture, &ids),
        [Success, Success, Success, Success, Failed, Failed, Failed]
    );
    let reasons = fixture.process(&ids[4]).errors.to_texts();
    assert!(reasons[0].starts_with("The outputs of the parents have 7130"), "{reasons:?}");
    assert_eq!(fixture.assign(&executor), Ok(Assigned::Nothing), "nobody is held up");
}

#[test]
fn a_node_is_neither_removed_nor_cancelled_alone() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b:a");
    let alone = fixture.submit("alone").processid;
    let processid = ids[1].clone();
    let whole = "cannot remove a process part of a workflow, delete the entire workflow instead";
    let reason =
        sentence(fixture.ask(&fixture.user, &RemoveProcess { processid: processid.clone() }));
    assert_eq!(reason, (400, format!("Failed to remove, {whole}")));
    let whole = "cannot cancel a process part of a workflow, cancel the entire workflow instead";
    let reason = sentence(fixture.ask(&fixture.user, &CancelProcess { processid }));
    assert_eq!(reason, (400, format!("Failed to cancel, {whole}")));
    for state in [0, -1] {
        let request = RemoveAllProcesses { colonyname: COLONY.to_owned(), state };
        fixture.ask(&fixture.owner, &request).unwrap();
    }
    let gone = webpool_colony::request::GetProcess { processid: alone };
    assert_eq!(sentence(fixture.ask(&fixture.user, &gone)).0, 404);
    for _ in 0..2 {
        work(&fixture, &executor);
    }
    assert_eq!(graph(&fixture, &id).state(), Some(Success));
}

#[test]
fn a_graph_is_removed_with_all_its_nodes_unless_one_runs() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b");
    let running = "Failed to remove processgraph, cannot remove a running processgraph";
    let held = fixture.take(&executor).processid;
    assert_eq!(sentence(remove(&fixture, &id)), (400, running.to_owned()));
    let other = fixture.take(&executor).processid;
    fail(&fixture, &executor, &held).unwrap();
    // It has failed, and yet a node runs.
    assert_eq!(sentence(remove(&fixture, &id)), (400, running.to_owned()));
    remove_all(&fixture, Failed.to_code());
    fixture.close(&executor, &other, "B").unwrap();
    remove(&fixture, &id).unwrap();
    for id in &ids {
        let request = webpool_colony::request::GetProcess { processid: id.clone() };
        assert_eq!(sentence(fixture.ask(&fixture.user, &request)).0, 404);
    }
    let gone = "Failed to remove processgraph, graph is nil";
    assert_eq!(sentence(remove(&fixture, &id)), (500, gone.to_owned()));
}

#[test]
fn removing_all_graphs_of_a_state_leaves_the_others_whole() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (running, ids) = start(&fixture, "a b:a c:b");
    work(&fixture, &executor);
    let (waiting, _) = start(&fixture, "a b:a");
    for state in [Waiting, Success, Failed, Cancelled] {
        remove_all(&fixture, state.to_code());
    }
    assert_eq!(states(&fixture, &ids), [Success, Waiting, Waiting]);
    let gone = GetProcessGraph { processgraphid: waiting };
    assert_eq!(sentence(fixture.ask(&fixture.user, &gone)).0, 500);
    assert_eq!(work(&fixture, &executor).input.as_str(), r#"["A"]"#);
    assert_eq!(listed(&fixture, Running), [running]);
    remove_all(&fixture, -1);
    assert_eq!(listed(&fixture, Running), Vec::<String>::new());
    assert_eq!(fixture.assign(&executor), Ok(Assigned::Nothing));
}

#[test]
fn deadlines_hold_within_graphs() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let slow = |node: FunctionSpec| FunctionSpec { maxexectime: 1, maxretries: 1, ..node };
    let mut specs = nodes("a b:a");
    specs[0] = slow(specs[0].clone());
    let submitted = submit(&fixture, specs).unwrap();
    let (id, ids) = (submitted.processgraphid, submitted.processids.unwrap());
    fixture.take(&executor);
    fixture.pass(2 * SECOND);
    // It waits again, and with it its graph.
    assert_eq!(states(&fixture, &ids), [Waiting, Waiting]);
    assert_eq!(graph(&fixture, &id).state(), Some(Waiting));
    fixture.take(&executor);
    fixture.pass(2 * SECOND);
    assert_eq!(states(&fixture, &ids), [Failed, Failed]);
    let reasons = ids.iter().map(|id| fixture.process(id).errors.to_texts());
    let expected = [vec!["Maximum execution time limit exceeded".to_owned()], Vec::new()];
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
    assert_eq!(graph(&fixture, &id).state(), Some(Failed));
}

#[test]
fn a_node_that_waits_for_its_parents_waits_no_longer_than_it_may() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let mut specs = nodes("a b:a c:b");
    specs[1].maxwaittime = 1;
    let ids = submit(&fixture, specs).unwrap().processids.unwrap();
    let (_subscription, events) = follow(&fixture, &fixture.user, &ids[2], Failed);
    let a = fixture.take(&executor).processid;
    fixture.pass(3 * SECOND);
    assert_eq!(states(&fixture, &ids), [Failed, Failed, Failed]);
    let reason = "Maximum waiting time limit exceeded";
    assert_eq!(fixture.process(&ids[1]).errors.to_texts(), [reason]);
    shown(&events.recv().unwrap());
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
    let late = "Tried to set failed process as successful";
    assert_eq!(sentence(fixture.close(&executor, &a, "A")), (400, late.to_owned()));
}

#[test]
fn a_removed_executors_node_waits_again() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.executor("e1"), fixture.executor("e2"));
    let (id, ids) = start(&fixture, "a b:a");
    work(&fixture, &first);
    assert_eq!(fixture.take(&first).processid, ids[1]);
    let poll = fixture.poll(&second);
    let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
    fixture.ask(&fixture.owner, &RemoveExecutor { colonyname, executorname }).unwrap();
    let again = poll.wait_for_process();
    assert_eq!((again.processid.as_str(), again.input.as_str()), (ids[1].as_str(), r#"["A"]"#));
    assert_eq!(graph(&fixture, &id).state(), Some(Running));
}
