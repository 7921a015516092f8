//! Joining, and the time that passes meanwhile.

use super::bench::{Bench, refusal};
use super::*;

#[test]
fn joins_with_the_owners_key_and_then_waits() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    assert_eq!(bench.activity(), Some(Activity::Joining));
    let add = bench.sent("addexecutormsg");
    assert_eq!(add.payload["executor"]["executorname"], bench.machine.name());
    assert_eq!(add.signer, bench.owner.id());
    bench.answer(add.id, "addexecutormsg", r#"{"state":0}"#);
    let approve = bench.sent("approveexecutormsg");
    assert_eq!(approve.signer, bench.owner.id());
    assert!(!bench.has(&Command::RestartCompute), "who is refused needs no compute worker");
    bench.answer(approve.id, "approveexecutormsg", "{}");
    assert!(bench.has(&Command::RestartCompute));
    assert!(bench.reported(|report| matches!(report, Report::Joined { .. })));
    assert_eq!(bench.activity(), None, "still joining: nothing can compute yet");
    assert!(!bench.has(&Command::WantPermit), "no work before something can compute");
    bench.feed(Event::ComputeReady { functions: Vec::new() });
    assert_eq!(bench.activity(), Some(Activity::Idle));
    assert!(bench.has(&Command::WantPermit));
    bench.feed(Event::Permit);
    let poll = bench.sent("assignprocessmsg");
    assert_eq!(poll.payload["timeout"], 8);
    assert_eq!(poll.signer, bench.id());
}

#[test]
fn does_not_join_where_it_is_refused() {
    let cases = [
        (403, "Access denied, not colony owner", Trouble::Refused),
        (403, "Colony with name <dev> does not exists", Trouble::NoColony),
        (400, "Failed to add executor, executor is nil", Trouble::Refused),
    ];
    for (status, sentence, trouble) in cases {
        let mut bench = Bench::new();
        bench.feed(Event::Start);
        let id = bench.sent("addexecutormsg").id;
        bench.feed(Event::Replied { id, reply: refusal(status, sentence) });
        let ended = bench.ended();
        assert!(
            matches!(&ended, Some(Ended::Failed(what, said)) if *what == trouble && said.contains(sentence)),
            "{sentence}: {ended:?}"
        );
    }
}

#[test]
fn joins_later_when_the_server_is_out_of_reach() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    let id = bench.sent("addexecutormsg").id;
    bench.lose(id);
    assert!(matches!(bench.activity(), Some(Activity::Offline { .. })));
    bench.pass_to_timer();
    let id = bench.sent("addexecutormsg").id;
    bench.feed(Event::Replied {
        id,
        reply: refusal(400, "Executor with name <x> in Colony <dev> already exists"),
    });
    bench.sent("approveexecutormsg");
}

#[test]
fn a_timer_that_goes_off_early_is_set_again() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    let id = bench.sent("addexecutormsg").id;
    bench.lose(id);
    bench.feed(Event::Woke);
    assert!(bench.any(|command| matches!(command, Command::WakeAt(_))));
}

#[test]
fn the_farewell_is_signed_before_it_begins() {
    let mut bench = Bench::new();
    let farewell = bench.machine.farewell().to_owned();
    bench.feed(Event::Start);
    let add = bench.sent("addexecutormsg").id;
    bench.feed(Event::Finish);
    bench.answer(add, "addexecutormsg", "{}");
    assert!(
        bench.any(|command| matches!(command, Command::Send { body, .. } if *body == farewell))
    );
}
