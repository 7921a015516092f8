//! Long polls: woken at once, exactly one a process, and none after it has lost its standing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use webpool_broker::{Broker, Call};
use webpool_colony::request::{
    AddExecutor, Assign, RejectExecutor, RemoveColony, RemoveExecutor, RemoveUser,
};
use webpool_colony::types::Executor;
use webpool_colony::{Assigned, PrivateKey, ProcessState, Request};

use super::fixture::{COLONY, Fixture, TYPE, sentence, spec};

/// How long a wake-up may take.
const WAKE: Duration = Duration::from_millis(50);

const STRANGER: &str = "Access denied, not a member of Colony with name <dev>";

#[test]
fn a_submit_wakes_a_poll_at_once() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let poll = fixture.poll(&executor);
    let process = fixture.submit("f");
    let answer = poll.answer.recv_timeout(WAKE).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(fixture.process(&process.processid).assignedexecutorid, executor.id());
}

#[test]
fn a_process_wakes_one_poll_and_the_oldest_first() {
    let fixture = Fixture::new();
    let polls: Vec<_> = (0..3)
        .map(|n| {
            let key = fixture.executor(&format!("e{n}"));
            (key.id(), fixture.poll(&key))
        })
        .collect();
    for (id, poll) in polls {
        let process = fixture.submit("f");
        assert_eq!(fixture.process(&process.processid).assignedexecutorid, id);
        assert_eq!(poll.wait_for_process().processid, process.processid);
    }
}

#[test]
fn polls_of_one_executor_are_served_independently() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let polls = [fixture.poll(&executor), fixture.poll(&executor)];
    let submitted = [fixture.submit("f").processid, fixture.submit("g").processid];
    let given = polls.map(|poll| poll.wait_for_process().processid);
    assert_eq!(given, submitted);
}

#[test]
fn an_empty_poll_ends_in_time() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let poll = fixture.poll(&executor);
    fixture.pass(Duration::from_secs(59));
    assert!(poll.answer.try_recv().is_err());
    fixture.pass(Duration::from_secs(1));
    assert_eq!(poll.wait(), Ok(Assigned::Nothing));
    assert_eq!(fixture.assign(&executor), Ok(Assigned::Nothing));
}

#[test]
fn a_flood_of_polls_of_one_executor_is_refused() {
    let fixture = Fixture::new();
    let (greedy, other) = (fixture.executor("greedy"), fixture.executor("other"));
    let mut polls: Vec<_> = (0..100).map(|_| fixture.poll(&greedy)).collect();
    let (status, message) = sentence(fixture.poll(&greedy).wait());
    assert_eq!(status, 429);
    assert!(message.ends_with("100 requests of this executor wait for work already"), "{message}");
    let next = fixture.poll(&other);
    assert!(next.answer.try_recv().is_err(), "another executor waits as before");
    fixture.submit("f");
    polls.remove(0).wait_for_process();
    assert!(fixture.poll(&greedy).answer.try_recv().is_err(), "there is room again");
}

#[test]
fn a_process_wakes_only_whom_it_is_for() {
    let fixture = Fixture::new();
    let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
    fixture.add_colony("other", &owner, &user);
    let named = |name: &str| Executor { executorname: name.to_owned(), ..Executor::default() };
    let elsewhere = fixture.executor_like("other", &owner, named("e2"));
    let foreign = Assign { colonyname: "other".to_owned(), timeout: 60, ..Assign::default() };
    let bystanders = [
        fixture.poll_like(&elsewhere, foreign),
        fixture.poll(&fixture.executor("e1")),
        fixture.poll_like(
            &fixture.executor("e2"),
            Assign { timeout: 60, availablecpu: "500m".to_owned(), ..Assign::default() },
        ),
    ];
    let addressee = fixture.executor("e3");
    let poll = fixture.poll(&addressee);
    let mut wanted = spec("f");
    wanted.conditions.executornames = Some(vec!["e2".to_owned(), "e3".to_owned()]);
    wanted.conditions.cpu = "1000m".to_owned();
    let process = fixture.submit_like(wanted);
    assert_eq!(poll.wait_for_process().processid, process.processid);
    for bystander in bystanders {
        assert!(bystander.answer.try_recv().is_err());
    }
}

