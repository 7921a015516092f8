//! What a node of a workflow is handed: not more than it may, whenever its parents put it out.

use webpool_colony::request::{CloseSuccessful, RemoveExecutor, SubmitWorkflow};
use webpool_colony::{Json, ProcessGraph, ProcessState, WorkflowSpec};

use super::super::*;
use super::fixture::{COLONY, Fixture, spec};

use ProcessState::{Failed, Running, Waiting};

/// Starts two nodes, one that waits for both, and one that waits for that; ends the first two.
fn funnel(fixture: &mut Fixture) -> Vec<String> {
    let nodes = [("a", vec![]), ("b", vec![]), ("c", vec!["a", "b"]), ("d", vec!["c"])];
    let node = |(name, parents): (&str, Vec<&str>)| {
        let mut spec = spec(1);
        name.clone_into(&mut spec.nodename);
        spec.conditions.dependencies = parents.into_iter().map(str::to_owned).collect();
        spec
    };
    let functionspecs = nodes.into_iter().map(node).collect();
    let spec = Some(WorkflowSpec { colonyname: COLONY.to_owned(), functionspecs });
    let submitted = fixture.ask(&fixture.user, &SubmitWorkflow { spec });
    fixture.batch();
    let graph: ProcessGraph = submitted.read::<SubmitWorkflow>();
    for _ in 0..2 {
        let processid = take(fixture);
        let out = Json::from_strings(&["1"]);
        let closed = fixture.ask(&fixture.executor, &CloseSuccessful { processid, out });
        fixture.batch();
        assert_eq!(closed.outcome().0, 200);
    }
    graph.processids.unwrap()
}

fn take(fixture: &mut Fixture) -> String {
    let poll = fixture.poll();
    fixture.batch();
    poll.process().processid
}

/// Ends the two nodes once more, as their holder may: together they put out more than 64 MB now.
fn end_again(fixture: &Fixture, ids: &[String]) {
    let (store, holder) = (&fixture.writer.store, fixture.executor.id());
    let out = Json::from_strings(&["x".repeat(33 << 20)]);
    store.begin().unwrap();
    for id in &ids[..2] {
        assert!(store.succeed(id, &holder, Some(&out), 1).unwrap());
    }
    store.commit().unwrap();
}

fn states(fixture: &Fixture, ids: &[String]) -> Vec<ProcessState> {
    ids.iter().map(|id| fixture.writer.store.head(id).unwrap().unwrap().state).collect()
}

#[test]
fn what_parents_put_out_later_counts_too() {
    let mut fixture = Fixture::new();
    let ids = funnel(&mut fixture);
    let second = fixture.add_executor("e2");
    assert_eq!(take(&mut fixture), ids[2]);
    end_again(&fixture, &ids);
    assert_eq!(states(&fixture, &ids[2..]), [Running, Waiting]);
    let polls = [fixture.poll_as(&second), fixture.poll_as(&second)];
    let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
    let removed = fixture.ask(&fixture.owner, &RemoveExecutor { colonyname, executorname });
    fixture.batch();
    assert_eq!(removed.outcome().0, 200);
    assert_eq!(states(&fixture, &ids[2..]), [Failed, Failed]);
    let failed = fixture.get(&ids[2]);
    fixture.batch();
    let failed = failed.process();
    let reason = "The outputs of the parents have 69206024 bytes, allowed are 67108864";
    assert_eq!(failed.errors.to_texts(), [reason]);
    assert!(!failed.isassigned && failed.starttime.is_never(), "nobody has begun with it");
    // The poll that it woke has lost nothing by it.
    for poll in polls {
        assert!(poll.waits());
        let submitted = fixture.submit(1);
        fixture.batch();
        assert_eq!(submitted.process().processid, poll.process().processid);
    }
}

#[test]
fn who_asks_gets_the_next_process_if_the_first_would_be_too_much() {
    let mut fixture = Fixture::new();
    let ids = funnel(&mut fixture);
    let events = fixture.follow_until(&ids[3], Failed);
    end_again(&fixture, &ids);
    let next = fixture.submit(1);
    let given = take(&mut fixture);
    assert_eq!(given, next.process().processid);
    assert_eq!(states(&fixture, &ids[2..]), [Failed, Failed]);
    assert!(matches!(events.try_recv(), Ok(Event::Frame(_))));
}
