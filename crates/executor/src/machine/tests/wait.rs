//! Waiting for work: polls, permits, signs of life, registration, lost assignments.

use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::{Json, reply};

use super::bench::{Bench, process, refusal};
use super::*;
use crate::machine::wait::poll_seconds;

#[test]
fn a_poll_is_the_shorter_the_more_slots_share_the_permits() {
    for (slots, seconds) in [(1, 8), (4, 8), (5, 4), (8, 4), (12, 2), (24, 1), (64, 1)] {
        assert_eq!(poll_seconds(slots), seconds, "{slots} slots");
    }
}

#[test]
fn an_empty_poll_is_followed_by_the_next() {
    let mut bench = Bench::polling();
    let id = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Replied { id, reply: refusal(404, "No process available for assignment") });
    assert!(bench.has(&Command::ReturnPermit) && bench.has(&Command::WantPermit));
    assert_eq!(bench.activity(), None, "still idle: nothing to tell");
}

#[test]
fn an_unwanted_permit_is_given_back() {
    let mut bench = Bench::polling();
    bench.feed(Event::Permit);
    assert_eq!(bench.commands(), [Command::ReturnPermit]);
}

#[test]
fn who_is_no_member_any_more_is_lost() {
    let mut bench = Bench::polling();
    let id = bench.sent("assignprocessmsg").id;
    let sentence = "Access denied, not a member of Colony with name <dev>";
    bench.feed(Event::Replied { id, reply: refusal(403, sentence) });
    assert!(matches!(bench.ended(), Some(Ended::Lost(said)) if said.contains(sentence)));
    bench.feed(Event::Woke);
    assert!(bench.commands().is_empty(), "nothing after the last word");
}

#[test]
fn a_busy_executor_shows_that_it_lives_every_minute() {
    let mut bench = Bench::running(-1);
    bench.pass(Duration::from_secs(59));
    assert!(!bench.has_sent("assignprocessmsg"));
    bench.pass(Duration::from_secs(2));
    let sign = bench.sent("assignprocessmsg");
    assert_eq!(sign.payload["timeout"], -1);
    assert_eq!(sign.payload["availablecpu"], "-9223372036854775808m");
    bench.feed(Event::Replied {
        id: sign.id,
        reply: refusal(404, "No process available for assignment"),
    });
    assert_eq!(bench.outcome(), None);
}

#[test]
fn functions_are_registered_one_at_a_time_once_it_waits() {
    let mut bench = Bench::new();
    bench.join(vec![
        Function { funcname: "add".to_owned(), ..Function::default() },
        Function { funcname: "echo".to_owned(), ..Function::default() },
    ]);
    assert!(!bench.has_sent("addfunctionmsg"));
    bench.pass(Duration::from_secs(2));
    let first = bench.sent("addfunctionmsg");
    assert_eq!(first.payload["fun"]["funcname"], "add");
    assert_eq!(first.payload["fun"]["executorname"], bench.machine.name());
    bench.answer(first.id, "addfunctionmsg", "{}");
    bench.pass(Duration::from_millis(300));
    let second = bench.sent("addfunctionmsg");
    assert_eq!(second.payload["fun"]["funcname"], "echo");
    bench.answer(second.id, "addfunctionmsg", "{}");
    bench.pass(Duration::from_secs(5));
    assert!(!bench.has_sent("addfunctionmsg"));
}

#[test]
fn a_process_whose_assignment_was_lost_is_taken_up() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.lose(poll);
    bench.reconnect();
    let ask = bench.sent("getprocesshistmsg");
    assert_eq!(ask.payload["executorid"], bench.id().as_str());
    assert_eq!(ask.payload["state"], 1);
    let mut lost = process("p7", -1);
    lost.assignedexecutorid = bench.id();
    let foreign = process("p8", -1);
    let payload = serde_json::to_string(&[foreign, lost]).unwrap();
    bench.answer(ask.id, "getprocesshistmsg", &payload);
    assert!(matches!(
        bench.activity(),
        Some(Activity::Running { process_id, .. }) if process_id == "p7"
    ));
}

#[test]
fn a_lost_poll_that_is_answered_later_is_not_forgotten() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.lose(poll);
    bench.reconnect();
    let ask = bench.sent("getprocesshistmsg").id;
    bench.answer(ask, "getprocesshistmsg", "[]");
    assert!(bench.has(&Command::WantPermit));
    bench.feed(Event::Permit);
    let next = bench.sent("assignprocessmsg");
    let seconds = next.payload["timeout"].as_i64().unwrap();
    assert!((1..=8).contains(&seconds), "it ends before the server is asked again: {seconds}");
    let none = refusal(404, "No process available for assignment");
    bench.pass(Duration::from_secs(seconds.unsigned_abs()));
    bench.feed(Event::Replied { id: next.id, reply: none });
    bench.pass(Duration::from_secs(2));
    let ask = bench.sent("getprocesshistmsg").id;
    bench.answer(ask, "getprocesshistmsg", "[]");
    bench.pass(Duration::from_mins(1));
    assert!(!bench.has_sent("getprocesshistmsg"), "the lost poll is over");
}

/// A reply with this beginning, too long to be read.
fn too_long(payload: &str) -> Reply {
    let body = ReplyEnvelope::success("any", payload).to_body();
    let head = body.as_bytes()[..reply::HEAD_BYTES].to_vec();
    Reply::TooLong { head, size_bytes: reply::MAX_REPLY_BYTES + 1 }
}

