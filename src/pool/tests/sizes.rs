//! Resize, pause, permits, the page's coming and going.

use webpool_wire::Ended;

use super::*;

fn slots(id: WorkerId, slots: u32) -> Command {
    Command::Send(id, ToExecutor::Slots { slots })
}

#[test]
fn more_slots_begin_at_once_and_all_are_told() {
    let mut bench = Bench::idle(1);
    let expected = [slots(slot(0, 1), 3), Command::Spawn(slot(1, 2)), Command::Spawn(slot(2, 3))];
    assert_eq!(bench.tell(Event::Resize { workers: 3 }), expected);
    let [Command::Send(_, ToExecutor::Start(start))] = bench.tell(Event::Ready(slot(2, 3))) else {
        panic!("{:?}", bench.commands)
    };
    assert_eq!((start.slot, start.slots), (2, 3));
    assert_eq!(bench.tell(Event::Resize { workers: 3 }), []);
}

#[test]
fn fewer_slots_finish_and_vanish_highest_last() {
    let mut bench = Bench::idle(3);
    bench.say(slot(2, 3), running("p"));
    let finish = |id| Command::Send(id, ToExecutor::Finish);
    let expected = [
        finish(slot(1, 2)),
        finish(slot(2, 3)),
        slots(slot(0, 1), 1),
        slots(slot(1, 2), 1),
        slots(slot(2, 3), 1),
    ];
    assert_eq!(bench.tell(Event::Resize { workers: 1 }), expected);
    let states = [SlotState::Idle, SlotState::Finishing, SlotState::Finishing];
    assert_eq!((bench.state(), bench.slot_states()), (PoolState::Running, states.to_vec()));
    bench.say(slot(1, 2), stopped());
    assert_eq!(bench.slot_states().len(), 3);
    bench.say(slot(2, 3), stopped());
    assert_eq!(bench.slot_states(), [SlotState::Idle]);
    let left = FromExecutor::Ended(Ended::Left);
    assert_eq!(bench.say(slot(1, 2), left), [Command::Drop(slot(1, 2))]);
    assert_eq!(bench.pass(12_000.0), [Command::Drop(slot(2, 3))]);
}

#[test]
fn fewer_slots_drop_who_has_not_begun() {
    let mut bench = Bench::started(2);
    assert_eq!(bench.tell(Event::Resize { workers: 1 }), [Command::Drop(slot(1, 2))]);
    assert_eq!(bench.slot_states(), [SlotState::Starting]);
}

#[test]
fn a_slot_grown_back_gets_a_fresh_worker_and_the_old_one_finishes() {
    let mut bench = Bench::idle(2);
    bench.say(slot(1, 2), running("p"));
    bench.tell(Event::Resize { workers: 1 });
    let expected = [slots(slot(0, 1), 2), Command::Spawn(slot(1, 3))];
    assert_eq!(bench.tell(Event::Resize { workers: 2 }), expected);
    bench.say(
        slot(1, 2),
        FromExecutor::Closed {
            process_id: "p".to_owned(),
            function: "add".to_owned(),
            outcome: webpool_wire::Outcome::Succeeded,
            elapsed_ms: 1.0,
        },
    );
    assert_eq!((bench.snapshot().succeeded, bench.slot_states().len()), (1, 2));
    bench.say(slot(1, 2), stopped());
    assert_eq!(bench.pass(12_000.0), [Command::Drop(slot(1, 2))]);
}

#[test]
fn a_pool_that_does_not_run_keeps_its_size() {
    for order in [Event::Stop, Event::Finish] {
        let mut bench = Bench::idle(1);
        bench.tell(order);
        assert_eq!(bench.tell(Event::Resize { workers: 4 }), []);
        assert_eq!(bench.slot_states().len(), 1);
    }
}

#[test]
fn pause_reaches_also_those_who_start_later() {
    let mut bench = Bench::started(2);
    bench.join(slot(0, 1));
    assert_eq!(bench.tell(Event::Resume), []);
    assert_eq!(bench.tell(Event::Pause), [Command::Send(slot(0, 1), ToExecutor::Pause)]);
    assert_eq!(bench.tell(Event::Pause), []);
    let commands = bench.tell(Event::Ready(slot(1, 2)));
    assert_eq!(commands.last(), Some(&Command::Send(slot(1, 2), ToExecutor::Pause)));
    bench.say(slot(0, 1), FromExecutor::Activity(Activity::Paused));
    assert_eq!(bench.slot_states(), [SlotState::Paused, SlotState::Joining]);
    assert_eq!(bench.state(), PoolState::Paused);
    let resumed = [slot(0, 1), slot(1, 2)].map(|id| Command::Send(id, ToExecutor::Resume));
    assert_eq!(bench.tell(Event::Resume), resumed);
    assert_eq!(bench.state(), PoolState::Running);
}

#[test]
fn a_paused_pool_replaces_crashed_workers_and_can_be_finished() {
    let mut bench = Bench::idle(1);
    bench.tell(Event::Pause);
    bench.tell(Event::Crashed(slot(0, 1), "trap".to_owned()));
    assert_eq!(bench.pass(500.0), [Command::Spawn(slot(0, 2))]);
    bench.join(slot(0, 2));
    assert_eq!(bench.state(), PoolState::Paused);
    bench.say(slot(0, 2), offline());
    assert_eq!(bench.state(), PoolState::Offline);
    assert_eq!(bench.tell(Event::Finish), [Command::Send(slot(0, 2), ToExecutor::Finish)]);
    assert_eq!(bench.state(), PoolState::Finishing);
}

