//! Pause, finish, stop, and leaving.

use super::bench::{Bench, refusal};
use super::*;

#[test]
fn a_pause_holds_the_run_and_takes_nothing_new() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Pause);
    assert!(bench.has(&Command::HoldCompute));
    assert_eq!(bench.activity(), Some(Activity::Paused));
    bench.feed(Event::Computed { run: 1, output: Vec::new() });
    assert!(!bench.has(&Command::WantPermit));
    bench.feed(Event::Resume);
    assert!(bench.has(&Command::ContinueCompute) && bench.has(&Command::WantPermit));
}

#[test]
fn a_pause_ends_the_open_poll() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Pause);
    assert!(bench.has(&Command::Abort { id: poll }) && bench.has(&Command::ReturnPermit));
    bench.feed(Event::Resume);
    let ask = bench.sent("getprocesshistmsg").id;
    bench.answer(ask, "getprocesshistmsg", "[]");
    assert!(bench.has(&Command::WantPermit));
}

#[test]
fn finish_ends_the_run_delivers_and_leaves() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Finish);
    assert_eq!(bench.activity(), Some(Activity::Finishing));
    bench.feed(Event::Computed { run: 1, output: Vec::new() });
    assert!(!bench.has_sent("removeexecutormsg"), "the result comes first");
    let close = bench.sent("closesuccessfulmsg").id;
    bench.answer(close, "closesuccessfulmsg", "{}");
    let leave = bench.sent("removeexecutormsg");
    assert_eq!(leave.signer, bench.owner.id());
    bench.answer(leave.id, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn stop_gives_the_process_back_at_once() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Stop);
    assert!(bench.has(&Command::StopCompute));
    assert_eq!(bench.outcome(), Some(Outcome::GivenBack));
    let leave = bench.sent("removeexecutormsg").id;
    bench.answer(leave, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn who_ended_a_poll_leaves_twice() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Stop);
    assert!(bench.has(&Command::Abort { id: poll }) && bench.has(&Command::ReturnPermit));
    let leave = bench.sent("removeexecutormsg").id;
    bench.answer(leave, "removeexecutormsg", "{}");
    assert_eq!(bench.activity(), Some(Activity::Stopped));
    assert_eq!(bench.ended(), None);
    bench.pass(Duration::from_secs(9));
    let again = bench.sent("removeexecutormsg").id;
    bench.answer(again, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn stop_without_a_server_ends_all_the_same() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Stop);
    for attempt in 1..=3 {
        let leave = bench.sent("removeexecutormsg").id;
        bench.lose(leave);
        if attempt < 3 {
            bench.pass(Duration::from_secs(30));
        }
    }
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn a_stop_waits_two_seconds_for_a_result_on_its_way() {
    let mut bench = Bench::delivering();
    bench.feed(Event::Stop);
    assert!(!bench.has_sent("removeexecutormsg"));
    bench.pass(Duration::from_secs(2));
    bench.sent("removeexecutormsg");
}

#[test]
fn who_is_being_added_leaves_once_it_is() {
    for wish in [Event::Stop, Event::Finish] {
        let mut bench = Bench::new();
        bench.feed(Event::Start);
        let add = bench.sent("addexecutormsg").id;
        bench.feed(wish);
        assert!(!bench.has_sent("removeexecutormsg"), "it would be overtaken");
        bench.answer(add, "addexecutormsg", "{}");
        assert!(!bench.has_sent("approveexecutormsg"));
        let leave = bench.sent("removeexecutormsg").id;
        bench.answer(leave, "removeexecutormsg", "{}");
        assert_eq!(bench.ended(), Some(Ended::Left));
    }
}

#[test]
fn who_is_being_approved_leaves_once_it_is() {
    for wish in [Event::Stop, Event::Finish] {
        let mut bench = Bench::new();
        bench.feed(Event::Start);
        let add = bench.sent("addexecutormsg").id;
        bench.answer(add, "addexecutormsg", "{}");
        let approve = bench.sent("approveexecutormsg").id;
        bench.feed(wish);
        assert!(!bench.has_sent("removeexecutormsg"), "it would be overtaken");
        bench.answer(approve, "approveexecutormsg", "{}");
        let leave = bench.sent("removeexecutormsg").id;
        bench.answer(leave, "removeexecutormsg", "{}");
        assert_eq!(bench.ended(), Some(Ended::Left));
    }
}

#[test]
fn a_stop_waits_two_seconds_for_a_step_of_joining() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    bench.feed(Event::Stop);
    bench.pass(Duration::from_secs(2));
    let leave = bench.sent("removeexecutormsg").id;
    bench.answer(leave, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn who_cannot_be_added_leaves_at_once() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    let add = bench.sent("addexecutormsg").id;
    bench.feed(Event::Finish);
    bench.lose(add);
    bench.sent("removeexecutormsg");
}

#[test]
fn finish_lets_a_held_run_go_on() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Pause);
    bench.feed(Event::Finish);
    assert!(bench.has(&Command::ContinueCompute));
    assert_eq!(bench.activity(), Some(Activity::Finishing));
}

#[test]
fn a_farewell_that_meets_a_servers_own_error_is_sent_again() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Stop);
    let id = bench.sent("removeexecutormsg").id;
    bench.feed(Event::Replied { id, reply: refusal(500, "pq: too many clients") });
    assert_eq!(bench.ended(), None);
    bench.pass(Duration::from_secs(1));
    let again = bench.sent("removeexecutormsg").id;
    bench.answer(again, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}
