//! Every arrow of the executor, by table: what it is told, what it wants done.

mod bench;

use bench::{Bench, FUNCTION, process, refusal};

use super::*;

/// Whether an outcome is the one expected.
type IsRight = fn(&Outcome) -> bool;

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
    bench.answer(approve.id, "approveexecutormsg", "{}");
    assert!(bench.reported(|report| matches!(report, Report::Joined { .. })));
    assert_eq!(bench.activity(), Some(Activity::Idle));
    assert!(!bench.has(&Command::WantPermit), "no work before something can compute");
    bench.feed(Event::ComputeReady { functions: Vec::new() });
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
fn a_poll_is_the_shorter_the_more_slots_share_the_permits() {
    for (slots, seconds) in [(1, 8), (4, 8), (5, 4), (8, 4), (12, 2), (24, 1), (64, 1)] {
        assert_eq!(wait::poll_seconds(slots), seconds, "{slots} slots");
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
fn runs_a_process_and_does_not_wait_for_its_delivery() {
    let mut bench = Bench::polling();
    bench.assign(&process("p1", -1));
    let compute = Command::Compute {
        run: 1,
        function: FUNCTION.to_owned(),
        args_json: "[1,null]".to_owned(),
        kwargs_json: "{}".to_owned(),
    };
    assert!(bench.has(&compute));
    assert!(matches!(bench.activity(), Some(Activity::Running { deadline: None, .. })));
    bench.feed(Event::Computed { run: 1, output: vec!["8".to_owned()] });
    let close = bench.sent("closesuccessfulmsg");
    assert_eq!(close.payload["out"][0], "8");
    assert!(bench.has(&Command::WantPermit), "the next process does not wait");
    assert_eq!(bench.pending(), Some(1));
    bench.answer(close.id, "closesuccessfulmsg", "{}");
    assert_eq!(bench.outcome(), Some(Outcome::Succeeded));
    assert_eq!(bench.pending(), Some(0));
}

#[test]
fn a_reason_closes_the_process_as_failed() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Refused { run: 1, reason: "argument b is missing".to_owned() });
    let close = bench.sent("closefailedmsg");
    assert_eq!(close.payload["errors"][0], "argument b is missing");
    bench.answer(close.id, "closefailedmsg", "{}");
    assert_eq!(bench.outcome(), Some(Outcome::Failed("argument b is missing".to_owned())));
}

#[test]
fn files_cannot_be_given() {
    let mut bench = Bench::polling();
    let mut wanted = process("p1", -1);
    wanted.spec.fs.mount = "/data".to_owned();
    bench.assign(&wanted);
    let close = bench.sent("closefailedmsg");
    assert!(close.payload["errors"][0].as_str().unwrap().contains("no file system"));
}