#[test]
fn nothing_happens_to_a_pool_that_never_started() {
    for event in [
        Event::Pause,
        Event::Resume,
        Event::Finish,
        Event::Stop,
        Event::Resize { workers: 2 },
        Event::PageHidden,
        Event::PageRestored,
        Event::TimerDue,
        Event::CancelCall { ticket: 1 },
    ] {
        let mut bench = Bench::new();
        assert_eq!(bench.tell(event), []);
        assert_eq!(bench.state(), PoolState::Stopped);
    }
}

#[test]
fn permits_pass_on_also_when_a_holder_dies() {
    let mut bench = Bench::idle(6);
    let granted = |id| Command::Send(id, ToExecutor::PermitGranted);
    for number in 0..4 {
        let id = slot(number, number + 1);
        assert_eq!(bench.say(id, FromExecutor::PermitWanted), [granted(id)]);
    }
    assert_eq!(bench.say(slot(4, 5), FromExecutor::PermitWanted), []);
    assert_eq!(bench.say(slot(5, 6), FromExecutor::PermitWanted), []);
    let passed_on = bench.say(slot(0, 1), FromExecutor::PermitReturned);
    assert_eq!(passed_on, [granted(slot(4, 5))]);
    let commands = bench.tell(Event::Crashed(slot(1, 2), "trap".to_owned()));
    assert!(commands.contains(&granted(slot(5, 6))));
}

#[test]
fn over_http2_everybody_polls_at_once() {
    let check = |multiplexed: &str, expected: (u32, bool)| {
        let device =
            Device { has_locks: true, multiplexed: multiplexed.to_owned(), ..Device::default() };
        let mut bench = Bench { pool: Pool::new(device), ..Bench::new() };
        bench.tell(Event::Start(settings(6)));
        bench.tell(Event::ModulesLoaded);
        let commands = bench.tell(Event::Ready(slot(0, 1)));
        let [Command::Send(_, ToExecutor::Start(start))] = commands else {
            panic!("{multiplexed}: {commands:?}");
        };
        assert_eq!((start.slots, start.has_locks), expected, "{multiplexed}");
    };
    check("http://localhost:50080", (1, false));
    check("http://localhost:5008", (6, true));
    check("", (6, true));
}

#[test]
fn a_hidden_page_makes_everybody_leave_also_who_lingers() {
    let mut bench = Bench::idle(2);
    bench.tell(Event::Stop);
    bench.say(slot(0, 1), stopped());
    bench.tell(Event::Start(settings(1)));
    bench.join(slot(0, 3));
    let everybody = [slot(0, 3), slot(0, 1), slot(1, 2)];
    assert_eq!(bench.pool.to_farewells(), everybody.map(farewell));
    assert_eq!(bench.tell(Event::PageHidden), everybody.map(Command::Kill));
}

#[test]
fn the_browser_is_entrusted_with_the_farewell_of_who_has_joined() {
    let mut bench = Bench::started(1);
    bench.tell(Event::Ready(slot(0, 1)));
    assert_eq!(bench.say(slot(0, 1), joined(slot(0, 1))), [entrusted(slot(0, 1))]);
}

#[test]
fn who_is_joining_when_the_page_is_hidden_is_made_to_leave_twice() {
    let mut bench = Bench::started(2);
    bench.join(slot(0, 1));
    bench.tell(Event::Ready(slot(1, 2)));
    bench.say(slot(1, 2), FromExecutor::Farewell(farewell(slot(1, 2))));
    let joining = farewell(slot(1, 2));
    let expected = [
        Command::Kill(slot(0, 1)),
        Command::Kill(slot(1, 2)),
        Command::Beacon(vec![joining.clone(), joining]),
    ];
    assert_eq!(bench.tell(Event::PageHidden), expected);
}

#[test]
fn a_restored_page_starts_again_what_ran() {
    let mut bench = Bench::idle(2);
    bench.tell(Event::PageHidden);
    let expected = [
        Command::Drop(slot(0, 1)),
        Command::Drop(slot(1, 2)),
        Command::Spawn(slot(0, 3)),
        Command::Spawn(slot(1, 4)),
    ];
    assert_eq!(bench.tell(Event::PageRestored), expected);
    assert_eq!(bench.state(), PoolState::Starting);

    let mut bench = Bench::idle(1);
    bench.tell(Event::Finish);
    assert_eq!(bench.tell(Event::PageRestored), [Command::Drop(slot(0, 1))]);
    assert_eq!(bench.state(), PoolState::Stopped);
}

#[test]
fn a_restored_page_stays_paused() {
    let mut bench = Bench::idle(1);
    bench.tell(Event::Pause);
    bench.tell(Event::PageHidden);
    bench.tell(Event::PageRestored);
    let told = bench.tell(Event::Ready(slot(0, 2))).to_vec();
    assert!(told.contains(&Command::Send(slot(0, 2), ToExecutor::Pause)), "{told:?}");
}
