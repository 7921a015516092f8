//! Results on their way to the server.

use super::bench::{Bench, process, refusal};
use super::*;

/// Whether an outcome is the one expected.
type IsRight = fn(&Outcome) -> bool;

#[test]
fn a_lost_close_is_sent_again_only_after_reading_the_process() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    bench.lose(id);
    assert!(matches!(bench.activity(), Some(Activity::Offline { .. })));
    bench.reconnect();
    let read = bench.sent("getprocessmsg").id;
    let mut ours = process("p1", -1);
    ours.assignedexecutorid = bench.id();
    bench.answer_with(read, "getprocessmsg", &ours);
    let again = bench.sent("closesuccessfulmsg").id;
    bench.answer(again, "closesuccessfulmsg", "{}");
    assert_eq!(bench.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn an_answer_that_makes_no_sense_is_no_refusal() {
    let mut bench = Bench::delivering();
    let close = bench.sent("closesuccessfulmsg").id;
    let nonsense = Reply::Answered { status: 200, body: b"<html>please log in".to_vec() };
    bench.feed(Event::Replied { id: close, reply: nonsense });
    assert_eq!((bench.outcome(), bench.pending()), (None, None), "it is kept");
    bench.pass_to_timer();
    let read = bench.sent("getprocessmsg").id;
    let mut closed = process("p1", -1);
    (closed.assignedexecutorid, closed.state) = (bench.id(), 2);
    bench.answer_with(read, "getprocessmsg", &closed);
    assert_eq!(bench.outcome(), Some(Outcome::Succeeded), "the first attempt was accepted");
}

#[test]
fn a_result_whose_answer_was_lost_may_have_arrived_when_the_executor_is_removed() {
    let removed = || refusal(403, "Access denied, not a member of Colony with name <dev>");
    let mut bench = Bench::delivering();
    let close = bench.sent("closesuccessfulmsg").id;
    bench.lose(close);
    bench.reconnect();
    let read = bench.sent("getprocessmsg").id;
    bench.feed(Event::Replied { id: read, reply: removed() });
    assert!(matches!(bench.outcome(), Some(Outcome::Unheard(_))), "{:?}", bench.outcome());

    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    bench.feed(Event::Replied { id, reply: removed() });
    assert!(matches!(bench.outcome(), Some(Outcome::Discarded(_))), "{:?}", bench.outcome());
}

#[test]
fn a_result_whose_answer_never_comes_is_reported_as_failed_then_dropped() {
    let mut bench = Bench::delivering();
    let mut ours = process("p1", -1);
    ours.assignedexecutorid = bench.id();
    for request in ["closesuccessfulmsg", "closefailedmsg"] {
        for _ in 0..5 {
            let close = bench.sent(request).id;
            bench.lose(close);
            bench.reconnect();
            let read = bench.sent("getprocessmsg").id;
            bench.answer_with(read, "getprocessmsg", &ours);
        }
    }
    let outcome = bench.outcome();
    let is_told =
        matches!(&outcome, Some(Outcome::Discarded(why)) if why.contains("answer never came"));
    assert!(is_told, "{outcome:?}");
    assert_eq!(bench.pending(), Some(0));
}

#[test]
fn what_became_of_a_doubtful_result() {
    let cases: [(i64, bool, IsRight); 5] = [
        (2, true, |outcome| *outcome == Outcome::Succeeded),
        (2, false, |outcome| matches!(outcome, Outcome::Discarded(_))),
        (1, false, |outcome| matches!(outcome, Outcome::Discarded(_))),
        (3, true, |outcome| *outcome == Outcome::Expired),
        (4, true, |outcome| *outcome == Outcome::Cancelled),
    ];
    for (state, is_ours, is_right) in cases {
        let mut bench = Bench::delivering();
        let id = bench.sent("closesuccessfulmsg").id;
        bench.lose(id);
        bench.reconnect();
        let read = bench.sent("getprocessmsg").id;
        let mut found = process("p1", -1);
        found.state = state;
        if is_ours {
            found.assignedexecutorid = bench.id();
        }
        bench.answer_with(read, "getprocessmsg", &found);
        let outcome = bench.outcome();
        assert!(outcome.as_ref().is_some_and(is_right), "state {state}: {outcome:?}");
        assert_eq!(bench.pending(), Some(0));
    }
}

#[test]
fn a_refused_result_is_dropped_with_the_servers_sentence() {
    let cases = [
        (400, "Tried to set cancelled process as successful"),
        (403, "Failed to close process as successful, process is not assigned"),
        (500, "Failed to close process as successful, process is nil"),
    ];
    for (status, sentence) in cases {
        let mut bench = Bench::delivering();
        let id = bench.sent("closesuccessfulmsg").id;
        bench.feed(Event::Replied { id, reply: refusal(status, sentence) });
        assert_eq!(bench.outcome(), None, "first it is read");
        let read = bench.sent("getprocessmsg").id;
        if status == 500 {
            bench.feed(Event::Replied { id: read, reply: refusal(status, "process is nil") });
        } else {
            let mut ours = process("p1", -1);
            ours.assignedexecutorid = bench.id();
            bench.answer_with(read, "getprocessmsg", &ours);
        }
        let outcome = bench.outcome();
        assert!(
            matches!(&outcome, Some(Outcome::Discarded(why)) if why.contains(sentence)),
            "{sentence}: {outcome:?}"
        );
        assert_eq!((bench.ended(), bench.pending()), (None, Some(0)));
    }
}

#[test]
fn a_failure_that_a_browser_sent_twice_is_not_dropped() {
    let mut bench = Bench::running(3);
    bench.feed(Event::Refused { run: 1, reason: "no".to_owned() });
    let id = bench.sent("closefailedmsg").id;
    let sentence = "Tried to set failed process as failed";
    bench.feed(Event::Replied { id, reply: refusal(400, sentence) });
    let read = bench.sent("getprocessmsg").id;
    let mut closed = process("p1", -1);
    (closed.assignedexecutorid, closed.state) = (bench.id(), 3);
    bench.answer_with(read, "getprocessmsg", &closed);
    assert_eq!(bench.outcome(), Some(Outcome::Failed("no".to_owned())), "the first was accepted");
}

#[test]
fn a_servers_own_error_is_retried() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    bench.feed(Event::Replied { id, reply: refusal(500, "pq: too many clients") });
    assert_eq!(bench.outcome(), None);
    bench.pass(Duration::from_secs(1));
    bench.sent("getprocessmsg");
}