#[test]
fn a_lost_close_is_sent_again_only_after_reading_the_process() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    bench.lose(id);
    assert!(matches!(bench.activity(), Some(Activity::Offline { .. })));
    bench.reconnect();
    let read = bench.sent("getprocessmsg").id;
    let mut ours = process("p1", -1);
    ours.assignedexecutorid = bench.id();
    bench.answer_with(read, "getprocessmsg", &ours);
    let again = bench.sent("closesuccessfulmsg").id;
    bench.answer(again, "closesuccessfulmsg", "{}");
    assert_eq!(bench.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn what_became_of_a_doubtful_result() {
    let cases: [(i64, bool, IsRight); 5] = [
        (2, true, |outcome| *outcome == Outcome::Succeeded),
        (2, false, |outcome| matches!(outcome, Outcome::Discarded(_))),
        (1, false, |outcome| matches!(outcome, Outcome::Discarded(_))),
        (3, true, |outcome| *outcome == Outcome::Expired),
        (4, true, |outcome| *outcome == Outcome::Cancelled),
    ];
    for (state, is_ours, is_right) in cases {
        let mut bench = Bench::delivering();
        let id = bench.sent("closesuccessfulmsg").id;
        bench.lose(id);
        bench.reconnect();
        let read = bench.sent("getprocessmsg").id;
        let mut found = process("p1", -1);
        found.state = state;
        if is_ours {
            found.assignedexecutorid = bench.id();
        }
        bench.answer_with(read, "getprocessmsg", &found);
        let outcome = bench.outcome();
        assert!(outcome.as_ref().is_some_and(is_right), "state {state}: {outcome:?}");
        assert_eq!(bench.pending(), Some(0));
    }
}

#[test]
fn a_refused_result_is_dropped_with_the_servers_sentence() {
    let cases = [
        (400, "Tried to set cancelled process as successful"),
        (403, "Failed to close process as successful, process is not assigned"),
        (500, "Failed to close process as successful, process is nil"),
    ];
    for (status, sentence) in cases {
        let mut bench = Bench::delivering();
        let id = bench.sent("closesuccessfulmsg").id;
        bench.feed(Event::Replied { id, reply: refusal(status, sentence) });
        let outcome = bench.outcome();
        assert!(
            matches!(&outcome, Some(Outcome::Discarded(why)) if why.contains(sentence)),
            "{sentence}: {outcome:?}"
        );
        assert_eq!(bench.ended(), None);
    }
}

#[test]
fn a_servers_own_error_is_retried() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    bench.feed(Event::Replied { id, reply: refusal(500, "pq: too many clients") });
    assert_eq!(bench.outcome(), None);
    bench.pass(Duration::from_secs(1));
    bench.sent("getprocessmsg");
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
fn the_deadline_kills_and_nothing_is_reported_to_the_server() {
    let mut bench = Bench::running(3);
    bench.pass(Duration::from_millis(2900));
    assert_eq!(bench.outcome(), None);
    bench.pass(Duration::from_millis(200));
    assert_eq!(bench.outcome(), Some(Outcome::Expired));
    assert!(bench.has(&Command::RestartCompute));
    assert!(!bench.has_sent("closefailedmsg"));
    bench.feed(Event::Computed { run: 1, output: Vec::new() });
    assert!(!bench.has_sent("closesuccessfulmsg"), "late words of a dead run do not count");
}

#[test]
fn a_limit_of_nothing_is_a_second() {
    for limit in [0, -2] {
        let mut bench = Bench::running(limit);
        bench.pass(Duration::from_millis(900));
        assert_eq!(bench.outcome(), None);
        bench.pass(Duration::from_millis(200));
        assert_eq!(bench.outcome(), Some(Outcome::Expired), "{limit}");
    }
}

#[test]
fn a_crash_fails_the_process_and_refills_the_place() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::ComputeCrashed { text: "panicked at burn".to_owned() });
    let close = bench.sent("closefailedmsg");
    assert!(close.payload["errors"][0].as_str().unwrap().contains("panicked at burn"));
    assert!(bench.has(&Command::RestartCompute));
    assert!(!bench.has(&Command::WantPermit));
    bench.feed(Event::ComputeReady { functions: Vec::new() });
    assert!(bench.has(&Command::WantPermit));
}

#[test]
fn compute_workers_that_crash_while_idle_are_given_up() {
    let mut bench = Bench::polling();
    for _ in 0..4 {
        bench.feed(Event::ComputeCrashed { text: "no module".to_owned() });
        assert_eq!(bench.ended(), None);
        bench.pass(Duration::from_secs(20));
        assert!(bench.has(&Command::RestartCompute));
    }
    bench.feed(Event::ComputeCrashed { text: "no module".to_owned() });
    assert!(matches!(bench.ended(), Some(Ended::Failed(Trouble::Crashed, _))));
}

#[test]
fn a_cancel_is_learnt_by_following() {
    let mut bench = Bench::running(-1);
    assert!(!bench.any(|command| matches!(command, Command::Follow { .. })));
    bench.pass(Duration::from_millis(1100));
    assert!(bench.any(|command| matches!(command, Command::Follow { .. })));
    bench.feed(Event::Hint { process_id: "p1".to_owned() });
    let read = bench.sent("getprocessmsg").id;
    let mut cancelled = process("p1", -1);
    cancelled.state = 4;
    bench.answer_with(read, "getprocessmsg", &cancelled);
    assert_eq!(bench.outcome(), Some(Outcome::Cancelled));
    assert!(bench.has(&Command::RestartCompute));
    assert!(bench.any(|command| matches!(command, Command::Unfollow { .. })));
}

#[test]
fn a_hint_about_a_process_that_is_still_ours_changes_nothing() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::FollowEnded { process_id: "p1".to_owned() });
    let read = bench.sent("getprocessmsg").id;
    let mut ours = process("p1", -1);
    ours.assignedexecutorid = bench.id();
    bench.answer_with(read, "getprocessmsg", &ours);
    assert_eq!(bench.outcome(), None);
    bench.pass(Duration::from_secs(10));
    assert!(bench.any(|command| matches!(command, Command::Follow { .. })), "followed again");
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
fn after_a_gap_the_running_process_is_read() {
    let mut bench = Bench::running(-1);
    bench.sleep(Duration::from_mins(2));
    bench.sent("getprocessmsg");
}

