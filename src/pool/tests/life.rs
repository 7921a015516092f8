//! Start to stop, crashes, the end of workers.

use webpool_wire::link::RefusalCode;
use webpool_wire::{Access, Ended, Outcome};

use super::*;

fn closed(process_id: &str, outcome: Outcome) -> FromExecutor {
    FromExecutor::Closed {
        process_id: process_id.to_owned(),
        function: "add".to_owned(),
        outcome,
        elapsed_ms: 5.0,
    }
}

fn ended(ended: Ended) -> FromExecutor {
    FromExecutor::Ended(ended)
}

fn failed(trouble: Trouble) -> FromExecutor {
    ended(Ended::Failed { trouble, reason: "Access denied".to_owned() })
}

#[test]
fn a_worker_joins_once_the_page_can_make_it_leave() {
    let mut bench = Bench::started(1);
    let [Command::Send(_, ToExecutor::Start(_))] = bench.tell(Event::Ready(slot(0, 1))) else {
        panic!("{:?}", bench.commands)
    };
    let join = [Command::Send(slot(0, 1), ToExecutor::Join)];
    assert_eq!(bench.say(slot(0, 1), FromExecutor::Farewell(farewell(slot(0, 1)))), join);

    let mut bench = Bench::started(1);
    bench.tell(Event::Ready(slot(0, 1)));
    bench.tell(Event::Stop);
    assert_eq!(bench.say(slot(0, 1), FromExecutor::Farewell(farewell(slot(0, 1)))), []);
}

#[test]
fn loads_the_modules_once_then_spawns_all_slots_at_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.state(), PoolState::Stopped);
    assert_eq!(bench.tell(Event::Start(settings(3))), [Command::LoadModules]);
    assert_eq!(bench.state(), PoolState::Starting);
    assert_eq!(bench.tell(Event::TimerDue), []);
    let spawned = [slot(0, 1), slot(1, 2), slot(2, 3)].map(Command::Spawn);
    assert_eq!(bench.tell(Event::ModulesLoaded), spawned);
    bench.tell(Event::Stop);
    assert_eq!(bench.tell(Event::Start(settings(1))), [Command::Spawn(slot(0, 4))]);
}

#[test]
fn a_ready_worker_is_told_to_start() {
    let mut bench = Bench::started(2);
    let [Command::Send(id, ToExecutor::Start(start))] = bench.tell(Event::Ready(slot(1, 2))) else {
        panic!("{:?}", bench.commands)
    };
    assert_eq!(*id, slot(1, 2));
    assert_eq!((start.role, start.slot, start.slots), (Role::Executor, 1, 2));
    assert_eq!(start.join.access, Access::Key(settings(2).colony_key));
    assert_eq!(bench.slot_states(), [SlotState::Starting, SlotState::Joining]);
}

#[test]
fn runs_once_one_slot_has_joined() {
    let mut bench = Bench::started(2);
    bench.tell(Event::Ready(slot(0, 1)));
    assert_eq!(bench.state(), PoolState::Starting);
    bench.say(slot(0, 1), joined(slot(0, 1)));
    assert_eq!((bench.state(), bench.snapshot().ready), (PoolState::Running, 1));
    assert!(bench.has_logged("Joined as web-1."));
}

#[test]
fn is_offline_only_if_every_slot_is() {
    let mut bench = Bench::idle(2);
    bench.say(slot(0, 1), offline());
    assert_eq!((bench.state(), bench.snapshot().error), (PoolState::Running, None));
    bench.say(slot(1, 2), offline());
    assert_eq!(bench.state(), PoolState::Offline);
    let error = bench.snapshot().error.unwrap();
    assert_eq!((error.trouble, error.sentence.as_str()), (Trouble::Unreachable, "Failed to fetch"));
    assert!(bench.has_logged("Cannot reach localhost:50080: Failed to fetch."));
    bench.say(slot(1, 2), idle());
    assert_eq!(bench.state(), PoolState::Running);
    assert!(bench.has_logged("localhost:50080 answers again."));
}

