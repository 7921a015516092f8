//! A colony whose work is held back: what polls are told, and what survives.

use std::time::Duration;

use webpool_broker::Broker;
use webpool_colony::request::{
    AddColony, GetPauseStatus, PauseAssignments, RemoveColony, ResumeAssignments,
};
use webpool_colony::types::Colony;
use webpool_colony::{Assigned, PrivateKey};

use super::fixture::{COLONY, Fixture, sentence};

fn pause(fixture: &Fixture) {
    let request = PauseAssignments { colonyname: COLONY.to_owned() };
    fixture.ask(&fixture.owner, &request).unwrap();
}

fn resume(fixture: &Fixture) {
    let request = ResumeAssignments { colonyname: COLONY.to_owned() };
    fixture.ask(&fixture.owner, &request).unwrap();
}

fn is_paused(fixture: &Fixture, key: &PrivateKey) -> bool {
    let request = GetPauseStatus { colonyname: COLONY.to_owned() };
    let status = fixture.ask(key, &request).unwrap();
    assert_eq!(status.msgtype, "pausestatusreplymsg");
    assert_eq!(status.colonyname, COLONY);
    status.ispaused
}

#[test]
fn a_poll_says_that_work_is_held_back_if_it_knows() {
    let fixture = Fixture::new();
    let (early, woken) = (fixture.executor("early"), fixture.executor("woken"));
    let unaware = fixture.poll(&early);
    pause(&fixture);
    let aware = fixture.poll(&woken);
    assert_eq!(fixture.assign(&woken), Ok(Assigned::Paused));
    fixture.pass(Duration::from_mins(1));
    assert_eq!(unaware.wait(), Ok(Assigned::Nothing));
    let answer = aware.answer.recv().unwrap();
    assert_eq!(answer.status, 408);
    // Woken meanwhile, a poll from before the pause learns of it.
    resume(&fixture);
    let poll = fixture.poll(&early);
    pause(&fixture);
    let held = fixture.submit("f").processid;
    fixture.pass(Duration::from_mins(1));
    assert_eq!(poll.answer.recv().unwrap().status, 408);
    resume(&fixture);
    assert_eq!(fixture.take(&early).processid, held);
}

#[test]
fn a_pause_belongs_to_the_name_and_survives() {
    let mut fixture = Fixture::new();
    assert!(!is_paused(&fixture, &fixture.user));
    pause(&fixture);
    pause(&fixture);
    let pending = fixture.executor("e1");
    assert!(is_paused(&fixture, &pending));
    let request = PauseAssignments { colonyname: COLONY.to_owned() };
    let (status, reason) = sentence(fixture.ask(&fixture.user, &request));
    assert_eq!((status, reason.as_str()), (403, "Access denied, not colony owner"));

    fixture.broker.close();
    fixture.broker = Broker::open(fixture.settings()).unwrap();
    assert!(is_paused(&fixture, &fixture.user));

    let request = RemoveColony { colonyname: COLONY.to_owned() };
    fixture.ask(&fixture.server, &request).unwrap();
    let colonyid = fixture.owner.id().as_str().to_owned();
    let colony = Colony { colonyid, name: COLONY.to_owned() };
    fixture.ask(&fixture.server, &AddColony { colony: Some(colony) }).unwrap();
    assert_eq!(fixture.assign(&fixture.executor("e1")), Ok(Assigned::Paused));
    resume(&fixture);
    resume(&fixture);
    assert_eq!(fixture.assign(&fixture.executor("e1")), Ok(Assigned::Nothing));
}
