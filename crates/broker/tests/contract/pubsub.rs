//! Following processes over `/pubsub`: one, or all of a type.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use webpool_broker::{Event, Subscription};
use webpool_colony::request::{
    AddExecutor, ApproveExecutor, CancelProcess, CloseFailed, RejectExecutor, RemoveExecutor,
    SubscribeProcess, SubscribeProcesses,
};
use webpool_colony::types::Executor;
use webpool_colony::{FunctionSpec, PrivateKey, Process, ProcessState, Request};

use super::fixture::{COLONY, Fixture, TYPE, spec};

pub(crate) fn follow(
    fixture: &Fixture,
    key: &PrivateKey,
    processid: &str,
    state: ProcessState,
) -> (Subscription, Receiver<Event>) {
    let request = SubscribeProcess {
        processid: processid.to_owned(),
        state: state.to_code(),
        timeout: 30,
        ..SubscribeProcess::default()
    };
    fixture.subscribe(request.seal(key))
}

/// Follows all processes for the fixture's type of executor.
fn follow_all(
    fixture: &Fixture,
    key: &PrivateKey,
    colonyname: &str,
    state: ProcessState,
) -> (Subscription, Receiver<Event>) {
    let request = SubscribeProcesses {
        colonyname: colonyname.to_owned(),
        executortype: TYPE.to_owned(),
        state: state.to_code(),
        timeout: 30,
    };
    fixture.subscribe(request.seal(key))
}

/// The ids in all frames that have come.
fn ids(fixture: &Fixture, events: &Receiver<Event>) -> Vec<String> {
    fixture.broker.tick();
    events.try_iter().map(|event| shown(&event).processid).collect()
}

pub(crate) fn shown(event: &Event) -> Process {
    let Event::Frame(frame) = event else { panic!("{event:?}") };
    SubscribeProcess::read(200, frame.as_bytes()).unwrap()
}

fn refused(event: &Event) -> String {
    let Event::Frame(frame) = event else { panic!("{event:?}") };
    SubscribeProcess::read(200, frame.as_bytes()).unwrap_err().to_string()
}

#[test]
fn each_state_is_shown_as_it_is_reached() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit("f").processid;
    let (_waiting, waiting) = follow(&fixture, &fixture.user, &id, ProcessState::Waiting);
    let (_running, running) = follow(&fixture, &fixture.user, &id, ProcessState::Running);
    let (_success, success) = follow(&fixture, &fixture.user, &id, ProcessState::Success);
    let (_failed, failed) = follow(&fixture, &fixture.user, &id, ProcessState::Failed);
    assert_eq!(shown(&waiting.recv().unwrap()).state(), Some(ProcessState::Waiting));
    fixture.take(&executor);
    assert_eq!(shown(&running.recv().unwrap()).assignedexecutorid, executor.id());
    fixture.close(&executor, &id, "8").unwrap();
    let shown = shown(&success.recv().unwrap());
    assert_eq!(
        (shown.state(), shown.output.to_texts()),
        (Some(ProcessState::Success), vec!["8".to_owned()])
    );
    for events in [waiting, running, failed] {
        assert!(events.try_recv().is_err());
    }
}

#[test]
fn failing_calling_off_and_deadlines_are_shown() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit("f").processid;
    let (_failed, failed) = follow(&fixture, &executor, &id, ProcessState::Failed);
    fixture.take(&executor);
    let request = CloseFailed { processid: id, errors: vec!["no".to_owned()] };
    fixture.ask(&executor, &request).unwrap();
    assert_eq!(shown(&failed.recv().unwrap()).errors.to_texts(), ["no"]);

    let id = fixture.submit("f").processid;
    let (_cancelled, cancelled) = follow(&fixture, &executor, &id, ProcessState::Cancelled);
    fixture.ask(&fixture.user, &CancelProcess { processid: id }).unwrap();
    assert_eq!(shown(&cancelled.recv().unwrap()).state(), Some(ProcessState::Cancelled));

    let id = fixture.submit_like(FunctionSpec { maxexectime: 1, ..spec("f") }).processid;
    fixture.take(&executor);
    let (_waiting, waiting) = follow(&fixture, &executor, &id, ProcessState::Waiting);
    fixture.pass(Duration::from_secs(2));
    let shown = shown(&waiting.recv().unwrap());
    assert_eq!((shown.retries, shown.isassigned), (1, false));
}

#[test]
fn a_subscription_ends_with_its_time() {
    let fixture = Fixture::new();
    let id = fixture.submit("f").processid;
    let (_subscription, events) = follow(&fixture, &fixture.user, &id, ProcessState::Success);
    fixture.pass(Duration::from_secs(29));
    assert!(events.try_recv().is_err());
    fixture.pass(Duration::from_secs(2));
    assert_eq!(events.try_recv(), Ok(Event::Close));
}

#[test]
fn a_dropped_subscription_is_silent() {
    let fixture = Fixture::new();
    let id = fixture.submit("f").processid;
    let (subscription, events) = follow(&fixture, &fixture.user, &id, ProcessState::Cancelled);
    drop(subscription);
    fixture.ask(&fixture.user, &CancelProcess { processid: id }).unwrap();
    assert!(events.try_recv().is_err());
}

