//! A disk that is full, or fails: what is said to whom, and that nothing is half done.

use webpool_colony::Json;
use webpool_colony::request::{CancelProcess, CloseSuccessful, ResumeAssignments};

use super::super::*;
use super::fixture::{COLONY, Fixture};

#[test]
fn a_transaction_that_a_full_disk_ends_fails_for_all_who_share_it() {
    let mut fixture = Fixture::new();
    fixture.writer.store.limit_pages(1);
    let (before, fatal, after) = (fixture.submit(1), fixture.fatal(), fixture.fatal());
    fixture.batch();
    before.check_full();
    fatal.check_full();
    assert!(after.waits(), "it belongs to the next batch");
    fixture.batch();
    after.check_full();
    assert_eq!(fixture.waiting(), 0);
}

#[test]
fn what_does_not_fit_is_refused_alone_if_it_can_be_taken_back() {
    let mut fixture = Fixture::new();
    assert!(!fixture.writer.health.is_failing());
    fixture.writer.store.limit_pages(1);
    let (before, long, after) = (fixture.submit(1), fixture.submit(1 << 20), fixture.submit(1));
    fixture.batch();
    assert_eq!((before.outcome().0, after.outcome().0), (200, 200));
    long.check_full();
    assert_eq!(fixture.waiting(), 2);
    assert!(fixture.writer.health.is_failing(), "the operator knows");
}

#[test]
fn with_space_again_everything_works_on() {
    let mut fixture = Fixture::new();
    fixture.writer.store.limit_pages(1);
    let (fatal, poll) = (fixture.fatal(), fixture.poll());
    fixture.batch();
    fatal.check_full();
    assert!(fixture.writer.health.is_failing(), "the operator knows");
    fixture.batch();
    assert!(poll.waits(), "a poll needs no space");
    fixture.writer.store.limit_pages(1 << 20);
    let (log, submitted) = (fixture.fatal(), fixture.submit(1 << 20));
    fixture.batch();
    assert_eq!((log.outcome().0, submitted.outcome().0), (200, 200));
    let read = fixture.get(&poll.process().processid);
    fixture.batch();
    assert_eq!((read.outcome().0, fixture.waiting()), (200, 0));
}

#[test]
fn who_was_given_a_process_in_a_lost_batch_has_none() {
    let mut fixture = Fixture::new();
    let old = fixture.poll();
    fixture.batch();
    assert!(old.waits());
    fixture.writer.store.limit_pages(1);
    let given = fixture.submit(1);
    let new = fixture.poll();
    let fatal = fixture.fatal();
    fixture.batch();
    for asking in [&given, &old, &new, &fatal] {
        asking.check_full();
    }
    assert_eq!(fixture.waiting(), 0);
    let again = (fixture.poll(), fixture.submit(1));
    fixture.batch();
    assert_eq!((again.0.process().state, again.1.outcome().0), (1, 200));
}

#[test]
fn who_was_woken_for_nothing_in_a_lost_batch_still_waits() {
    let mut fixture = Fixture::new();
    let old = fixture.poll();
    fixture.batch();
    fixture.writer.store.limit_pages(1);
    let colonyname = COLONY.to_owned();
    let resumed = fixture.ask(&fixture.owner, &ResumeAssignments { colonyname });
    let (new, fatal) = (fixture.poll(), fixture.fatal());
    fixture.batch();
    for asking in [&resumed, &new, &fatal] {
        asking.check_full();
    }
    assert!(old.waits(), "nothing has changed for it");
    let submitted = fixture.submit(1);
    fixture.batch();
    assert_eq!((submitted.outcome().0, old.process().state), (200, 1));
}

#[test]
fn who_began_to_follow_in_a_lost_batch_is_told() {
    let mut fixture = Fixture::new();
    let submitted = fixture.submit(1);
    fixture.batch();
    let process = submitted.process();
    let earlier = fixture.follow(&process.processid);
    fixture.batch();
    fixture.writer.store.limit_pages(1);
    let (later, refused) = (fixture.follow(&process.processid), fixture.follow("no such process"));
    let fatal = fixture.fatal();
    fixture.batch();
    fatal.check_full();
    assert_eq!(later.try_recv(), Ok(Event::Close));
    assert_eq!(refused.try_recv(), Ok(Event::Close));
    assert!(earlier.try_recv().is_err(), "nothing has changed for it");
    let poll = fixture.poll();
    fixture.batch();
    assert_eq!(poll.process().processid, process.processid);
    assert!(matches!(earlier.try_recv(), Ok(Event::Frame(_))));
    assert!(later.try_recv().is_err(), "it has ended");
}