#[test]
fn has_failed_only_if_every_slot_has() {
    let mut bench = Bench::started(2);
    bench.tell(Event::Ready(slot(0, 1)));
    bench.tell(Event::Ready(slot(1, 2)));
    let dropped = [Command::Drop(slot(0, 1))];
    assert_eq!(bench.say(slot(0, 1), failed(Trouble::Refused)), dropped);
    assert_eq!((bench.state(), bench.snapshot().error), (PoolState::Starting, None));
    bench.say(slot(1, 2), failed(Trouble::Refused));
    assert_eq!(bench.state(), PoolState::Failed);
    let error = bench.snapshot().error.unwrap();
    assert_eq!((error.trouble, error.sentence.as_str()), (Trouble::Refused, "Access denied"));
    let said = bench.snapshot().log.into_iter().filter(|entry| entry.text.contains("refused"));
    assert_eq!(said.count(), 1);
    bench.tell(Event::Stop);
    assert_eq!((bench.state(), bench.snapshot().error), (PoolState::Stopped, None));
}

#[test]
fn counts_what_came_of_processes() {
    let mut bench = Bench::idle(2);
    bench.say(slot(0, 1), running("p"));
    assert_eq!(bench.slot_states(), [SlotState::Running, SlotState::Idle]);
    bench.say(slot(0, 1), FromExecutor::Progress { fraction: 0.5 });
    bench.say(slot(0, 1), FromExecutor::Pending { results: 2 });
    bench.say(slot(1, 2), FromExecutor::Pending { results: 1 });
    bench.say(slot(0, 1), closed("p", Outcome::Succeeded));
    bench.say(slot(0, 1), closed("q", Outcome::Failed { reason: "no".to_owned() }));
    bench.say(slot(1, 2), closed("r", Outcome::GivenBack));
    let now = bench.snapshot();
    assert_eq!((now.succeeded, now.failed, now.given_back, now.pending), (1, 1, 1, 3));
    assert_eq!((now.slots[0].succeeded, now.slots[0].failed), (1, 1));
    assert_eq!((now.slots[1].succeeded, now.slots[1].failed), (0, 0));
    bench.tell(Event::Stop);
    assert_eq!(bench.snapshot().succeeded, 1);
    bench.tell(Event::Start(settings(1)));
    let now = bench.snapshot();
    assert_eq!((now.succeeded, now.failed, now.given_back, now.pending), (0, 0, 0, 0));
}

#[test]
fn a_crash_is_posted_logged_and_mended_after_backoff() {
    for lost in [false, true] {
        let mut bench = Bench::idle(1);
        let id = slot(0, 1);
        bench.say(id, running("p"));
        let event = if lost {
            Event::Said(id, ended(Ended::Lost { reason: "unreachable executed".to_owned() }))
        } else {
            Event::Crashed(id, "unreachable executed".to_owned())
        };
        let wake = Command::WakeAt { at_ms: 1_500.0 };
        let posted = Command::Beacon(vec![farewell(id)]);
        assert_eq!(bench.tell(event), [posted, Command::Drop(id), wake.clone()]);
        assert_eq!(bench.slot_states(), [SlotState::Starting]);
        assert_eq!((bench.state(), bench.snapshot().given_back), (PoolState::Starting, 1));
        assert!(bench.has_logged("add was given back to the colony"));
        assert!(bench.has_logged("unreachable executed. A fresh one starts in 500 ms."));
        assert_eq!(bench.pass(499.0), [wake]);
        assert_eq!(bench.pass(1.0), [Command::Spawn(slot(0, 2))]);
        bench.join(slot(0, 2));
        assert_eq!(bench.state(), PoolState::Running);
    }
}

#[test]
fn a_worker_of_another_build_fails_its_slot_at_once() {
    let mut bench = Bench::started(1);
    let text = "the worker is of build b2, its parent of build b1".to_owned();
    let event = Event::Outdated(slot(0, 1), text.clone());
    assert_eq!(bench.tell(event.clone()), [Command::Drop(slot(0, 1))]);
    assert_eq!(bench.state(), PoolState::Failed);
    assert_eq!(
        bench.snapshot().error,
        Some(PoolError { trouble: Trouble::Outdated, sentence: text })
    );
    assert!(bench.has_logged("of different versions: the worker is of build b2"));
    assert_eq!(bench.pass(1e9), []);
    assert_eq!(bench.tell(event), []);
}