fn long_process(id: &str) -> String {
    let mut process = process(id, -1);
    process.spec.args = Json::from_strings(&["x".repeat(2 * reply::HEAD_BYTES)]);
    serde_json::to_string(&process).unwrap()
}

#[test]
fn a_process_that_is_too_long_to_be_read_fails_with_that_reason() {
    let id = "0f".repeat(32);
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Replied { id: poll, reply: too_long(&long_process(&id)) });
    let close = bench.sent("closefailedmsg");
    assert_eq!(close.payload["processid"], id);
    let reason = close.payload["errors"][0].as_str().unwrap();
    assert!(reason.contains("too long") && reason.contains("33554432 bytes"), "{reason}");
    assert!(bench.has(&Command::WantPermit), "the next one may be shorter");
    bench.answer(close.id, "closefailedmsg", "{}");
    assert!(matches!(bench.outcome(), Some(Outcome::Failed(said)) if said == reason));
}

#[test]
fn a_close_of_what_cannot_be_read_is_sent_again_unread() {
    let id = "0f".repeat(32);
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Replied { id: poll, reply: too_long(&long_process(&id)) });
    let close = bench.sent("closefailedmsg");
    bench.lose(close.id);
    bench.reconnect();
    let read = bench.sent("getprocessmsg");
    bench.feed(Event::Replied { id: read.id, reply: too_long(&long_process(&id)) });
    assert_eq!(bench.sent("closefailedmsg").payload["processid"], id);
}

#[test]
fn a_lost_assignment_that_is_too_long_to_be_read_fails() {
    let id = "0f".repeat(32);
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.lose(poll);
    bench.reconnect();
    let ask = bench.sent("getprocesshistmsg").id;
    let list = format!("[{}]", long_process(&id));
    bench.feed(Event::Replied { id: ask, reply: too_long(&list) });
    let close = bench.sent("closefailedmsg");
    assert_eq!(close.payload["processid"], id);
    bench.answer(close.id, "closefailedmsg", "{}");
    bench.pass(Duration::from_secs(2));
    let ask = bench.sent("getprocesshistmsg").id;
    bench.answer(ask, "getprocesshistmsg", "null");
    assert!(bench.has(&Command::WantPermit));
}

#[test]
fn nothing_lost_means_that_it_goes_on_polling() {
    let mut bench = Bench::polling();
    bench.feed(Event::Pause);
    bench.feed(Event::Resume);
    let ask = bench.sent("getprocesshistmsg").id;
    assert!(!bench.has(&Command::WantPermit));
    bench.answer(ask, "getprocesshistmsg", "null");
    bench.feed(Event::Permit);
    bench.sent("assignprocessmsg");
}

#[test]
fn a_pause_does_not_end_the_registration_of_functions() {
    let mut bench = Bench::new();
    bench.join(vec![Function { funcname: "add".to_owned(), ..Function::default() }]);
    bench.feed(Event::Pause);
    bench.pass(Duration::from_secs(2));
    assert!(!bench.has_sent("addfunctionmsg"));
    bench.feed(Event::Resume);
    bench.pass(Duration::from_secs(2));
    bench.sent("addfunctionmsg");
}

#[test]
fn a_lost_poll_is_followed_by_going_offline_and_coming_back() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.lose(poll);
    assert!(matches!(bench.activity(), Some(Activity::Offline { .. })));
    assert!(bench.has(&Command::ReturnPermit) && !bench.has(&Command::WantPermit));
    bench.reconnect();
    assert_eq!(bench.activity(), Some(Activity::Idle));
}

#[test]
fn a_paused_colony_is_asked_again_later() {
    let mut bench = Bench::polling();
    let id = bench.sent("assignprocessmsg").id;
    let sentence = "Assignment timeout: colony assignments are paused";
    bench.feed(Event::Replied { id, reply: refusal(408, sentence) });
    assert!(!bench.has(&Command::WantPermit));
    bench.pass(Duration::from_secs(2));
    assert!(bench.has(&Command::WantPermit));
}

#[test]
fn an_idle_or_held_executor_shows_that_it_lives() {
    for (held, silence_s) in [(false, 240), (true, 60)] {
        let mut bench = Bench::new();
        bench.join(Vec::new());
        if held {
            bench.feed(Event::Pause);
        }
        bench.pass(Duration::from_secs(silence_s - 1));
        assert!(!bench.has_sent("assignprocessmsg"), "held: {held}");
        bench.pass(Duration::from_secs(1));
        assert_eq!(bench.sent("assignprocessmsg").payload["timeout"], -1, "held: {held}");
    }
}

#[test]
fn the_size_of_the_pool_changes_the_next_poll() {
    let mut bench = Bench::new();
    bench.join(Vec::new());
    bench.feed(Event::Slots { slots: 24 });
    bench.feed(Event::Permit);
    assert_eq!(bench.sent("assignprocessmsg").payload["timeout"], 1);
}

#[test]
fn a_colony_that_is_gone_ends_it_for_good() {
    let mut bench = Bench::polling();
    let id = bench.sent("assignprocessmsg").id;
    let reply = refusal(403, "Colony with name <dev> does not exists");
    bench.feed(Event::Replied { id, reply });
    assert!(matches!(bench.ended(), Some(Ended::Failed(Trouble::NoColony, _))));
}

#[test]
fn a_process_that_answers_a_sign_of_life_is_run() {
    let mut bench = Bench::new();
    bench.join(Vec::new());
    bench.pass(Duration::from_mins(4));
    bench.assign(&process("p1", -1));
    assert!(bench.any(|command| matches!(command, Command::Compute { .. })));
}
