//! What was answered survives; a broker opens where the last one ended.

use std::sync::mpsc::channel;

use webpool_broker::{Broker, Error as BrokerError, Settings};
use webpool_colony::request::{GetUsers, Submit};
use webpool_colony::types::{Colony, User};
use webpool_colony::{Assigned, Error, PrivateKey, ProcessState, Request};

use super::fixture::{COLONY, Fixture, spec};
use super::subject::Folder;

#[test]
fn a_restart_loses_nothing() {
    let mut fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let running = fixture.submit("running").processid;
    assert_eq!(fixture.take(&executor).processid, running);
    let waiting = fixture.submit("waiting").processid;
    let settings = fixture.settings();
    // The only handle is dropped without being closed.
    let other = other_broker(&fixture);
    drop(std::mem::replace(&mut fixture.broker, other));
    fixture.broker = Broker::open(settings).unwrap();
    assert_eq!(fixture.state(&running), Some(ProcessState::Running));
    fixture.close(&executor, &running, "8").unwrap();
    assert_eq!(fixture.process(&running).output.to_texts(), ["8"]);
    assert_eq!(fixture.take(&executor).processid, waiting);
}

fn other_broker(fixture: &Fixture) -> Broker {
    let path = fixture.folder.path().join("other.db");
    Broker::open(Settings { path, ..fixture.settings() }).unwrap()
}

/// The files are copied at the very moment of the answer, as a crash would leave them.
#[test]
fn an_answer_means_that_it_is_stored() {
    let mut fixture = Fixture::new();
    let copies = Folder::new();
    let (from, to) = (fixture.folder.path().to_owned(), copies.path().to_owned());
    let (respond, answer) = channel();
    let body = Submit { spec: Some(spec("f")) }.seal(&fixture.user);
    let call = fixture.broker.call(
        body,
        Box::new(move |answer| {
            for name in ["broker.db", "broker.db-wal"] {
                std::fs::copy(from.join(name), to.join(name)).unwrap();
            }
            respond.send(answer).unwrap();
        }),
    );
    let answer = answer.recv().unwrap();
    drop(call);
    let process = Submit::read(answer.status, answer.body.as_bytes()).unwrap();
    let path = copies.path().join("broker.db");
    fixture.broker = Broker::open(Settings { path, ..fixture.settings() }).unwrap();
    assert_eq!(fixture.state(&process.processid), Some(ProcessState::Waiting));
}

#[test]
fn closing_ends_polls_and_refuses_what_follows() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let poll = fixture.poll(&executor);
    fixture.broker.close();
    fixture.broker.close();
    assert_eq!(poll.wait(), Ok(Assigned::Nothing));
    let Err(Error::Refused { status: 503, .. }) = fixture.assign(&executor) else {
        panic!("a closed broker answers");
    };
    let colony = Colony { colonyid: String::new(), name: String::new() };
    assert!(matches!(fixture.broker.seed(colony, Vec::new()), Err(BrokerError::Closed)));
}

#[test]
fn seeding_twice_is_seeding_once() {
    let fixture = Fixture::new();
    let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
    let user_of = |name: &str| User {
        colonyname: "seeded".to_owned(),
        userid: user.id(),
        name: name.to_owned(),
        ..User::default()
    };
    let colonyid = owner.id().as_str().to_owned();
    let colony = Colony { colonyid, name: "seeded".to_owned() };
    fixture.broker.seed(colony.clone(), vec![user_of("a")]).unwrap();
    fixture.broker.seed(colony, vec![user_of("a"), user_of("b")]).unwrap();
    let request = GetUsers { colonyname: "seeded".to_owned() };
    let users = fixture.ask(&user, &request).unwrap().unwrap();
    assert_eq!(users.len(), 2);
}

#[test]
fn a_refused_request_stores_nothing_of_itself() {
    let fixture = Fixture::new();
    let mut spec = spec("f");
    spec.conditions.mem = "much".to_owned();
    let (call, answer) = fixture.send(Submit { spec: Some(spec) }.seal(&fixture.user));
    let stored = fixture.submit("g").processid;
    assert_eq!(answer.recv().unwrap().status, 400);
    drop(call);
    let executor = fixture.executor("e1");
    assert_eq!(fixture.take(&executor).processid, stored);
    assert_eq!(fixture.assign(&executor), Ok(Assigned::Nothing));
    assert_eq!(fixture.process(&stored).spec.conditions.colonyname, COLONY);
}
