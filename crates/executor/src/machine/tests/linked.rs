//! Behind a gateway: it lets in at once, queues those who ask for work, and knows what they hold.

use webpool_wire::link::RefusalCode;

use super::bench::{Bench, process, refusal};
use super::*;

const NOTHING: &str = "No process available for assignment";

fn linked(holds: Option<&str>) -> Event {
    Event::Linked { holds: holds.map(str::to_owned), poll_s: 2, stale_after_s: None }
}

/// Joined through a gateway, with an open poll.
fn polling() -> Bench {
    polling_with(Bench::new(), Vec::new())
}

/// The same, with these functions on offer.
fn polling_with(mut bench: Bench, functions: Vec<Function>) -> Bench {
    bench.feed(linked(None));
    bench.feed(Event::Start);
    let add = bench.sent("addexecutormsg").id;
    bench.answer(add, "addexecutormsg", r#"{"state":1}"#);
    assert!(!bench.has_sent("approveexecutormsg"), "the gateway has approved it");
    assert!(bench.reported(|report| matches!(report, Report::Joined { .. })));
    bench.feed(Event::ComputeReady { functions });
    bench.feed(Event::Permit);
    bench
}

/// The link breaks, and takes the request with it.
fn cut(bench: &mut Bench) {
    let id = bench.sent("assignprocessmsg").id;
    bench.lose(id);
    assert!(matches!(bench.activity(), Some(Activity::Offline { .. })));
}

/// Answers the sign of life that a returning executor sends.
fn show_life(bench: &mut Bench) {
    let id = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Replied { id, reply: refusal(404, NOTHING) });
}

#[test]
fn a_request_for_work_is_as_long_as_the_gateway_says() {
    let bench = polling();
    assert_eq!(bench.sent("assignprocessmsg").payload["timeout"], 2);
    let is_patient = |command: &Command| matches!(command, Command::Send { timeout, .. } if *timeout > Duration::from_mins(4));
    assert!(bench.any(is_patient), "it may stand in the queue for minutes");
}

#[test]
fn who_stands_in_the_queue_shows_life_all_the_same() {
    let mut bench = polling();
    bench.pass(Duration::from_mins(4) + Duration::from_secs(1));
    assert_eq!(bench.sent("assignprocessmsg").payload["timeout"], -1);
}

#[test]
fn the_gateway_says_how_much_silence_is_borne() {
    let mut bench = polling();
    bench.feed(Event::Linked { holds: None, poll_s: 2, stale_after_s: Some(10) });
    bench.pass(Duration::from_secs(4));
    assert_eq!(bench.sent("assignprocessmsg").payload["timeout"], -1);
}

#[test]
fn who_comes_back_goes_on_at_once() {
    let mut bench = polling();
    cut(&mut bench);
    bench.feed(linked(None));
    show_life(&mut bench);
    assert_eq!(bench.activity(), Some(Activity::Idle));
    bench.pass(Duration::from_secs(1));
    let asked = bench.sent("getprocesshistmsg");
    bench.answer(asked.id, "getprocesshistmsg", "null");
    assert!(bench.has(&Command::WantPermit));
}

#[test]
fn what_the_gateway_believes_us_to_hold_is_taken_up() {
    let mut bench = polling();
    cut(&mut bench);
    bench.feed(linked(Some("p1")));
    show_life(&mut bench);
    let asked = bench.sent("getprocesshistmsg");
    assert_eq!(asked.payload["executorid"], bench.id().as_str());
    assert!(!bench.has(&Command::WantPermit), "one thing after the other");
    let mut held = process("p1", -1);
    held.assignedexecutorid = bench.id();
    let list = serde_json::to_string(&[held]).unwrap();
    bench.answer(asked.id, "getprocesshistmsg", &list);
    assert!(matches!(bench.activity(), Some(Activity::Running { .. })));
}

#[test]
fn what_runs_here_is_looked_at_when_the_gateway_knows_nothing_of_it() {
    let mut bench = polling();
    bench.assign(&process("p1", -1));
    bench.feed(linked(Some("p1")));
    assert!(!bench.has_sent("getprocessmsg"), "they agree");
    bench.feed(linked(None));
    assert_eq!(bench.sent("getprocessmsg").payload["processid"], "p1");
}