#[test]
fn a_withdrawn_poll_loses_nothing() {
    let fixture = Fixture::new();
    let gone = fixture.poll(&fixture.executor("gone"));
    let stays = fixture.executor("stays");
    drop(gone.call);
    let process = fixture.submit("f");
    assert_eq!(fixture.state(&process.processid), Some(ProcessState::Waiting));
    assert_eq!(fixture.take(&stays).processid, process.processid);
    assert!(gone.answer.try_recv().is_err());
}

#[test]
fn a_poll_withdrawn_while_it_is_answered_gives_its_process_back() {
    let mut fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let process = fixture.submit("f");
    fixture.broker.close();
    // This clock lets the client go away between the moment its poll is read and its answer.
    let (hand_over, handed) = channel::<Call>();
    let (handed, is_armed) = (Mutex::new(handed), Arc::new(AtomicBool::new(false)));
    let mut settings = fixture.settings();
    let (clock, is_hook_armed) = (Arc::clone(&settings.clock), Arc::clone(&is_armed));
    settings.clock = Arc::new(move || {
        if is_hook_armed.swap(false, Ordering::Relaxed) {
            drop(handed.lock().unwrap().recv());
        }
        clock()
    });
    fixture.broker = Broker::open(settings).unwrap();
    fixture.broker.tick();
    is_armed.store(true, Ordering::Relaxed);
    let request = Assign { colonyname: COLONY.to_owned(), timeout: 60, ..Assign::default() };
    let (call, answer) = fixture.send(request.seal(&executor));
    hand_over.send(call).unwrap();
    fixture.broker.tick();
    fixture.broker.tick();
    assert!(answer.try_recv().is_err());
    assert_eq!(fixture.state(&process.processid), Some(ProcessState::Waiting));
    assert_eq!(fixture.take(&executor).processid, process.processid);
}

#[test]
fn a_removed_holders_process_wakes_another_poll() {
    let fixture = Fixture::new();
    let holder = fixture.executor("holder");
    let process = fixture.submit("f");
    assert_eq!(fixture.take(&holder).processid, process.processid);
    let own = fixture.poll(&holder);
    let poll = fixture.poll(&fixture.executor("next"));
    fixture.ask(&fixture.owner, &remove("holder")).unwrap();
    assert_eq!(sentence(own.wait()), (403, STRANGER.to_owned()));
    let again = poll.wait_for_process();
    assert_eq!((again.processid, again.retries), (process.processid.clone(), 0));
    assert_eq!(sentence(fixture.close(&holder, &process.processid, "late")).0, 403);
}

#[test]
fn a_poll_ends_with_the_standing_of_its_executor() {
    let fixture = Fixture::new();
    let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
    let reject = RejectExecutor { colonyname: colonyname.clone(), executorname };
    let again = AddExecutor {
        executor: Some(Executor {
            executorid: PrivateKey::generate().id(),
            executorname: "e1".to_owned(),
            executortype: TYPE.to_owned(),
            colonyname: colonyname.clone(),
            ..Executor::default()
        }),
    };
    let owner = &fixture.owner;
    for end in [remove("e1").seal(owner), reject.seal(owner), again.seal(owner)] {
        let poll = fixture.poll(&fixture.executor("e1"));
        assert_eq!(fixture.post(end).status, 200);
        assert_eq!(sentence(poll.wait()), (403, STRANGER.to_owned()));
    }
    let poll = fixture.poll(&fixture.executor("e1"));
    fixture.ask(&fixture.server, &RemoveColony { colonyname }).unwrap();
    assert_eq!(sentence(poll.wait()).1, "Colony with name <dev> does not exists");
}

#[test]
fn a_pending_executor_that_is_a_user_may_poll_until_it_is_none() {
    let fixture = Fixture::new();
    let executor = Executor {
        executorid: fixture.user.id(),
        executorname: "e1".to_owned(),
        executortype: TYPE.to_owned(),
        colonyname: COLONY.to_owned(),
        ..Executor::default()
    };
    fixture.ask(&fixture.owner, &AddExecutor { executor: Some(executor) }).unwrap();
    let poll = fixture.poll(&fixture.user);
    let request = RemoveUser { colonyname: COLONY.to_owned(), name: "user".to_owned() };
    fixture.ask(&fixture.owner, &request).unwrap();
    assert_eq!(sentence(poll.wait()), (403, STRANGER.to_owned()));
}

fn remove(name: &str) -> RemoveExecutor {
    RemoveExecutor { colonyname: COLONY.to_owned(), executorname: name.to_owned() }
}