#[test]
fn a_pause_holds_the_run_and_takes_nothing_new() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Pause);
    assert!(bench.has(&Command::HoldCompute));
    assert_eq!(bench.activity(), Some(Activity::Paused));
    bench.feed(Event::Computed { run: 1, output: Vec::new() });
    assert!(!bench.has(&Command::WantPermit));
    bench.feed(Event::Resume);
    assert!(bench.has(&Command::ContinueCompute) && bench.has(&Command::WantPermit));
}

#[test]
fn a_pause_ends_the_open_poll() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Pause);
    assert!(bench.has(&Command::Abort { id: poll }) && bench.has(&Command::ReturnPermit));
    bench.feed(Event::Resume);
    assert!(bench.has(&Command::WantPermit));
}

#[test]
fn finish_ends_the_run_delivers_and_leaves() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Finish);
    assert_eq!(bench.activity(), Some(Activity::Finishing));
    bench.feed(Event::Computed { run: 1, output: Vec::new() });
    assert!(!bench.has_sent("removeexecutormsg"), "the result comes first");
    let close = bench.sent("closesuccessfulmsg").id;
    bench.answer(close, "closesuccessfulmsg", "{}");
    let leave = bench.sent("removeexecutormsg");
    assert_eq!(leave.signer, bench.owner.id());
    bench.answer(leave.id, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn stop_gives_the_process_back_at_once() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Stop);
    assert!(bench.has(&Command::StopCompute));
    assert_eq!(bench.outcome(), Some(Outcome::GivenBack));
    let leave = bench.sent("removeexecutormsg").id;
    bench.answer(leave, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn who_ended_a_poll_leaves_twice() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.feed(Event::Stop);
    assert!(bench.has(&Command::Abort { id: poll }) && bench.has(&Command::ReturnPermit));
    let leave = bench.sent("removeexecutormsg").id;
    bench.answer(leave, "removeexecutormsg", "{}");
    assert_eq!(bench.activity(), Some(Activity::Stopped));
    assert_eq!(bench.ended(), None);
    bench.pass(Duration::from_secs(9));
    let again = bench.sent("removeexecutormsg").id;
    bench.answer(again, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn stop_without_a_server_ends_all_the_same() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Stop);
    for attempt in 1..=3 {
        let leave = bench.sent("removeexecutormsg").id;
        bench.lose(leave);
        if attempt < 3 {
            bench.pass(Duration::from_secs(30));
        }
    }
    assert_eq!(bench.ended(), Some(Ended::Left));
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
fn a_function_cannot_flood_the_colonys_log() {
    let mut bench = Bench::running(-1);
    let mut lines = 0;
    for number in 0..300 {
        bench.feed(Event::Logged { run: 1, message: number.to_string() });
        lines += u32::from(bench.has_sent("addlogmsg"));
    }
    assert_eq!(lines, 100);
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
fn a_process_whose_assignment_was_lost_is_taken_up() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.lose(poll);
    bench.reconnect();
    assert!(bench.has(&Command::WantPermit), "not yet: the poll could still be answered");
    bench.pass(Duration::from_secs(10));
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
fn nothing_lost_means_that_it_goes_on_polling() {
    let mut bench = Bench::polling();
    bench.feed(Event::Pause);
    bench.feed(Event::Resume);
    bench.pass(Duration::from_secs(10));
    let ask = bench.sent("getprocesshistmsg").id;
    assert!(!bench.has(&Command::WantPermit));
    bench.answer(ask, "getprocesshistmsg", "null");
    bench.feed(Event::Permit);
    bench.sent("assignprocessmsg");
}

#[test]
fn a_process_that_comes_while_nobody_computes_is_started_later() {
    let mut bench = Bench::polling();
    let poll = bench.sent("assignprocessmsg").id;
    bench.feed(Event::ComputeCrashed { text: "killed".to_owned() });
    bench.answer_with(poll, "assignprocessmsg", &process("p1", -1));
    assert!(!bench.any(|command| matches!(command, Command::Compute { .. })));
    bench.feed(Event::ComputeReady { functions: Vec::new() });
    assert!(bench.any(|command| matches!(command, Command::Compute { .. })));
}

#[test]
fn a_result_that_comes_after_the_deadline_is_not_sent_unread() {
    let mut bench = Bench::running(3);
    bench.turn(Duration::from_secs(5));
    bench.feed(Event::Computed { run: 1, output: vec!["8".to_owned()] });
    assert!(bench.has_sent("getprocessmsg") && !bench.has_sent("closesuccessfulmsg"));
}

#[test]
fn an_output_that_is_too_long_fails_with_that_reason() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    let body = b"<html>413 Request Entity Too Large</html>".to_vec();
    bench.feed(Event::Replied { id, reply: Reply::Answered { status: 413, body } });
    let close = bench.sent("closefailedmsg");
    assert!(close.payload["errors"][0].as_str().unwrap().contains("too long"));
    bench.answer(close.id, "closefailedmsg", "{}");
    assert!(matches!(bench.outcome(), Some(Outcome::Failed(_))));
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
fn the_farewell_is_known_before_the_server_is_asked() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    let place = |matches: fn(&Command) -> bool| bench.commands().iter().position(matches);
    let told = place(|command| matches!(command, Command::Report(Report::Farewell(_))));
    let asked = place(|command| matches!(command, Command::Send { .. }));
    assert!(told.is_some() && told < asked);
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
fn a_stop_waits_two_seconds_for_a_result_on_its_way() {
    let mut bench = Bench::delivering();
    bench.feed(Event::Stop);
    assert!(!bench.has_sent("removeexecutormsg"));
    bench.pass(Duration::from_secs(2));
    bench.sent("removeexecutormsg");
}

#[test]
fn who_is_still_joining_leaves_all_the_same() {
    for wish in [Event::Stop, Event::Finish] {
        let mut bench = Bench::new();
        bench.feed(Event::Start);
        bench.feed(wish);
        let leave = bench.sent("removeexecutormsg").id;
        bench.answer(leave, "removeexecutormsg", "{}");
        assert_eq!(bench.ended(), Some(Ended::Left));
    }
}

#[test]
fn finish_lets_a_held_run_go_on() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Pause);
    bench.feed(Event::Finish);
    assert!(bench.has(&Command::ContinueCompute));
    assert_eq!(bench.activity(), Some(Activity::Finishing));
}

