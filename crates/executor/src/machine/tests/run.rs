//! One process, from assignment to a finished result.

use super::bench::{Bench, FUNCTION, process, refusal};
use super::*;

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
fn a_compute_worker_waits_for_a_server_that_is_away() {
    let mut bench = Bench::new();
    bench.feed(Event::Start);
    for step in ["addexecutormsg", "approveexecutormsg"] {
        let id = bench.sent(step).id;
        bench.answer(id, step, "{}");
    }
    let crashed = || Event::ComputeCrashed { text: "the script cannot be loaded".to_owned() };
    bench.feed(crashed());
    let asked = bench.sent("assignprocessmsg").id;
    bench.lose(asked);
    assert!(matches!(bench.activity(), Some(Activity::Offline { .. })));
    for _ in 0..20 {
        bench.feed(crashed());
        assert_eq!(bench.ended(), None);
        bench.pass_to_timer();
        assert!(!bench.has(&Command::RestartCompute), "it cannot be loaded yet");
        if bench.has_sent("assignprocessmsg") {
            let asked = bench.sent("assignprocessmsg").id;
            bench.lose(asked);
        }
    }
    bench.reconnect();
    assert!(bench.has(&Command::RestartCompute));
    bench.feed(Event::ComputeReady { functions: Vec::new() });
    assert!(bench.has(&Command::WantPermit));
}

#[test]
fn a_compute_worker_of_another_build_is_the_end() {
    let text = || "the worker is of build b2".to_owned();
    for mut bench in [Bench::new(), Bench::polling(), Bench::running(-1)] {
        bench.feed(Event::ComputeOutdated { text: text() });
        assert_eq!(bench.ended(), Some(Ended::Failed(Trouble::Outdated, text())));
        assert!(!bench.has(&Command::RestartCompute));
    }
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
fn a_socket_that_says_nothing_is_not_trusted_for_long() {
    let mut bench = Bench::running(-1);
    bench.pass(Duration::from_millis(1100));
    for _ in 0..2 {
        bench.pass(Duration::from_secs(29));
        assert!(!bench.has_sent("getprocessmsg"), "read before its time");
        bench.pass(Duration::from_secs(1));
        let read = bench.sent("getprocessmsg").id;
        let mut ours = process("p1", -1);
        ours.assignedexecutorid = bench.id();
        bench.answer_with(read, "getprocessmsg", &ours);
        assert_eq!(bench.outcome(), None);
    }
}

#[test]
fn after_a_gap_the_running_process_is_read() {
    let mut bench = Bench::running(-1);
    bench.sleep(Duration::from_mins(2));
    bench.sent("getprocessmsg");
}

#[test]
fn a_result_that_comes_with_a_gap_is_read_before_it_is_sent() {
    let mut bench = Bench::running(-1);
    bench.turn(Duration::from_mins(2));
    bench.feed(Event::Computed { run: 1, output: vec!["8".to_owned()] });
    assert!(!bench.has_sent("closesuccessfulmsg"), "it may be somebody else's");
    bench.sent("getprocessmsg");
}

#[test]
fn what_was_read_since_the_gap_is_sent_at_once() {
    let mut bench = Bench::running(-1);
    bench.sleep(Duration::from_mins(2));
    let read = bench.sent("getprocessmsg").id;
    let mut ours = process("p1", -1);
    ours.assignedexecutorid = bench.id();
    bench.answer_with(read, "getprocessmsg", &ours);
    bench.feed(Event::Computed { run: 1, output: vec!["8".to_owned()] });
    bench.sent("closesuccessfulmsg");
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
fn a_limit_beyond_all_time_is_no_deadline_at_once() {
    let mut bench = Bench::running(i64::MAX);
    bench.pass(Duration::from_hours(1));
    assert_eq!(bench.outcome(), None);
}