#[test]
fn frames_that_lead_to_no_subscription() {
    let fixture = Fixture::new();
    let id = fixture.submit("f").processid;
    let state = ProcessState::Waiting;
    let (_unknown, events) = follow(&fixture, &fixture.user, "nope", state);
    assert_eq!(refused(&events.recv().unwrap()), "Invalid process with Id nope (status 403)");
    let (_stranger, events) = follow(&fixture, &PrivateKey::generate(), &id, state);
    assert!(refused(&events.recv().unwrap()).starts_with("Access denied, not a member"));
    let (_garbage, events) = fixture.subscribe("not json");
    assert_eq!(events.try_recv(), Ok(Event::Close));
    let request = CancelProcess { processid: id.clone() };
    let (_ignored, events) = fixture.subscribe(request.seal(&fixture.user));
    assert!(events.try_recv().is_err());
    assert_eq!(fixture.state(&id), Some(ProcessState::Waiting));
}

#[test]
fn every_follower_of_a_type_sees_every_process() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let state = ProcessState::Waiting;
    let (_one, one) = follow_all(&fixture, &executor, COLONY, state);
    let (_two, two) = follow_all(&fixture, &executor, COLONY, state);
    let (_running, running) = follow_all(&fixture, &executor, "", ProcessState::Running);
    let poll = fixture.poll(&executor);
    let submitted: Vec<_> = (0..3).map(|_| fixture.submit("f").processid).collect();
    // The poll gets its process all the same: followers take nothing away.
    let taken = poll.wait_for_process().processid;
    fixture.submit_like(FunctionSpec {
        conditions: webpool_colony::Conditions {
            executortype: "wasm2".to_owned(),
            ..spec("f").conditions
        },
        ..spec("f")
    });
    assert_eq!(ids(&fixture, &one), submitted);
    assert_eq!(ids(&fixture, &two), submitted);
    assert_eq!(ids(&fixture, &running), [taken]);
}

#[test]
fn colonies_do_not_see_each_others_processes() {
    let fixture = Fixture::new();
    let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
    fixture.add_colony("other", &owner, &user);
    let like = Executor { executorname: "o1".to_owned(), ..Executor::default() };
    let stranger = fixture.executor_like("other", &owner, like);
    let executor = fixture.executor("e1");
    let state = ProcessState::Waiting;
    let follow = |key: &PrivateKey, colony: &str| follow_all(&fixture, key, colony, state);
    let strangers = ["other", COLONY, ""].map(|colony| follow(&stranger, colony));
    let (_own, own) = follow(&executor, "");
    let (_elsewhere, elsewhere) = follow(&executor, "other");
    let id = fixture.submit("f").processid;
    assert_eq!(ids(&fixture, &own), [id]);
    assert_eq!(ids(&fixture, &elsewhere), Vec::<String>::new());
    for (_subscription, events) in strangers {
        assert_eq!(ids(&fixture, &events), Vec::<String>::new());
    }
}

#[test]
fn only_members_see_processes_whenever_that_changes() {
    let fixture = Fixture::new();
    let key = PrivateKey::generate();
    let executor = Executor {
        executorid: key.id(),
        executortype: TYPE.to_owned(),
        executorname: "e1".to_owned(),
        colonyname: COLONY.to_owned(),
        ..Executor::default()
    };
    let names = || (COLONY.to_owned(), "e1".to_owned());
    fixture.ask(&fixture.owner, &AddExecutor { executor: Some(executor) }).unwrap();
    let (_pending, events) = follow_all(&fixture, &key, COLONY, ProcessState::Waiting);
    fixture.submit("unseen");
    assert_eq!(ids(&fixture, &events), Vec::<String>::new());

    let (colonyname, executorname) = names();
    fixture.ask(&fixture.owner, &ApproveExecutor { colonyname, executorname }).unwrap();
    let id = fixture.submit("seen").processid;
    assert_eq!(ids(&fixture, &events), [id.as_str()]);
    let (_one, of_one) = follow(&fixture, &key, &id, ProcessState::Cancelled);

    let (colonyname, executorname) = names();
    fixture.ask(&fixture.owner, &RejectExecutor { colonyname, executorname }).unwrap();
    fixture.submit("unseen");
    fixture.ask(&fixture.user, &CancelProcess { processid: id }).unwrap();
    assert_eq!(ids(&fixture, &events), Vec::<String>::new());
    assert_eq!(ids(&fixture, &of_one), Vec::<String>::new());

    let (colonyname, executorname) = names();
    fixture.ask(&fixture.owner, &RemoveExecutor { colonyname, executorname }).unwrap();
    let (_removed, after) = follow_all(&fixture, &key, COLONY, ProcessState::Waiting);
    fixture.submit("unseen");
    assert_eq!(ids(&fixture, &after), Vec::<String>::new());
    fixture.pass(Duration::from_secs(31));
    assert_eq!(after.try_recv(), Ok(Event::Close));
}

#[test]
fn following_a_type_takes_an_executor() {
    let fixture = Fixture::new();
    let state = ProcessState::Waiting;
    for key in [&fixture.user, &fixture.owner, &PrivateKey::generate()] {
        let (_refused, events) = follow_all(&fixture, key, COLONY, state);
        assert_eq!(refused(&events.recv().unwrap()), "executor not found (status 403)");
        assert_eq!(events.recv(), Ok(Event::Over));
    }
}
