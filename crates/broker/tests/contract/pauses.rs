//! A colony whose work is held back: nothing is handed out until it is resumed.

use std::time::Duration;

use webpool_broker::Broker;
use webpool_colony::request::{
    AddColony, GetPauseStatus, PauseAssignments, RemoveColony, ResumeAssignments,
};
use webpool_colony::types::Colony;
use webpool_colony::{Assigned, PrivateKey, ProcessState};

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
fn resuming_hands_out_what_was_held_back() {
    let fixture = Fixture::new();
    let keys: Vec<_> = (0..3).map(|n| fixture.executor(&format!("e{n}"))).collect();
    let early = fixture.poll(&keys[0]);
    pause(&fixture);
    let late: Vec<_> = keys[1..].iter().map(|key| fixture.poll(key)).collect();
    let submitted = [fixture.submit("f").processid, fixture.submit("g").processid];
    assert_eq!(fixture.state(&submitted[0]), Some(ProcessState::Waiting));
    resume(&fixture);
    fixture.broker.tick();
    let given: Vec<_> = std::iter::once(early)
        .chain(late)
        .filter_map(|poll| poll.answer.try_recv().ok())
        .map(|answer| answer.status)
        .collect();
    assert_eq!(given, [200, 200]);
    for id in &submitted {
        assert_eq!(fixture.state(id), Some(ProcessState::Running));
    }
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
fn what_runs_goes_on() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit("f").processid;
    fixture.take(&executor);
    pause(&fixture);
    fixture.close(&executor, &id, "8").unwrap();
    assert_eq!(fixture.state(&id), Some(ProcessState::Success));
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
