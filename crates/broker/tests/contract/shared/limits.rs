//! Deadlines as their clients see them. A real server looks at them once a second and in whole
//! seconds: up to two seconds late.

use std::time::Duration;

use webpool_colony::request::CloseFailed;
use webpool_colony::{FunctionSpec, Process, ProcessState};

use crate::fixture::{Fixture, sentence};

/// Longer than a limit of a second takes.
const WHILE: Duration = Duration::from_secs(4);

fn submit(fixture: &Fixture, limits: (i64, i64, i64)) -> String {
    let (maxwaittime, maxexectime, maxretries) = limits;
    let spec = FunctionSpec { maxwaittime, maxexectime, maxretries, ..fixture.spec("f") };
    fixture.submit_like(spec).processid
}

fn check_failed(process: &Process, reason: &str) {
    assert_eq!(process.state(), Some(ProcessState::Failed));
    assert_eq!(process.errors.to_texts(), [reason]);
}

#[test]
fn waiting_too_long() {
    let fixture = Fixture::new();
    let id = submit(&fixture, (1, -1, 3));
    fixture.pass(WHILE);
    check_failed(&fixture.process(&id), "Maximum waiting time limit exceeded");
}

#[test]
fn running_too_long() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    for (maxexectime, retries) in [(1, 0), (0, 0), (-2, 0)] {
        let id = submit(&fixture, (-1, maxexectime, retries));
        assert_eq!(fixture.take(&executor).processid, id);
        fixture.pass(WHILE);
        let failed = fixture.process(&id);
        check_failed(&failed, "Maximum execution time limit exceeded");
        assert_eq!(failed.assignedexecutorid, executor.id());
        let late = "Tried to set failed process as successful";
        assert_eq!(sentence(fixture.close(&executor, &id, "late")), (400, late.to_owned()));
    }
}

#[test]
fn a_process_with_retries_waits_again() {
    let fixture = Fixture::new();
    let (slow, quick) = (fixture.executor("slow"), fixture.executor("quick"));
    let id = submit(&fixture, (30, 1, -1));
    let taken = fixture.take(&slow);
    fixture.pass(WHILE);
    let waiting = fixture.process(&id);
    assert_eq!((waiting.state(), waiting.retries), (Some(ProcessState::Waiting), 1));
    assert!(!waiting.isassigned && waiting.assignedexecutorid.as_str().is_empty());
    assert!(waiting.waitdeadline > taken.waitdeadline);
    assert_eq!(waiting.prioritytime, taken.prioritytime);
    let nobodys = "Failed to close process as failed, process is not assigned";
    let request = CloseFailed { processid: id.clone(), errors: Vec::new() };
    assert_eq!(sentence(fixture.ask(&slow, &request)), (403, nobodys.to_owned()));
    assert_eq!(fixture.take(&quick).processid, id);
    let others = "Failed to close process as failed, not allowed to close process as failed";
    assert_eq!(sentence(fixture.ask(&slow, &request)), (403, others.to_owned()));
}