#[test]
fn a_returned_process_survives_a_commit_that_fails() {
    let mut fixture = Fixture::new();
    let submitted = fixture.submit(1);
    fixture.batch();
    let id = submitted.process().processid;
    let poll = fixture.poll();
    // The poll is read before its client goes away, and answered after.
    let Ok(Some(message)) = fixture.writer.receive() else { panic!("no message") };
    fixture.writer.store.begin().unwrap();
    fixture.writer.take(message);
    assert!(poll.ticket.withdraw());
    fixture.writer.store.commit().unwrap();
    fixture.writer.deliver();
    assert_eq!(fixture.writer.returned.len(), 1);

    fixture.writer.store.break_commits();
    fixture.batch();
    assert_eq!((fixture.writer.returned.len(), fixture.waiting()), (1, 0));
    assert!(fixture.writer.rest_until > fixture.writer.now(), "not at once again");
    fixture.writer.store.mend();
    fixture.inbox.send(Message::Withdraw(0)).unwrap();
    fixture.batch();
    assert_eq!((fixture.writer.returned.len(), fixture.waiting()), (0, 1));
    let poll = fixture.poll();
    fixture.batch();
    assert_eq!(poll.process().processid, id);
}

#[test]
fn what_was_said_in_a_lost_batch_was_not_said() {
    let mut fixture = Fixture::new();
    let id = fixture.open_channel();
    let early = fixture.say(&fixture.user, &id, "early");
    fixture.batch();
    assert_eq!(early.outcome().0, 200);
    fixture.writer.store.limit_pages(1);
    let lost: Vec<_> = (0..400).map(|_| fixture.say(&fixture.user, &id, "lost")).collect();
    let fatal = fixture.fatal();
    fixture.batch();
    for asking in lost.iter().chain([&fatal]) {
        asking.check_full();
    }
    assert_eq!(fixture.said(&id), ["early"]);
    // Nor did it take anything of the allowance.
    let late: Vec<_> = (0..400).map(|_| fixture.say(&fixture.user, &id, "late")).collect();
    fixture.batch();
    for asking in late {
        assert_eq!(asking.outcome().0, 200);
    }
    assert_eq!(fixture.said(&id).len(), 401);
}

#[test]
fn a_channel_survives_an_end_that_is_lost() {
    let mut fixture = Fixture::new();
    let id = fixture.open_channel();
    let (poll, said) = (fixture.poll(), fixture.say(&fixture.user, &id, "early"));
    fixture.batch();
    assert_eq!((poll.process().state, said.outcome().0), (1, 200));
    fixture.writer.store.limit_pages(1);
    let (processid, out) = (id.clone(), Json::from_strings(&["1"]));
    let closed = fixture.ask(&fixture.executor, &CloseSuccessful { processid, out });
    let fatal = fixture.fatal();
    fixture.batch();
    closed.check_full();
    fatal.check_full();
    assert_eq!(fixture.said(&id), ["early"]);
    // A cancelled process goes on to be talked about; that is lost too.
    let cancelled = fixture.ask(&fixture.user, &CancelProcess { processid: id.clone() });
    let (after, fatal) = (fixture.say(&fixture.user, &id, "after"), fixture.fatal());
    fixture.batch();
    for asking in [cancelled, after, fatal] {
        asking.check_full();
    }
    assert_eq!(fixture.said(&id), ["early"]);
    let cancelled = fixture.ask(&fixture.user, &CancelProcess { processid: id.clone() });
    fixture.batch();
    assert_eq!(cancelled.outcome().0, 200);
    assert!(fixture.said(&id).is_empty());
}

#[test]
fn who_was_given_a_process_in_a_lost_batch_is_no_party_of_its_channel() {
    let mut fixture = Fixture::new();
    let id = fixture.open_channel();
    fixture.writer.store.limit_pages(1);
    let (poll, fatal) = (fixture.poll(), fixture.fatal());
    fixture.batch();
    poll.check_full();
    fatal.check_full();
    let said = fixture.say(&fixture.executor, &id, "who are you?");
    fixture.batch();
    assert_eq!(said.outcome(), (403, "Not authorized to write to channel".to_owned()));
}
