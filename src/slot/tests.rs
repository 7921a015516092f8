//! Every arrow of a slot and of the worker in it.

use webpool_wire::{Farewell, ToExecutor};

use super::*;
use crate::worker::{Identity, Parting, Seat, WorkerId};

fn worker(now_ms: f64) -> Worker {
    Worker::new(WorkerId { seat: Seat::Slot(0), generation: 1 }, 1, now_ms)
}

fn identity() -> Identity {
    Identity { id: "ab".repeat(32), name: "web-0-abababab".to_owned() }
}

fn running(process_id: &str) -> Activity {
    Activity::Running {
        process_id: process_id.to_owned(),
        function: "add".to_owned(),
        deadline_in_ms: None,
    }
}

fn offline() -> Activity {
    Activity::Offline { reason: "no route".to_owned(), retry_in_ms: 700.0 }
}

/// A slot whose worker has joined at 0 ms and does this.
fn slot(activity: Activity) -> Slot {
    let mut worker = worker(0.0);
    worker.start();
    worker.join(identity(), 0.0);
    worker.act(activity, 0.0);
    let mut slot = Slot::default();
    slot.seat(worker);
    slot.track(0.0);
    slot
}

fn at(now_ms: f64) -> Moment {
    Moment { now_ms, random: 1.0 }
}

fn order(slot: &mut Slot, order: impl FnOnce(&mut Worker) -> Parting) -> Parting {
    order(slot.worker_mut().unwrap())
}

#[test]
fn shows_what_its_worker_says() {
    for (activity, working, ending) in [
        (Activity::Joining, SlotState::Joining, SlotState::Finishing),
        (Activity::Idle, SlotState::Idle, SlotState::Finishing),
        (running("p"), SlotState::Running, SlotState::Finishing),
        (Activity::Paused, SlotState::Paused, SlotState::Finishing),
        (offline(), SlotState::Offline, SlotState::Offline),
        (Activity::Finishing, SlotState::Finishing, SlotState::Finishing),
        (Activity::Stopped, SlotState::Stopped, SlotState::Stopped),
    ] {
        assert_eq!(slot(activity.clone()).state(), working, "{activity:?}");
        let mut finishing = slot(activity.clone());
        order(&mut finishing, Worker::finish);
        assert_eq!(finishing.state(), ending, "{activity:?}");
        let mut stopping = slot(activity.clone());
        order(&mut stopping, |worker| worker.stop(0.0));
        assert_eq!(stopping.state(), ending, "{activity:?}");
    }
    let mut fresh = Slot::default();
    assert_eq!(fresh.state(), SlotState::Starting);
    fresh.seat(worker(0.0));
    assert_eq!(fresh.state(), SlotState::Starting);
}

#[test]
fn orders_are_given_once_and_stop_overrules_finish() {
    let mut slot = slot(Activity::Idle);
    assert_eq!(order(&mut slot, Worker::finish), Parting::Tell(ToExecutor::Finish));
    assert_eq!(order(&mut slot, Worker::finish), Parting::Known);
    assert_eq!(slot.due_ms(), None);
    assert_eq!(order(&mut slot, |worker| worker.stop(5.0)), Parting::Tell(ToExecutor::Stop));
    assert_eq!(order(&mut slot, |worker| worker.stop(6.0)), Parting::Known);
    assert_eq!(order(&mut slot, Worker::finish), Parting::Known);
    assert_eq!(slot.due_ms(), Some(12_005.0));
}

#[test]
fn who_has_not_begun_is_dropped_and_who_has_not_joined_gets_less_time() {
    let mut slot = Slot::default();
    slot.seat(worker(0.0));
    assert_eq!(order(&mut slot, Worker::finish), Parting::Drop);
    assert_eq!(order(&mut slot, |worker| worker.stop(0.0)), Parting::Drop);
    order(&mut slot, |worker| {
        worker.start();
        worker.stop(0.0)
    });
    assert_eq!(slot.due_ms(), Some(3_000.0));
    slot.worker_mut().unwrap().join(identity(), 100.0);
    assert_eq!(slot.due_ms(), Some(12_100.0));
}

#[test]
fn who_has_left_lingers_and_is_not_told_again() {
    let mut slot = slot(running("p"));
    let farewell = Farewell { url: "http://x/api".to_owned(), body: "bye".to_owned() };
    slot.worker_mut().unwrap().farewell = Some(farewell.clone());
    assert_eq!(slot.worker().unwrap().farewell(), Some(&farewell));
    slot.worker_mut().unwrap().act(Activity::Stopped, 50.0);
    assert!(slot.is_over());
    assert_eq!(slot.due_ms(), Some(12_050.0));
    assert_eq!(order(&mut slot, Worker::finish), Parting::Known);
    assert_eq!(order(&mut slot, |worker| worker.stop(60.0)), Parting::Known);
    assert_eq!(slot.worker().unwrap().farewell(), None);
    assert!(slot.worker().unwrap().work.is_none());
}

