//! Submissions.

use std::sync::Arc;

use webpool_wire::Ended;

use super::*;

fn client(generation: u32) -> WorkerId {
    WorkerId { seat: Seat::Client, generation }
}

fn call(function: &str) -> Call {
    Call {
        function: function.to_owned(),
        args_json: "[]".to_owned(),
        kwargs_json: "{}".to_owned(),
        executor_type: "wasm".to_owned(),
        max_exec_s: -1,
    }
}

fn submit(ticket: u32, settings: Settings) -> Event {
    Event::Submit { ticket, call: call("echo"), settings }
}

fn sent(id: WorkerId, ticket: u32) -> Command {
    Command::Send(id, ToExecutor::Submit { ticket, call: call("echo") })
}

fn stands(ticket: u32, state: CallState) -> FromExecutor {
    FromExecutor::Call { ticket, process_id: "p".to_owned(), state }
}

fn success() -> CallState {
    CallState::Success { output: vec!["hi".to_owned()], executor_id: "e".to_owned() }
}

/// A pool without slots whose client has joined; ticket 1 is submitted.
fn bench() -> Bench {
    let mut bench = Bench::new();
    assert_eq!(bench.tell(submit(1, settings(1))), [Command::LoadModules]);
    assert_eq!(bench.tell(Event::ModulesLoaded), [Command::Spawn(client(1))]);
    bench.tell(Event::Ready(client(1)));
    assert_eq!(bench.say(client(1), joined(client(1))), [entrusted(client(1)), sent(client(1), 1)]);
    bench
}

fn states(bench: &Bench) -> Vec<Option<CallState>> {
    let submissions = bench.snapshot().submissions.into_iter();
    submissions.map(|submission| submission.state.map(Arc::unwrap_or_clone)).collect()
}

fn settled(bench: &Bench) -> Vec<u32> {
    let settled = bench.commands.iter().filter_map(|command| {
        let Command::Settled { ticket, state } = command else { return None };
        matches!(**state, CallState::Refused { .. }).then_some(*ticket)
    });
    settled.collect()
}

#[test]
fn works_with_no_slot_running() {
    let mut bench = bench();
    assert_eq!(bench.state(), PoolState::Stopped);
    assert_eq!(states(&bench), [None]);
    assert_eq!(bench.say(client(1), stands(1, CallState::Waiting)), []);
    assert_eq!(bench.say(client(1), stands(1, CallState::Running)), []);
    assert_eq!(states(&bench), [Some(CallState::Running)]);
    let told = Command::Settled { ticket: 1, state: Arc::new(success()) };
    assert_eq!(bench.say(client(1), stands(1, success())), [told]);
    let submission = bench.snapshot().submissions.remove(0);
    assert_eq!(
        (submission.process_id.as_str(), submission.state),
        ("p", Some(Arc::new(success())))
    );
    assert_eq!(bench.say(client(1), stands(1, CallState::Waiting)), []);
    assert_eq!(states(&bench), [Some(success())]);
}

#[test]
fn the_client_is_told_its_role_and_kept() {
    let mut bench = Bench::new();
    bench.tell(submit(1, settings(1)));
    bench.tell(Event::ModulesLoaded);
    let [Command::Send(_, ToExecutor::Start(start))] = bench.tell(Event::Ready(client(1))) else {
        panic!("{:?}", bench.commands)
    };
    assert_eq!(start.role, Role::Client);
    assert_eq!(bench.tell(submit(2, settings(1))), []);
    let both = [entrusted(client(1)), sent(client(1), 1), sent(client(1), 2)];
    assert_eq!(bench.say(client(1), joined(client(1))), both);
    let other_name = Settings { executor_type: "other".to_owned(), ..settings(7) };
    assert_eq!(bench.tell(submit(3, other_name)), [sent(client(1), 3)]);
}