#[test]
fn too_many_results_on_their_way_hold_up_the_next_process() {
    let mut bench = Bench::polling();
    for number in 1..=16 {
        bench.assign(&process(&format!("p{number}"), -1));
        bench.feed(Event::Computed { run: number, output: Vec::new() });
        assert_eq!(bench.has(&Command::WantPermit), number < 16, "{number} results");
        let close = bench.sent("closesuccessfulmsg").id;
        if number == 16 {
            bench.answer(close, "closesuccessfulmsg", "{}");
            assert!(bench.has(&Command::WantPermit), "room again");
        } else {
            bench.feed(Event::Permit);
        }
    }
}

#[test]
fn after_a_gap_a_result_is_preceded_by_reading_its_process() {
    let mut bench = Bench::delivering();
    let id = bench.sent("closesuccessfulmsg").id;
    bench.feed(Event::Replied { id, reply: refusal(500, "pq: too many clients") });
    bench.sleep(Duration::from_mins(2));
    bench.pass(Duration::from_secs(1));
    bench.sent("getprocessmsg");
}

#[test]
fn a_process_that_is_gone_is_not_computed_on() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Hint { process_id: "p1".to_owned() });
    let id = bench.sent("getprocessmsg").id;
    let reply = refusal(404, "Failed to get process, process not found");
    bench.feed(Event::Replied { id, reply });
    assert!(matches!(bench.outcome(), Some(Outcome::Discarded(_))));
    assert!(bench.has(&Command::RestartCompute));
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

#[test]
fn a_farewell_that_meets_a_servers_own_error_is_sent_again() {
    let mut bench = Bench::running(-1);
    bench.feed(Event::Stop);
    let id = bench.sent("removeexecutormsg").id;
    bench.feed(Event::Replied { id, reply: refusal(500, "pq: too many clients") });
    assert_eq!(bench.ended(), None);
    bench.pass(Duration::from_secs(1));
    let again = bench.sent("removeexecutormsg").id;
    bench.answer(again, "removeexecutormsg", "{}");
    assert_eq!(bench.ended(), Some(Ended::Left));
}

#[test]
fn a_limit_beyond_all_time_is_no_deadline_at_once() {
    let mut bench = Bench::running(i64::MAX);
    bench.pass(Duration::from_hours(1));
    assert_eq!(bench.outcome(), None);
}
