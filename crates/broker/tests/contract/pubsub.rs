//! Following one process over `/pubsub`.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use webpool_broker::{Event, Subscription};
use webpool_colony::request::{CancelProcess, CloseFailed, SubscribeProcess};
use webpool_colony::{FunctionSpec, PrivateKey, Process, ProcessState, Request};

use super::fixture::{Fixture, spec};

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
    send(fixture, &request.seal(key))
}

fn send(fixture: &Fixture, frame: &str) -> (Subscription, Receiver<Event>) {
    let (sink, events) = channel();
    let sink = Box::new(move |event| drop(sink.send(event)));
    let subscription = fixture.broker.subscribe(frame, sink);
    fixture.broker.tick();
    (subscription, events)
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
    let (_garbage, events) = send(&fixture, "not json");
    assert_eq!(events.try_recv(), Ok(Event::Close));
    let request = CancelProcess { processid: id.clone() };
    let (_ignored, events) = send(&fixture, &request.seal(&fixture.user));
    assert!(events.try_recv().is_err());
    assert_eq!(fixture.state(&id), Some(ProcessState::Waiting));
}