#[test]
fn a_late_timer_is_not_needed() {
    let mut bench = Bench::idle(2);
    bench.tell(Event::Crashed(slot(0, 1), "trap".to_owned()));
    bench.now_ms += 10_000.0;
    assert_eq!(bench.say(slot(1, 2), idle()), [Command::Spawn(slot(0, 3))]);
}

#[test]
fn a_worker_that_cannot_be_spawned_again_and_again_fails_its_slot() {
    let mut bench = Bench::started(1);
    for generation in 1..=4 {
        bench.tell(Event::Crashed(slot(0, generation), "no worker".to_owned()));
        assert_eq!(bench.state(), PoolState::Starting);
        assert_eq!(bench.pass(30_000.0), [Command::Spawn(slot(0, generation + 1))]);
    }
    bench.now_ms -= 30_000.0;
    bench.tell(Event::Crashed(slot(0, 5), "no worker".to_owned()));
    assert_eq!(bench.state(), PoolState::Failed);
    assert_eq!(bench.snapshot().error.map(|error| error.trouble), Some(Trouble::Crashed));
    assert_eq!(bench.pass(1e9), []);
}

#[test]
fn late_words_of_a_dropped_worker_are_not_heard() {
    let mut bench = Bench::idle(1);
    bench.tell(Event::Crashed(slot(0, 1), "trap".to_owned()));
    bench.pass(500.0);
    let before = bench.snapshot();
    for event in [
        Event::Ready(slot(0, 1)),
        Event::Crashed(slot(0, 1), "again".to_owned()),
        Event::Said(slot(0, 1), running("p")),
        Event::Said(slot(0, 1), closed("p", Outcome::Succeeded)),
        Event::Said(slot(0, 1), ended(Ended::Left)),
        Event::Said(slot(7, 2), idle()),
        Event::Ready(WorkerId { seat: Seat::Client, generation: 2 }),
    ] {
        assert_eq!(bench.tell(event), []);
    }
    assert_eq!(bench.snapshot(), before);
}

#[test]
fn stop_shows_stopped_at_once_and_drops_at_the_last_word() {
    let mut bench = Bench::idle(1);
    let id = slot(0, 1);
    bench.say(id, running("p"));
    let told = Command::Send(id, ToExecutor::Stop);
    assert_eq!(bench.tell(Event::Stop), [told, Command::WakeAt { at_ms: 13_000.0 }]);
    assert_eq!(
        (bench.state(), bench.slot_states()),
        (PoolState::Finishing, vec![SlotState::Finishing])
    );
    bench.say(id, closed("p", Outcome::GivenBack));
    assert_eq!(bench.say(id, stopped()), []);
    assert_eq!(
        (bench.state(), bench.slot_states()),
        (PoolState::Stopped, vec![SlotState::Stopped])
    );
    assert!(bench.has_logged("Stopped. 1 unfinished process was given back to the colony."));
    assert_eq!(bench.say(id, ended(Ended::Left)), [Command::Drop(id)]);
    assert_eq!(bench.snapshot().given_back, 1);
}

#[test]
fn who_does_not_leave_in_time_is_dropped_and_its_farewell_posted() {
    let mut bench = Bench::idle(2);
    bench.tell(Event::Ready(slot(1, 2)));
    bench.say(slot(0, 1), running("p"));
    bench.tell(Event::Stop);
    assert_eq!(bench.pass(11_999.0).len(), 1);
    let posted = |id| [Command::Beacon(vec![farewell(id)]), Command::Drop(id)];
    let commands = bench.pass(1.0).to_vec();
    assert_eq!(commands, [posted(slot(0, 1)), posted(slot(1, 2))].concat());
    assert_eq!((bench.state(), bench.snapshot().given_back), (PoolState::Stopped, 1));
}

