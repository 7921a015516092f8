//! Long polls as their clients see them.

use webpool_colony::request::Assign;
use webpool_colony::{Assigned, ProcessState};

use crate::fixture::{Fixture, sentence};

#[test]
fn a_poll_gets_what_is_submitted_meanwhile() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let poll = fixture.poll(&executor);
    let process = fixture.submit("f").processid;
    let given = poll.wait_for_process();
    assert_eq!((&given.processid, given.assignedexecutorid), (&process, executor.id()));
    assert_eq!(fixture.state(&process), Some(ProcessState::Running));
}

#[test]
fn polls_of_one_executor_are_served_independently() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let polls = [fixture.poll(&executor), fixture.poll(&executor)];
    let mut submitted = [fixture.submit("f").processid, fixture.submit("g").processid];
    let mut given = polls.map(|poll| poll.wait_for_process().processid);
    given.sort();
    submitted.sort();
    assert_eq!(given, submitted);
}

#[test]
fn timeouts() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let zero = "Invalid timeout value, timeout cannot be zero";
    let assign = |timeout| Assign { timeout, ..Assign::default() };
    let refused = fixture.poll_like(&executor, assign(0)).wait();
    assert_eq!(sentence(refused), (400, zero.to_owned()));
    for timeout in [-1, i64::from(i32::MIN)] {
        assert_eq!(fixture.poll_like(&executor, assign(timeout)).wait(), Ok(Assigned::Nothing));
    }
    let nobody = fixture.poll_like(&fixture.user, assign(-1)).wait();
    let reason = "Failed to assign process, executor not found";
    assert_eq!(sentence(nobody), (500, reason.to_owned()));
}

#[test]
fn a_poll_that_has_gone_loses_nothing() {
    let fixture = Fixture::new();
    let (gone, stays) = (fixture.executor("gone"), fixture.executor("stays"));
    drop(fixture.poll(&gone));
    // The server hears of the end of a connection a moment later.
    fixture.pass(std::time::Duration::from_secs(1));
    let process = fixture.submit("f").processid;
    assert_eq!(fixture.state(&process), Some(ProcessState::Waiting));
    assert_eq!(fixture.take(&stays).processid, process);
}