#[test]
fn another_colony_gets_another_client() {
    let mut bench = bench();
    let other = Settings { colony: "other".to_owned(), ..settings(1) };
    bench.tell(submit(2, other));
    assert_eq!(settled(&bench), [1]);
    assert!(bench.commands.contains(&Command::Send(client(1), ToExecutor::Stop)));
    assert!(bench.commands.contains(&Command::Spawn(client(2))));
    assert_eq!(bench.say(client(1), stands(2, success())), []);
    let left = FromExecutor::Ended(Ended::Left);
    assert_eq!(bench.say(client(1), left), [Command::Drop(client(1))]);
    bench.tell(Event::Ready(client(2)));
    assert_eq!(bench.say(client(2), joined(client(2))), [entrusted(client(2)), sent(client(2), 2)]);
}

#[test]
fn a_client_that_ends_refuses_what_is_open_and_the_next_call_gets_another() {
    let reason = || "gone".to_owned();
    let refused = Ended::Failed { trouble: Trouble::Refused, reason: reason() };
    for event in [
        Event::Crashed(client(1), reason()),
        Event::Said(client(1), FromExecutor::Ended(Ended::Lost { reason: reason() })),
        Event::Said(client(1), FromExecutor::Ended(refused)),
        Event::Said(client(1), FromExecutor::Ended(Ended::Left)),
    ] {
        let mut bench = bench();
        bench.tell(event);
        assert_eq!(settled(&bench), [1]);
        assert!(bench.commands.contains(&Command::Drop(client(1))));
        assert_eq!(bench.tell(submit(2, settings(1))), [Command::Spawn(client(2))]);
    }
}

#[test]
fn modules_that_cannot_be_loaded_refuse_what_is_open() {
    let mut bench = Bench::new();
    bench.tell(submit(1, settings(1)));
    bench.tell(Event::ModulesFailed { trouble: Trouble::NotLoaded, reason: "404".to_owned() });
    assert_eq!(settled(&bench), [1]);
    assert_eq!(bench.tell(submit(2, settings(1))), [Command::LoadModules]);
}

#[test]
fn a_call_can_be_called_off_before_the_client_has_it() {
    let mut bench = Bench::new();
    bench.tell(submit(1, settings(1)));
    let told = Command::Settled { ticket: 1, state: Arc::new(CallState::Cancelled) };
    assert_eq!(bench.tell(Event::CancelCall { ticket: 1 }), [told]);
    assert_eq!(bench.tell(Event::ModulesLoaded), []);
}

#[test]
fn a_call_can_be_called_off_after_the_client_has_it() {
    let mut bench = bench();
    let told = Command::Send(client(1), ToExecutor::Cancel { ticket: 1 });
    assert_eq!(bench.tell(Event::CancelCall { ticket: 1 }), [told]);
    bench.say(client(1), stands(1, CallState::Cancelled));
    assert_eq!(bench.tell(Event::CancelCall { ticket: 1 }), []);
}

#[test]
fn an_empty_key_stands_for_that_of_the_last_call() {
    let bench = bench();
    let empty = Settings { colony_key: Secret::default(), ..settings(1) };
    assert_eq!(bench.pool.validate(empty), Ok(settings(1)));
}

#[test]
fn remembers_the_newest_and_all_that_are_open() {
    let mut bench = bench();
    for ticket in 2..=60 {
        bench.tell(submit(ticket, settings(1)));
    }
    assert_eq!(bench.snapshot().submissions.len(), 60);
    for ticket in 2..=60 {
        bench.say(client(1), stands(ticket, success()));
    }
    bench.tell(submit(61, settings(1)));
    let tickets: Vec<_> = bench.snapshot().submissions.iter().map(|it| it.ticket).collect();
    assert_eq!((tickets.len(), tickets[0], tickets[1]), (50, 1, 13));
}

#[test]
fn a_restored_page_has_lost_sight_of_open_calls() {
    let mut bench = bench();
    assert_eq!(bench.tell(Event::PageHidden), [Command::Kill(client(1))]);
    bench.tell(Event::PageRestored);
    assert_eq!(settled(&bench), [1]);
    assert!(bench.commands.contains(&Command::Drop(client(1))));
}