#[test]
fn stop_drops_who_has_not_begun_and_gives_who_joins_three_seconds() {
    let mut bench = Bench::started(2);
    bench.tell(Event::Ready(slot(0, 1)));
    let told = Command::Send(slot(0, 1), ToExecutor::Stop);
    let wake = Command::WakeAt { at_ms: 4_000.0 };
    assert_eq!(bench.tell(Event::Stop), [told, Command::Drop(slot(1, 2)), wake]);
    assert_eq!(bench.slot_states(), [SlotState::Finishing, SlotState::Stopped]);
    assert_eq!(bench.pass(3_000.0), [Command::Drop(slot(0, 1))]);
    assert_eq!(bench.state(), PoolState::Stopped);
}

#[test]
fn stop_while_the_modules_load_spawns_nothing() {
    let mut bench = Bench::new();
    bench.tell(Event::Start(settings(2)));
    bench.tell(Event::Stop);
    assert_eq!(bench.state(), PoolState::Stopped);
    assert_eq!(bench.tell(Event::ModulesLoaded), []);
}

#[test]
fn finish_lets_the_running_process_end() {
    let mut bench = Bench::idle(3);
    bench.tell(Event::Crashed(slot(1, 2), "trap".to_owned()));
    bench.say(slot(0, 1), running("p"));
    let told = [slot(0, 1), slot(2, 3)].map(|id| Command::Send(id, ToExecutor::Finish));
    assert_eq!(bench.tell(Event::Finish), told);
    assert!(bench.has_logged("Finishing 1 process, then stopping."));
    assert_eq!(bench.tell(Event::Finish), []);
    let states = [SlotState::Finishing, SlotState::Stopped, SlotState::Finishing];
    assert_eq!((bench.state(), bench.slot_states()), (PoolState::Finishing, states.to_vec()));
    bench.pass(1e6);
    assert_eq!(bench.state(), PoolState::Finishing);
    bench.say(slot(2, 3), ended(Ended::Left));
    bench.say(slot(0, 1), closed("p", Outcome::Succeeded));
    bench.say(slot(0, 1), stopped());
    assert_eq!((bench.state(), bench.snapshot().succeeded), (PoolState::Stopped, 1));
    assert_eq!(bench.pass(12_000.0), [Command::Drop(slot(0, 1))]);
}

#[test]
fn stop_overrules_finish() {
    let mut bench = Bench::idle(1);
    bench.tell(Event::Finish);
    let commands = bench.tell(Event::Stop);
    assert_eq!(commands.first(), Some(&Command::Send(slot(0, 1), ToExecutor::Stop)));
}

#[test]
fn a_crash_at_the_end_is_not_mended() {
    for order in [Event::Finish, Event::Stop] {
        let mut bench = Bench::idle(1);
        bench.say(slot(0, 1), running("p"));
        bench.tell(order);
        bench.tell(Event::Crashed(slot(0, 1), "trap".to_owned()));
        assert_eq!((bench.state(), bench.snapshot().given_back), (PoolState::Stopped, 1));
        assert_eq!(bench.pass(1e6), []);
    }
}

#[test]
fn starts_again_while_old_workers_linger() {
    let mut bench = Bench::idle(1);
    bench.tell(Event::Stop);
    assert_eq!(bench.tell(Event::Start(settings(1))), [Command::Spawn(slot(0, 2))]);
    assert_eq!(bench.slot_states(), [SlotState::Starting]);
    bench.join(slot(0, 2));
    bench.say(slot(0, 1), closed("p", Outcome::GivenBack));
    bench.say(slot(0, 1), stopped());
    let now = bench.snapshot();
    assert_eq!((now.state, now.ready, now.given_back), (PoolState::Running, 1, 0));
    assert_eq!(bench.say(slot(0, 1), ended(Ended::Left)), [Command::Drop(slot(0, 1))]);
    assert_eq!(bench.state(), PoolState::Running);
}

