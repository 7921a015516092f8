//! A function that only another build of the page has: who ran goes on to its end, then the page may
//! be loaded anew.

use webpool_wire::{Ended, Outcome};

use super::*;

/// The worker has given back a function of the build `b2`, and left.
fn stale() -> FromExecutor {
    FromExecutor::Ended(Ended::Stale { build: "b2".to_owned() })
}

fn left() -> FromExecutor {
    FromExecutor::Ended(Ended::Left)
}

fn finish(id: WorkerId) -> Command {
    Command::Send(id, ToExecutor::Finish)
}

#[test]
fn the_others_end_what_they_run_before_the_page_is_loaded_anew() {
    let mut bench = Bench::idle(2);
    bench.say(slot(1, 2), running("p"));
    assert_eq!(bench.say(slot(0, 1), stale()), [Command::Drop(slot(0, 1)), finish(slot(1, 2))]);
    assert_eq!(
        (bench.state(), bench.snapshot().renewal.as_deref()),
        (PoolState::Finishing, Some("b2"))
    );
    assert!(bench.has_logged("loads itself anew and goes on"));
    let outcome = Outcome::Succeeded;
    let (process_id, function) = ("p".to_owned(), "add".to_owned());
    bench.say(slot(1, 2), FromExecutor::Closed { process_id, function, outcome, elapsed_ms: 1.0 });
    bench.say(slot(1, 2), left());
    let now = bench.snapshot();
    assert_eq!((now.state, now.succeeded), (PoolState::Stopped, 1));
    assert_eq!(now.renewal.as_deref(), Some("b2"));
    assert_eq!(bench.pass(1e9), [], "nobody comes in the place of who left");
}

#[test]
fn a_person_who_stops_or_finishes_or_starts_decides_otherwise() {
    for order in [Event::Stop, Event::Finish, Event::Start(settings(1))] {
        let mut bench = Bench::idle(2);
        bench.say(slot(1, 2), running("p"));
        bench.say(slot(0, 1), stale());
        bench.tell(order.clone());
        assert_eq!(bench.snapshot().renewal, None, "{order:?}");
    }
    let mut bench = Bench::idle(1);
    bench.tell(Event::Stop);
    bench.say(slot(0, 1), stale());
    assert_eq!((bench.state(), bench.snapshot().renewal), (PoolState::Stopped, None));
}

#[test]
fn what_is_paused_stays_so_until_it_is_resumed() {
    let mut bench = Bench::idle(2);
    bench.tell(Event::Pause);
    assert_eq!(bench.say(slot(0, 1), stale()), [Command::Drop(slot(0, 1))]);
    assert_eq!(bench.state(), PoolState::Paused);
    let resumed = [Command::Send(slot(1, 2), ToExecutor::Resume), finish(slot(1, 2))];
    assert_eq!(bench.tell(Event::Resume), resumed);
    assert_eq!(bench.state(), PoolState::Finishing);
}

#[test]
fn says_once_that_the_server_has_another_build() {
    let mut bench = Bench::idle(2);
    for id in [slot(0, 1), slot(1, 2)] {
        bench.say(id, FromExecutor::OtherBuild { build: "b2".to_owned() });
    }
    let log = bench.snapshot().log;
    let said = log.iter().filter(|entry| entry.text.contains("another version of this page (b2)"));
    assert_eq!(said.map(|entry| entry.slot).collect::<Vec<_>>(), [None]);
}
