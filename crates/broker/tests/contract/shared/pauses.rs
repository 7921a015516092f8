//! A colony whose work is held back: nothing is handed out until it is resumed.

use webpool_colony::request::{GetPauseStatus, PauseAssignments, ResumeAssignments};
use webpool_colony::{Assigned, ProcessState};

use crate::fixture::{Fixture, sentence};

fn pause(fixture: &Fixture) {
    let request = PauseAssignments { colonyname: fixture.colony.clone() };
    fixture.ask(&fixture.owner, &request).unwrap();
}

fn resume(fixture: &Fixture) {
    let request = ResumeAssignments { colonyname: fixture.colony.clone() };
    fixture.ask(&fixture.owner, &request).unwrap();
}

fn is_paused(fixture: &Fixture) -> bool {
    let request = GetPauseStatus { colonyname: fixture.colony.clone() };
    let status = fixture.ask(&fixture.user, &request).unwrap();
    assert_eq!(status.msgtype, "pausestatusreplymsg");
    assert_eq!(status.colonyname, fixture.colony);
    status.ispaused
}

#[test]
fn resuming_hands_out_what_was_held_back() {
    let fixture = Fixture::new();
    let keys: Vec<_> = (0..2).map(|n| fixture.executor(&format!("e{n}"))).collect();
    pause(&fixture);
    for key in &keys {
        assert_eq!(fixture.assign(key), Ok(Assigned::Paused));
    }
    let polls: Vec<_> = keys.iter().map(|key| fixture.poll(key)).collect();
    let submitted = [fixture.submit("f").processid, fixture.submit("g").processid];
    for id in &submitted {
        assert_eq!(fixture.state(id), Some(ProcessState::Waiting));
    }
    resume(&fixture);
    let mut given: Vec<_> =
        polls.into_iter().map(|poll| poll.wait_for_process().processid).collect();
    given.sort_by_key(|id| submitted.iter().position(|known| known == id));
    assert_eq!(given, submitted);
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
fn only_the_owner_holds_work_back() {
    let fixture = Fixture::new();
    assert!(!is_paused(&fixture));
    let request = PauseAssignments { colonyname: fixture.colony.clone() };
    let expected = (403, "Access denied, not colony owner".to_owned());
    assert_eq!(sentence(fixture.ask(&fixture.user, &request)), expected);
    assert!(!is_paused(&fixture));
    for _ in 0..2 {
        pause(&fixture);
        assert!(is_paused(&fixture));
    }
    for _ in 0..2 {
        resume(&fixture);
        assert!(!is_paused(&fixture));
    }
}
