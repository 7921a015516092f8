//! A disk that is full, or fails: what is said to whom, and that nothing is half done.
//!
//! Each test makes its batches itself: what is put into the inbox shares one transaction.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

use webpool_colony::reply::read_assigned;
use webpool_colony::request::{
    AddExecutor, AddExecutorLog, ApproveExecutor, Assign, GetProcess, Request, Submit,
    SubscribeProcess,
};
use webpool_colony::types::Executor;
use webpool_colony::{Assigned, FunctionSpec, Json, PrivateKey, Process, Timestamp};

use super::*;
use crate::intake::{Intake, read};

const COLONY: &str = "dev";

/// What is said when the disk is full.
const FULL: &str = "The broker's file cannot be used, nothing was stored: database or disk is full";

/// A request under way.
struct Asking {
    ticket: Arc<Ticket>,
    answer: Receiver<Answer>,
}

impl Asking {
    /// The status, and the sentence of a refusal.
    fn outcome(&self) -> (u16, String) {
        let Answer { status, body } = self.answer.try_recv().unwrap();
        match webpool_colony::reply::read::<Json>(status, body.as_bytes()) {
            Err(webpool_colony::Error::Refused { message, .. }) => (status, message),
            _ => (status, String::new()),
        }
    }

    fn check_full(&self) {
        assert_eq!(self.outcome(), (500, FULL.to_owned()));
    }

    fn waits(&self) -> bool {
        self.answer.try_recv().is_err()
    }

    fn process(&self) -> Process {
        let Answer { status, body } = self.answer.try_recv().unwrap();
        match read_assigned(status, body.as_bytes()) {
            Ok(Assigned::Process(process)) => *process,
            other => panic!("no process but {other:?}"),
        }
    }
}

/// A writer without a thread, a user and an executor.
struct Fixture {
    writer: Writer,
    inbox: Sender<Message>,
    calls: AtomicU64,
    path: PathBuf,
    user: PrivateKey,
    executor: PrivateKey,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).unwrap_or_default();
    }
}

impl Fixture {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("webpool-writer-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let ns = AtomicU64::new(1_800_000_000_000_000_000);
        let clock =
            Arc::new(move || Timestamp::from_unix_ns(ns.fetch_add(1_000, Ordering::Relaxed)));
        let server = PrivateKey::generate().id();
        let settings = Settings::new(path.join("broker.db"), server, clock);
        let store = Store::open(&settings.path).unwrap();
        let (inbox, messages) = channel();
        let writer = Writer::new(store, settings, messages);
        let (user, executor) = (PrivateKey::generate(), PrivateKey::generate());
        let mut fixture = Self { writer, inbox, calls: AtomicU64::new(0), path, user, executor };
        fixture.join();
        fixture
    }

    fn join(&mut self) {
        let owner = PrivateKey::generate();
        let colony = Colony { colonyid: owner.id().as_str().to_owned(), name: COLONY.to_owned() };
        let user =
            User { colonyname: COLONY.to_owned(), userid: self.user.id(), ..User::default() };
        let (done, seeded) = channel();
        self.inbox.send(Message::Seed { colony, users: vec![user], done }).unwrap();
        let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
        let executor = Executor {
            executorid: self.executor.id(),
            executortype: "wasm".to_owned(),
            colonyname: colonyname.clone(),
            executorname: executorname.clone(),
            ..Executor::default()
        };
        self.ask(&owner, &AddExecutor { executor: Some(executor) });
        let approved = self.ask(&owner, &ApproveExecutor { colonyname, executorname });
        self.batch();
        seeded.try_recv().unwrap().unwrap();
        assert_eq!(approved.outcome().0, 200);
    }

    fn batch(&mut self) {
        assert!(self.writer.batch());
    }

    /// Puts a request into the next batch.
    fn ask<R: Request>(&self, key: &PrivateKey, request: &R) -> Asking {
        let Ok(Intake::Signed(signer, asked)) = read(request.seal(key).as_bytes()) else {
            panic!("a request that cannot be read");
        };
        let (ticket, (respond, answer)) = (Arc::new(Ticket::default()), channel());
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let respond: Respond = Box::new(move |answer| drop(respond.send(answer)));
        let ask = Message::Ask { call, signer, asked, ticket: Arc::clone(&ticket), respond };
        self.inbox.send(ask).unwrap();
        Asking { ticket, answer }
    }

    /// Submits a process with an argument of so many bytes.
    fn submit(&self, size_bytes: usize) -> Asking {
        let args = Json::from_strings(&["x".repeat(size_bytes)]);
        let kwargs = Json::from_text("{}").unwrap();
        let spec = FunctionSpec::new("f", COLONY, "wasm", args, kwargs);
        self.ask(&self.user, &Submit { spec: Some(spec) })
    }

    /// Writes so long a line that a full disk ends the whole transaction: unlike a submission, its
    /// statement cannot be taken back alone.
    fn fatal(&self) -> Asking {
        let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
        let message = "x".repeat(1 << 20);
        self.ask(&self.executor, &AddExecutorLog { colonyname, executorname, message })
    }

    fn poll(&self) -> Asking {
        let colonyname = COLONY.to_owned();
        self.ask(&self.executor, &Assign { colonyname, timeout: 60, ..Assign::default() })
    }

    fn get(&self, processid: &str) -> Asking {
        self.ask(&self.user, &GetProcess { processid: processid.to_owned() })
    }

    /// Follows a process until it runs; what comes of it.
    fn follow(&self, processid: &str) -> Receiver<Event> {
        let request = SubscribeProcess {
            colonyname: COLONY.to_owned(),
            processid: processid.to_owned(),
            executortype: "wasm".to_owned(),
            state: 1,
            timeout: 600,
        };
        let (sink, events) = channel();
        let sink: Sink = Box::new(move |event| drop(sink.send(event)));
        let subscription = self.calls.fetch_add(1, Ordering::Relaxed);
        let (signer, request) = (self.user.id(), Box::new(request));
        self.inbox.send(Message::Follow { subscription, signer, request, sink }).unwrap();
        events
    }

    fn waiting(&self) -> i64 {
        self.writer.store.colony_statistics(COLONY).unwrap().waitingprocesses
    }
}

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
    fixture.writer.store.limit_pages(1);
    let (before, long, after) = (fixture.submit(1), fixture.submit(1 << 20), fixture.submit(1));
    fixture.batch();
    assert_eq!((before.outcome().0, after.outcome().0), (200, 200));
    long.check_full();
    assert_eq!(fixture.waiting(), 2);
}

#[test]
fn with_space_again_everything_works_on() {
    let mut fixture = Fixture::new();
    fixture.writer.store.limit_pages(1);
    let (fatal, poll) = (fixture.fatal(), fixture.poll());
    fixture.batch();
    fatal.check_full();
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
