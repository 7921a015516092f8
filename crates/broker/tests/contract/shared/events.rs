//! Following one process over `/pubsub`, as the follower sees it.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use webpool_broker::Event;
use webpool_colony::request::{CancelProcess, CloseFailed, SubscribeProcess};
use webpool_colony::{PrivateKey, Process, ProcessState, Request};

use crate::differences::differs;
use crate::fixture::Fixture;
use crate::subject::Subscription;

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn follow(
    fixture: &Fixture,
    key: &PrivateKey,
    processid: &str,
    (state, timeout): (ProcessState, i64),
) -> (Subscription, Receiver<Event>) {
    let request = SubscribeProcess {
        processid: processid.to_owned(),
        state: state.to_code(),
        timeout,
        ..SubscribeProcess::default()
    };
    let followed = fixture.subscribe(request.seal(key));
    fixture.settle();
    followed
}

fn shown(events: &Receiver<Event>) -> Process {
    let event = events.recv_timeout(PATIENCE).unwrap();
    let Event::Frame(frame) = event else { panic!("{event:?}") };
    SubscribeProcess::read(200, frame.as_bytes()).unwrap()
}

#[test]
fn what_has_happened_already_is_shown_at_once() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit("f").processid;
    let (_waiting, waiting) = follow(&fixture, &fixture.user, &id, (ProcessState::Waiting, 30));
    assert_eq!(shown(&waiting).processid, id);
    fixture.take(&executor);
    let request = CloseFailed { processid: id.clone(), errors: vec!["no".to_owned()] };
    fixture.ask(&executor, &request).unwrap();
    let (_failed, failed) = follow(&fixture, &fixture.user, &id, (ProcessState::Failed, 30));
    assert_eq!(shown(&failed).errors.to_texts(), ["no"]);
}

/// Which of two frames comes first tells that the second subscription has begun.
#[test]
fn what_happens_later_is_shown_then() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit("f").processid;
    let (_cancelled, cancelled) = follow(&fixture, &executor, &id, (ProcessState::Cancelled, 30));
    fixture.pass(Duration::from_secs(1));
    fixture.ask(&fixture.user, &CancelProcess { processid: id.clone() }).unwrap();
    let process = shown(&cancelled);
    assert_eq!((process.state(), process.processid), (Some(ProcessState::Cancelled), id));
}

#[test]
fn a_success_is_shown_with_its_output() {
    differs("a_success_is_shown_with_its_output", |fixture| {
        let executor = fixture.executor("e1");
        let id = fixture.submit("f").processid;
        let (_success, success) = follow(fixture, &fixture.user, &id, (ProcessState::Success, 30));
        fixture.pass(Duration::from_secs(1));
        fixture.take(&executor);
        fixture.close(&executor, &id, "8").unwrap();
        assert_eq!(shown(&success).output.to_texts(), ["8"]);
    });
}

#[test]
fn a_subscription_ends_with_its_time() {
    let fixture = Fixture::new();
    let id = fixture.submit("f").processid;
    let (_success, events) = follow(&fixture, &fixture.user, &id, (ProcessState::Success, 1));
    fixture.pass(Duration::from_secs(2));
    assert_eq!(events.recv_timeout(PATIENCE), Ok(Event::Close));
}

#[test]
fn an_unknown_process_cannot_be_followed() {
    let fixture = Fixture::new();
    let (_none, events) = follow(&fixture, &fixture.user, "nope", (ProcessState::Success, 30));
    let Ok(Event::Frame(frame)) = events.recv_timeout(PATIENCE) else { panic!("no frame") };
    let refused = SubscribeProcess::read(200, frame.as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "Invalid process with Id nope (status 403)");
}