#[test]
fn crashes_back_off_and_the_fifth_in_a_row_fails() {
    let mut slot = Slot::default();
    for (crash, due_ms) in [(1, 500.0), (2, 1_000.0), (3, 2_000.0), (4, 4_000.0)] {
        slot.seat(worker(0.0));
        assert!(slot.crash(at(0.0), "trap").is_some(), "{crash}");
        assert_eq!((slot.state(), slot.due_ms()), (SlotState::Starting, Some(due_ms)), "{crash}");
        assert!(!slot.is_vacant(due_ms - 1.0) && slot.is_vacant(due_ms), "{crash}");
        assert_eq!(slot.to_view(0.0).retry_at_ms, Some(due_ms), "{crash}");
    }
    slot.seat(worker(0.0));
    slot.crash(at(0.0), "trap");
    assert_eq!((slot.state(), slot.reason(), slot.due_ms()), (SlotState::Failed, "trap", None));
    assert_eq!(slot.failure().map(|error| error.trouble), Some(Trouble::Crashed));
    assert!(slot.crash(at(0.0), "trap").is_none());
}

#[test]
fn a_success_or_a_minute_of_life_ends_a_row_of_crashes() {
    for lives_long in [false, true] {
        let mut slot = Slot::default();
        for _ in 0..20 {
            slot.seat(worker(0.0));
            if !lives_long {
                slot.count("p", &Outcome::Succeeded);
            }
            slot.crash(at(if lives_long { 60_000.0 } else { 0.0 }), "trap");
        }
        assert_eq!(slot.state(), SlotState::Starting, "{lives_long}");
    }
}

#[test]
fn nobody_replaces_a_worker_that_was_to_end() {
    for end in [Worker::finish, |worker: &mut Worker| worker.stop(0.0)] {
        let mut slot = slot(Activity::Idle);
        order(&mut slot, end);
        assert!(slot.crash(at(0.0), "trap").is_some());
        assert_eq!(slot.state(), SlotState::Stopped);
    }
    let mut leaving = slot(Activity::Idle);
    leaving.is_leaving = true;
    leaving.crash(at(0.0), "trap");
    assert_eq!(leaving.state(), SlotState::Stopped);
}

#[test]
fn counts_what_was_accepted() {
    let mut slot = slot(Activity::Idle);
    let reason = || "why".to_owned();
    for outcome in [
        Outcome::Succeeded,
        Outcome::Failed { reason: reason() },
        Outcome::Cancelled,
        Outcome::Expired,
        Outcome::Discarded { reason: reason() },
        Outcome::Unheard { reason: reason() },
        Outcome::GivenBack,
        Outcome::Succeeded,
    ] {
        slot.count("p", &outcome);
    }
    let view = slot.to_view(0.0);
    assert_eq!((view.succeeded, view.failed), (2, 1));
}

#[test]
fn views_the_running_process() {
    let mut slot = slot(running("p"));
    let worker = slot.worker_mut().unwrap();
    worker.advance(0.5);
    worker.act(Activity::Paused, 10.0);
    worker.act(running("p"), 20.0);
    let view = slot.to_view(30.0);
    assert_eq!((view.function.as_str(), view.process_id.as_str()), ("add", "p"));
    assert_eq!((view.progress, view.running_since_ms), (0.5, Some(0.0)));
    assert_eq!(view.executor_name, "web-0-abababab");
    let worker = slot.worker_mut().unwrap();
    for (fraction, shown) in [(2.0, 1.0), (-1.0, 0.0), (f64::NAN, 0.0)] {
        worker.advance(fraction);
        assert_eq!(worker.work.as_ref().map(|work| work.progress), Some(shown));
    }
    worker.close("q");
    assert!(worker.work.is_some());
    worker.close("p");
    assert!(slot.to_view(30.0).function.is_empty());
}

#[test]
fn views_why_it_is_offline_and_when_it_tries_again() {
    let mut slot = slot(Activity::Idle);
    slot.worker_mut().unwrap().act(offline(), 100.0);
    let view = slot.to_view(100.0);
    assert_eq!((view.reason.as_str(), view.retry_at_ms), ("no route", Some(800.0)));
    slot.worker_mut().unwrap().act(Activity::Idle, 200.0);
    let view = slot.to_view(200.0);
    assert_eq!((view.reason.as_str(), view.retry_at_ms), ("", None));
}

#[test]
fn blocks_reach_back_a_minute() {
    let mut slot = slot(running("a"));
    for (now_ms, activity) in
        [(100.0, Activity::Idle), (200.0, running("b")), (300.0, running("c"))]
    {
        slot.worker_mut().unwrap().act(activity, now_ms);
        slot.track(now_ms);
    }
    slot.count("b", &Outcome::Failed { reason: String::new() });
    let spans = |slot: &Slot, now_ms| {
        let blocks = slot.to_view(now_ms).blocks.into_iter();
        blocks.map(|block| (block.from_ms, block.to_ms, block.is_failed)).collect::<Vec<_>>()
    };
    let (a, b, c) = ((0.0, Some(100.0), false), (200.0, Some(300.0), true), (300.0, None, false));
    assert_eq!(spans(&slot, 400.0), [a, b, c]);
    assert_eq!(spans(&slot, 60_150.0), [b, c]);
    assert_eq!(spans(&slot, 1e9), [c]);
    slot.crash(at(500.0), "trap");
    assert_eq!(spans(&slot, 600.0), [a, b, (300.0, Some(500.0), false)]);
}

#[test]
fn a_stopped_slot_forgets_why_it_failed() {
    let mut slot = slot(Activity::Idle);
    let error = PoolError { trouble: Trouble::Refused, sentence: "no".to_owned() };
    assert!(slot.fail(error, 0.0).is_some());
    assert_eq!((slot.state(), slot.reason()), (SlotState::Failed, "no"));
    assert!(slot.stop(0.0).is_none());
    assert_eq!((slot.state(), slot.reason()), (SlotState::Stopped, ""));
}