#[test]
fn what_came_too_late_for_a_pause_is_taken_up_after_it() {
    let mut bench = polling();
    bench.feed(Event::Pause);
    assert!(bench.any(|command| matches!(command, Command::Abort { .. })));
    bench.feed(Event::Resume);
    assert!(!bench.has(&Command::WantPermit), "an answer may be on its way");
    bench.pass(Duration::from_secs(1));
    let asked = bench.sent("getprocesshistmsg");
    bench.answer(asked.id, "getprocesshistmsg", "null");
    assert!(bench.has(&Command::WantPermit), "there was none");
}

#[test]
fn who_stops_leaves_once() {
    let mut bench = polling();
    bench.feed(Event::Stop);
    let leave = bench.sent("removeexecutormsg").id;
    bench.answer(leave, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left), "the gateway sees to the open poll");
}

#[test]
fn the_gateways_last_words_end_it() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    let code = RefusalCode::RevokedInvite;
    bench.feed(Event::Barred { code, reason: "revoked".to_owned() });
    assert_eq!(bench.ended(), Some(Ended::Failed(Trouble::Barred(code), "revoked".to_owned())));
    let mut bench = polling();
    bench.feed(Event::Dismissed { reason: "removed".to_owned() });
    assert_eq!(bench.ended(), Some(Ended::Dismissed("removed".to_owned())));
}

fn serves(build: &str) -> Event {
    Event::OtherBuild { build: Some(build.to_owned()) }
}

/// Given a function that only another build may have.
fn given_unknown(mut bench: Bench) -> Bench {
    let functions = vec![Function { funcname: "multiply".to_owned(), ..Function::default() }];
    bench.feed(serves("b2"));
    let mut bench = polling_with(bench, functions);
    bench.assign(&process("p1", -1));
    bench
}

#[test]
fn a_function_of_another_build_is_given_back_and_the_page_told() {
    let mut bench = given_unknown(Bench::reloading(""));
    assert_eq!(bench.outcome(), Some(Outcome::GivenBack));
    assert!(!bench.has_sent("closefailedmsg"), "a failure is final");
    let leave = bench.sent("removeexecutormsg").id;
    bench.answer(leave, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Stale("b2".to_owned())));
}

#[test]
fn results_on_their_way_are_delivered_before_it_leaves_for_another_build() {
    let mut bench = Bench::reloading("");
    bench.feed(serves("b2"));
    let functions = vec![Function { funcname: "add".to_owned(), ..Function::default() }];
    let mut bench = polling_with(bench, functions);
    bench.assign(&process("p1", -1));
    bench.feed(Event::Computed { run: 1, output: vec!["8".to_owned()] });
    let close = bench.sent("closesuccessfulmsg").id;
    bench.feed(Event::Permit);
    let mut unknown = process("p2", -1);
    unknown.spec.funcname = "gcd".to_owned();
    bench.assign(&unknown);
    assert!(!bench.has_sent("removeexecutormsg"));
    bench.answer_with(close, "closesuccessfulmsg", &process("p1", -1));
    assert_eq!(bench.outcome(), Some(Outcome::Succeeded));
    assert!(bench.has_sent("removeexecutormsg"));
}

#[test]
fn it_fails_where_loading_anew_would_not_bring_the_other_build() {
    for bench in [Bench::new(), Bench::reloading("b2")] {
        let bench = given_unknown(bench);
        let failed = bench.sent("closefailedmsg");
        let reason = failed.payload["errors"][0].as_str().unwrap();
        assert!(reason.contains("«add»") && reason.contains("b2"), "{reason}");
        assert!(!bench.has_sent("removeexecutormsg"));
    }
    // A third build is another matter.
    assert!(given_unknown(Bench::reloading("b1")).has_sent("removeexecutormsg"));
}

#[test]
fn what_is_unknown_to_the_newest_build_too_is_left_to_the_function_to_refuse() {
    let mut bench = Bench::reloading("");
    bench.feed(serves("b2"));
    bench.feed(Event::OtherBuild { build: None });
    let functions = vec![Function { funcname: "multiply".to_owned(), ..Function::default() }];
    let mut bench = polling_with(bench, functions);
    bench.assign(&process("p1", -1));
    assert!(bench.any(|command| matches!(command, Command::Compute { .. })));
}