#[test]
fn a_start_while_it_runs_stops_what_ran_and_lets_what_finishes_finish() {
    let mut bench = Bench::idle(1);
    let commands = bench.tell(Event::Start(settings(1)));
    assert_eq!(commands.first(), Some(&Command::Send(slot(0, 1), ToExecutor::Stop)));

    let mut bench = Bench::idle(1);
    bench.tell(Event::Finish);
    assert_eq!(bench.tell(Event::Start(settings(1))), [Command::Spawn(slot(0, 2))]);
    bench.pass(1e6);
    assert_eq!(bench.say(slot(0, 1), ended(Ended::Left)), [Command::Drop(slot(0, 1))]);
}

#[test]
fn modules_that_cannot_be_loaded_fail_all_slots_until_the_next_start() {
    let mut bench = Bench::new();
    bench.tell(Event::Start(settings(2)));
    let reason = "404".to_owned();
    bench.tell(Event::ModulesFailed { trouble: Trouble::NotLoaded, reason });
    assert_eq!(bench.state(), PoolState::Failed);
    assert_eq!(bench.snapshot().error.map(|error| error.trouble), Some(Trouble::NotLoaded));
    assert_eq!(bench.tell(Event::Start(settings(1))), [Command::LoadModules]);
}

#[test]
fn what_the_browser_forbids_stands_until_the_next_start() {
    let mut bench = Bench::new();
    bench.tell(Event::Forbidden("mixed content".to_owned()));
    let now = bench.snapshot();
    assert_eq!(now.state, PoolState::Stopped);
    assert_eq!(now.error.map(|error| error.trouble), Some(Trouble::Forbidden));
    bench.tell(Event::Start(settings(1)));
    assert_eq!(bench.snapshot().error, None);
}

#[test]
fn advice_is_said_once() {
    let mut bench = Bench::new();
    for _ in 0..2 {
        bench.tell(Event::Advised("the browser may ask".to_owned()));
    }
    assert_eq!((bench.snapshot().log.len(), bench.snapshot().error), (1, None));
}

#[test]
fn an_empty_key_stands_for_the_last_one() {
    let mut bench = Bench::new();
    let empty = || Settings { colony_key: Secret::default(), ..settings(1) };
    let errors = bench.pool.validate(empty()).unwrap_err();
    assert_eq!(errors[0].field, "colony-key");
    bench.tell(Event::Start(settings(1)));
    bench.tell(Event::Stop);
    assert_eq!(bench.pool.validate(empty()), Ok(settings(1)));
}

#[test]
fn notes_and_offers_are_kept() {
    let mut bench = Bench::idle(1);
    let functions = vec![FunctionInfo {
        name: "add".to_owned(),
        description: "Adds.".to_owned(),
        params: Vec::new(),
    }];
    bench.say(slot(0, 1), FromExecutor::Offers { functions: functions.clone() });
    let note = FromExecutor::Note { level: Level::Warning, text: "thrown away".to_owned() };
    bench.say(slot(0, 1), note);
    let now = bench.snapshot();
    assert_eq!(now.functions, functions);
    let entry = now.log.last().unwrap();
    assert_eq!(
        (entry.level, entry.slot, entry.text.as_str()),
        (Level::Warning, Some(0), "thrown away")
    );
}

#[test]
fn whom_a_gateway_has_dismissed_or_never_let_in_has_nothing_to_say_goodbye_for() {
    let mut bench = Bench::idle(1);
    let dismissed = ended(Ended::Dismissed { reason: "the invite was revoked".to_owned() });
    let wake = Command::WakeAt { at_ms: 1_500.0 };
    assert_eq!(bench.say(slot(0, 1), dismissed), [Command::Drop(slot(0, 1)), wake]);
    bench.pass(500.0);
    bench.tell(Event::Ready(slot(0, 2)));
    bench.say(slot(0, 2), FromExecutor::Farewell(farewell(slot(0, 2))));
    let barred = failed(Trouble::Barred(RefusalCode::RevokedInvite));
    assert_eq!(bench.say(slot(0, 2), barred), [Command::Drop(slot(0, 2))]);
    assert_eq!(bench.state(), PoolState::Failed);
    assert_eq!(bench.tell(Event::PageHidden), []);
}
