//! Deadlines and stale executors: what the passing of time does to a process.

use std::time::Duration;

use webpool_colony::request::{Assign, CloseFailed, GetExecutor};
use webpool_colony::types::ExecutorState;
use webpool_colony::{FunctionSpec, Json, Process, ProcessState};

use super::fixture::{COLONY, Fixture, sentence, spec};

const SECOND: Duration = Duration::from_secs(1);

fn limited(maxwaittime: i64, maxexectime: i64, maxretries: i64) -> FunctionSpec {
    FunctionSpec { maxwaittime, maxexectime, maxretries, ..spec("f") }
}

fn errors(process: &Process) -> Vec<String> {
    process.errors.to_texts()
}

#[test]
fn a_process_is_tried_again_and_then_fails() {
    let fixture = Fixture::new();
    let (slow, quick) = (fixture.executor("slow"), fixture.executor("quick"));
    let submitted = fixture.submit_like(limited(-1, 1, 1));
    let id = &submitted.processid;
    assert!(!fixture.take(&slow).execdeadline.is_never());
    let poll = fixture.poll(&quick);
    fixture.pass(2 * SECOND);
    let again = poll.wait_for_process();
    assert_eq!((&again.processid, again.retries), (id, 1));
    assert_eq!(again.prioritytime, submitted.prioritytime);
    let late = "Failed to close process as successful, not allowed to close process as successful";
    assert_eq!(sentence(fixture.close(&slow, id, "late")), (403, late.to_owned()));
    fixture.pass(2 * SECOND);
    let failed = fixture.process(id);
    assert_eq!(failed.state(), Some(ProcessState::Failed));
    assert_eq!(errors(&failed), ["Maximum execution time limit exceeded"]);
    assert_eq!(failed.assignedexecutorid, quick.id());
    let late = "Tried to set failed process as successful";
    assert_eq!(sentence(fixture.close(&quick, id, "late")), (400, late.to_owned()));
    assert_eq!(fixture.process(id).output.as_str(), "[]");
}

#[test]
fn a_requeued_process_is_nobodys() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit_like(limited(30, 1, -1)).processid;
    let taken = fixture.take(&executor);
    fixture.pass(2 * SECOND);
    let waiting = fixture.process(&id);
    assert_eq!(waiting.state(), Some(ProcessState::Waiting));
    assert!(!waiting.isassigned && waiting.assignedexecutorid.as_str().is_empty());
    assert_eq!(waiting.starttime, taken.starttime);
    assert!(waiting.waitdeadline > taken.waitdeadline);
    let nobodys = "Failed to close process as failed, process is not assigned";
    let request = CloseFailed { processid: id, errors: Vec::new() };
    assert_eq!(sentence(fixture.ask(&executor, &request)), (403, nobodys.to_owned()));
}

#[test]
fn limits_that_are_none_and_limits_that_are_over_at_once() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    for (maxwaittime, maxexectime, is_run, state) in [
        (-1, -1, true, ProcessState::Running),
        (-1, 0, true, ProcessState::Failed),
        (-1, -2, true, ProcessState::Failed),
        (-1, 0, false, ProcessState::Waiting),
        (0, -1, false, ProcessState::Waiting),
        (-2, -1, false, ProcessState::Failed),
        (1, -1, false, ProcessState::Failed),
        (30, -1, false, ProcessState::Waiting),
    ] {
        let id = fixture.submit_like(limited(maxwaittime, maxexectime, 0)).processid;
        if is_run {
            assert_eq!(fixture.take(&executor).processid, id);
        }
        fixture.pass(2 * SECOND);
        assert_eq!(fixture.state(&id), Some(state), "{maxwaittime} {maxexectime} {is_run}");
        fixture.pass(40 * SECOND);
        drop(fixture.assign(&executor));
    }
}

#[test]
fn a_process_that_waited_too_long_says_so() {
    let fixture = Fixture::new();
    let id = fixture.submit_like(limited(1, -1, 3)).processid;
    fixture.pass(3 * SECOND);
    assert_eq!(errors(&fixture.process(&id)), ["Maximum waiting time limit exceeded"]);
}

#[test]
fn an_executor_with_an_open_poll_is_not_stale() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let poll = fixture.poll_like(&executor, Assign { timeout: 3600, ..Assign::default() });
    for _ in 0..30 {
        fixture.pass(Duration::from_mins(1));
    }
    let process = fixture.submit("f");
    assert_eq!(poll.wait_for_process().processid, process.processid);
}

#[test]
fn a_stale_executor_is_taken_off() {
    let fixture = Fixture::new();
    let (silent, lively) = (fixture.executor("silent"), fixture.executor("lively"));
    let never = fixture.executor("never");
    let id = fixture.submit("f").processid;
    assert_eq!(fixture.take(&silent).processid, id);
    fixture.pass(Duration::from_secs(590));
    let patient = Assign { timeout: 300, ..Assign::default() };
    let poll = fixture.poll_like(&lively, patient);
    fixture.pass(Duration::from_secs(70));
    let again = poll.wait_for_process();
    assert_eq!((again.processid, again.retries), (id.clone(), 0));
    assert_eq!(sentence(fixture.close(&silent, &id, "late")).0, 403);
    for (name, state) in
        [("silent", ExecutorState::Unregistered), ("lively", ExecutorState::Approved)]
    {
        let request = GetExecutor { colonyname: COLONY.to_owned(), executorname: name.to_owned() };
        assert_eq!(fixture.ask(&fixture.user, &request).unwrap().state, state.to_code());
    }
    assert!(fixture.assign(&never).is_ok());
}

#[test]
fn an_output_survives_a_retry() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit_like(limited(-1, 1, 3)).processid;
    fixture.take(&executor);
    let out = Json::from_strings(&["half"]);
    let request = webpool_colony::request::SetOutput { processid: id.clone(), out };
    fixture.ask(&executor, &request).unwrap();
    fixture.pass(2 * SECOND);
    assert_eq!(fixture.process(&id).output.to_texts(), ["half"]);
}
