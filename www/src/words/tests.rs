//! The sentences of the page, state by state.

use webpool::snapshot::PoolError;
use webpool_wire::{CallState, Trouble};

use super::*;

fn place() -> Place {
    Place::new("dev", "http://localhost:50080/")
}

fn slots(busy: usize, idle: usize) -> Vec<SlotView> {
    let running = SlotView {
        state: SlotState::Running,
        function: "add".to_owned(),
        process_id: "p".to_owned(),
        ..SlotView::default()
    };
    let waiting = SlotView { state: SlotState::Idle, ..SlotView::default() };
    [vec![running; busy], vec![waiting; idle]].concat()
}

fn check(snapshot: &Snapshot, expected: &str) {
    let text = pool(snapshot, &place(), true, 1_000.0).replace('\u{202f}', " ");
    assert_eq!(text, expected);
}

#[test]
fn says_what_the_pool_does() {
    let at = |state, slots| Snapshot { state, slots, ..Snapshot::default() };
    let waiting = "Waiting for work. The colony has none for this page right now; that is normal.";
    check(&at(PoolState::Running, slots(0, 4)), waiting);
    check(&at(PoolState::Running, slots(1, 3)), "Computing 1 process for dev.");
    check(&at(PoolState::Starting, slots(0, 7)), "Starting 7 workers and joining dev.");
    check(&at(PoolState::Finishing, slots(3, 1)), "Finishing 3 processes, then stopping.");
    let given_back = Snapshot { given_back: 4, ..Snapshot::default() };
    check(&given_back, "Stopped. 4 unfinished processes were given back to the colony.");
    let fresh = pool(&Snapshot::default(), &place(), false, 0.0);
    assert_eq!(fresh, "Nothing runs yet. Choose how many workers, then start.");
}

#[test]
fn says_that_the_page_is_about_to_be_loaded_anew() {
    let at = |state, slots| {
        let renewal = Some("b2".to_owned());
        Snapshot { state, slots, renewal, ..Snapshot::default() }
    };
    check(
        &at(PoolState::Finishing, slots(2, 0)),
        "The colony needs a function that only a newer version of this page has. It is loaded \
         after 2 processes, and goes on.",
    );
    let loading = "Loading the newest version of this page, which then goes on.";
    check(&at(PoolState::Stopped, slots(0, 2)), loading);
}

#[test]
fn offline_says_when_it_tries_again_and_what_is_kept() {
    let mut snapshot = Snapshot {
        state: PoolState::Offline,
        slots: slots(0, 2),
        pending: 2,
        ..Snapshot::default()
    };
    snapshot.slots[1].retry_at_ms = Some(7_400.0);
    snapshot.slots[0].reason = "Failed to fetch".to_owned();
    check(
        &snapshot,
        "Cannot reach localhost:50080. Trying again in 7 s. 2 finished results are kept until \
         then. The reason: Failed to fetch.",
    );
    assert_eq!(slot(&snapshot.slots[1], 0.0), "waiting for work");
}

#[test]
fn who_does_not_work_is_not_hidden_by_who_does() {
    let mut snapshot =
        Snapshot { state: PoolState::Running, slots: slots(0, 4), ..Snapshot::default() };
    let waiting = "Waiting for work. The colony has none for this page right now; that is normal.";
    snapshot.slots[0].state = SlotState::Failed;
    snapshot.slots[0].reason = "no room".to_owned();
    let once_more = "Stop and start again to try once more.";
    check(
        &snapshot,
        &format!("{waiting} 1 worker does not work now: its line says why. {once_more}"),
    );
    assert_eq!(slot_reason(&snapshot.slots[0]), format!("no room. {once_more}"));
    snapshot.slots[1].state = SlotState::Starting;
    snapshot.slots[1].reason = "trap.".to_owned();
    snapshot.slots[1].retry_at_ms = Some(4_400.0);
    check(
        &snapshot,
        &format!(
            "{waiting} 2 workers do not work now: their lines say why. The next attempt comes in \
             4 s."
        ),
    );
    assert_eq!(slot(&snapshot.slots[1], 1_000.0).replace('\u{202f}', " "), "starts again in 4 s");
    assert_eq!(slot_reason(&snapshot.slots[1]), "the worker before ended: trap");
}

#[test]
fn a_failure_quotes_the_server_and_says_what_to_do() {
    let error =
        Some(PoolError { trouble: Trouble::Refused, sentence: "Access denied.".to_owned() });
    let mut snapshot = Snapshot { state: PoolState::Failed, error, ..Snapshot::default() };
    check(
        &snapshot,
        "The colony refused this key: Access denied. Check the colony private key and start again.",
    );
    snapshot.error = None;
    check(&snapshot, "No worker can work. The activity log says why; start again.");
}

#[test]
fn a_result_is_exactly_what_was_put_out() {
    let output = vec!["8".to_owned(), " 9".to_owned()];
    let success = CallState::Success { output, executor_id: String::new() };
    assert_eq!(
        (call_text(Some(&success)).as_str(), call_word(Some(&success))),
        ("8\n 9", "success")
    );
    let refused = CallState::Refused { reason: "No such colony".to_owned() };
    assert_eq!(
        (call_text(Some(&refused)).as_str(), call_word(Some(&refused))),
        ("No such colony", "failed")
    );
    assert_eq!((call_text(None).as_str(), call_word(None)), ("", "waiting"));
    assert!(call(Some(&CallState::Waiting), "wasm", 0).contains("no worker of type wasm"));
}
