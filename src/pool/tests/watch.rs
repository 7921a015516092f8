//! Workers that say nothing any more.

use super::*;

fn look(bench: &mut Bench) -> Vec<Command> {
    bench.tell(Event::Look).to_vec()
}

fn ask(id: WorkerId) -> Command {
    Command::Send(id, ToExecutor::Ask)
}

#[test]
fn a_worker_that_does_not_answer_is_replaced() {
    let (mut bench, mute) = (Bench::idle(1), slot(0, 1));
    assert_eq!(look(&mut bench), [], "it has spoken before the first look");
    assert_eq!(look(&mut bench), [ask(mute)]);
    assert_eq!(look(&mut bench), [ask(mute)]);
    let commands = look(&mut bench);
    assert!(commands.contains(&Command::Beacon(vec![farewell(mute)])), "{commands:?}");
    assert!(commands.contains(&Command::Drop(mute)), "{commands:?}");
    assert_eq!(bench.slot_states(), [SlotState::Starting]);
    assert!(bench.has_logged("A worker ended: it does not answer any more. A fresh one starts in"));
    assert_eq!(bench.pass(500.0), [Command::Spawn(slot(0, 2))]);
}

#[test]
fn whoever_says_anything_lives() {
    let (mut bench, id) = (Bench::idle(1), slot(0, 1));
    for _ in 0..20 {
        look(&mut bench);
        assert_eq!(look(&mut bench), [ask(id)]);
        let at = Moment { now_ms: bench.now_ms, random: 1.0 };
        let commands = bench.pool.handle(at, Event::Said(id, FromExecutor::Alive));
        assert_eq!(commands, [], "nothing new to show");
        look(&mut bench);
        look(&mut bench);
        bench.say(id, idle());
    }
    assert_eq!(bench.slot_states(), [SlotState::Idle]);
}

#[test]
fn a_client_that_does_not_answer_refuses_its_calls() {
    let mut bench = Bench::new();
    let call = Call {
        function: "add".to_owned(),
        args_json: "[5, 3]".to_owned(),
        kwargs_json: "{}".to_owned(),
        executor_type: "wasm".to_owned(),
        max_exec_s: -1,
    };
    bench.tell(Event::Submit { ticket: 1, call, settings: settings(1) });
    bench.tell(Event::ModulesLoaded);
    let client = WorkerId { seat: Seat::Client, generation: 1 };
    bench.tell(Event::Ready(client));
    for _ in 0..4 {
        look(&mut bench);
    }
    let state = bench.snapshot().submissions.first().and_then(|one| one.state.clone());
    let is_told = |state: &CallState| matches!(state, CallState::Refused { reason } if reason.contains("does not answer"));
    assert!(state.as_deref().is_some_and(is_told), "{state:?}");
}

#[test]
fn who_is_told_to_finish_and_does_not_answer_is_gone() {
    let mut bench = Bench::idle(1);
    bench.tell(Event::Finish);
    for _ in 0..4 {
        look(&mut bench);
    }
    assert_eq!(bench.slot_states(), [SlotState::Stopped]);
}