#[test]
fn a_result_that_comes_after_the_deadline_is_not_sent_unread() {
    let mut bench = Bench::running(3);
    bench.turn(Duration::from_secs(5));
    bench.feed(Event::Computed { run: 1, output: vec!["8".to_owned()] });
    assert!(bench.has_sent("getprocessmsg") && !bench.has_sent("closesuccessfulmsg"));
}

#[test]
fn an_output_that_is_too_long_fails_with_that_reason() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    let body = b"<html>413 Request Entity Too Large</html>".to_vec();
    bench.feed(Event::Replied { id, reply: Reply::Answered { status: 413, body } });
    let close = bench.sent("closefailedmsg");
    assert!(close.payload["errors"][0].as_str().unwrap().contains("too long"));
    bench.answer(close.id, "closefailedmsg", "{}");
    assert!(matches!(bench.outcome(), Some(Outcome::Failed(_))));
}

#[test]
fn too_many_results_on_their_way_hold_up_the_next_process() {
    let mut bench = Bench::polling();
    for number in 1..=16 {
        bench.assign(&process(&format!("p{number}"), -1));
        bench.feed(Event::Computed { run: number, output: Vec::new() });
        assert_eq!(bench.has(&Command::WantPermit), number < 16, "{number} results");
        let close = bench.sent("closesuccessfulmsg").id;
        if number == 16 {
            bench.answer(close, "closesuccessfulmsg", "{}");
            assert!(bench.has(&Command::WantPermit), "room again");
        } else {
            bench.feed(Event::Permit);
        }
    }
}

#[test]
fn after_a_gap_a_result_is_preceded_by_reading_its_process() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    bench.feed(Event::Replied { id, reply: refusal(500, "pq: too many clients") });
    bench.sleep(Duration::from_mins(2));
    bench.pass(Duration::from_secs(1));
    bench.sent("getprocessmsg");
}

#[test]
fn what_was_closed_while_the_server_was_asked_what_it_has_given_is_not_taken_up() {
    let mut bench = Bench::delivering();
    let close = bench.sent("closesuccessfulmsg").id;
    bench.feed(Event::Permit);
    bench.feed(Event::Pause);
    bench.feed(Event::Resume);
    let asked = bench.sent("getprocesshistmsg").id;
    let mut before = process("p1", -1);
    before.assignedexecutorid = bench.id();
    bench.answer(close, "closesuccessfulmsg", "{}");
    assert_eq!(bench.outcome(), Some(Outcome::Succeeded));
    let list = serde_json::to_string(&[before]).unwrap();
    bench.answer(asked, "getprocesshistmsg", &list);
    assert!(!matches!(bench.activity(), Some(Activity::Running { .. })), "it was done already");
    let again = bench.sent("getprocesshistmsg").id;
    bench.answer(again, "getprocesshistmsg", "[]");
    assert!(bench.has(&Command::WantPermit));
}
