//! A writer without a thread, and requests to put into its batches.
//!
//! What is put into the inbox shares one transaction, as long as that lasts.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

use webpool_colony::reply::read_assigned;
use webpool_colony::request::{
    AddExecutor, AddExecutorLog, ApproveExecutor, Assign, ChannelAppend, ChannelRead, GetProcess,
    Request, Submit, SubscribeChannel, SubscribeProcess,
};
use webpool_colony::types::Executor;
use webpool_colony::{
    Assigned, Bytes, ChannelEntry, FunctionSpec, Json, PrivateKey, Process, ProcessState, Timestamp,
};

use super::super::*;
use crate::intake::{Follow, Intake, read};

pub(super) const COLONY: &str = "dev";

/// The channel of the processes that have one.
pub(super) const CHANNEL: &str = "talk";

/// What is said when the disk is full.
const FULL: &str = "The broker's file cannot be used, nothing was stored: database or disk is full";

/// A request under way.
pub(super) struct Asking {
    pub(super) ticket: Arc<Ticket>,
    answer: Receiver<Answer>,
}

impl Asking {
    /// The status, and the sentence of a refusal.
    pub(super) fn outcome(&self) -> (u16, String) {
        let Answer { status, body } = self.answer.try_recv().unwrap();
        match webpool_colony::reply::read::<Json>(status, body.as_bytes()) {
            Err(webpool_colony::Error::Refused { message, .. }) => (status, message),
            _ => (status, String::new()),
        }
    }

    pub(super) fn check_full(&self) {
        assert_eq!(self.outcome(), (500, FULL.to_owned()));
    }

    pub(super) fn waits(&self) -> bool {
        self.answer.try_recv().is_err()
    }

    /// The result of a request of that kind.
    pub(super) fn read<R: Request>(&self) -> R::Reply {
        let Answer { status, body } = self.answer.try_recv().unwrap();
        R::read(status, body.as_bytes()).unwrap()
    }

    /// What was said in the channel that was read.
    pub(super) fn texts(&self) -> Vec<String> {
        let entries: Vec<ChannelEntry> = self.read::<ChannelRead>();
        let bytes = entries.into_iter().map(|entry| entry.payload.unwrap_or_default());
        bytes.map(|bytes| String::from_utf8(bytes.as_slice().to_vec()).unwrap()).collect()
    }

    pub(super) fn process(&self) -> Process {
        let Answer { status, body } = self.answer.try_recv().unwrap();
        match read_assigned(status, body.as_bytes()) {
            Ok(Assigned::Process(process)) => *process,
            other => panic!("no process but {other:?}"),
        }
    }
}

/// A writer without a thread, a user and an executor.
pub(super) struct Fixture {
    pub(super) writer: Writer,
    pub(super) inbox: Sender<Message>,
    calls: AtomicU64,
    path: PathBuf,
    pub(super) owner: PrivateKey,
    pub(super) user: PrivateKey,
    pub(super) executor: PrivateKey,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).unwrap_or_default();
    }
}

impl Fixture {
    pub(super) fn new() -> Self {
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
        let [owner, user, executor] = std::array::from_fn(|_| PrivateKey::generate());
        let calls = AtomicU64::new(0);
        let mut fixture = Self { writer, inbox, calls, path, owner, user, executor };
        fixture.join();
        fixture
    }

    fn join(&mut self) {
        let colonyid = self.owner.id().as_str().to_owned();
        let colony = Colony { colonyid, name: COLONY.to_owned() };
        let user =
            User { colonyname: COLONY.to_owned(), userid: self.user.id(), ..User::default() };
        let (done, seeded) = channel();
        self.inbox.send(Message::Seed { colony, users: vec![user], done }).unwrap();
        self.batch();
        seeded.try_recv().unwrap().unwrap();
        self.admit("e1", self.executor.id());
    }

    /// Adds an approved executor of that name.
    pub(super) fn add_executor(&mut self, name: &str) -> PrivateKey {
        let key = PrivateKey::generate();
        self.admit(name, key.id());
        key
    }

    fn admit(&mut self, name: &str, executorid: Id) {
        let (colonyname, executorname) = (COLONY.to_owned(), name.to_owned());
        let executor = Executor {
            executorid,
            executortype: "wasm".to_owned(),
            colonyname: colonyname.clone(),
            executorname: executorname.clone(),
            ..Executor::default()
        };
        self.ask(&self.owner, &AddExecutor { executor: Some(executor) });
        let approved = self.ask(&self.owner, &ApproveExecutor { colonyname, executorname });
        self.batch();
        assert_eq!(approved.outcome().0, 200);
    }

    pub(super) fn batch(&mut self) {
        assert!(self.writer.batch());
    }

    /// Puts a request into the next batch.
    pub(super) fn ask<R: Request>(&self, key: &PrivateKey, request: &R) -> Asking {
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
    pub(super) fn submit(&self, size_bytes: usize) -> Asking {
        self.ask(&self.user, &Submit { spec: Some(spec(size_bytes)) })
    }

    /// Submits a process with a channel; its id.
    pub(super) fn open_channel(&mut self) -> String {
        let spec = FunctionSpec { channels: vec![CHANNEL.to_owned()], ..spec(1) };
        let submitted = self.ask(&self.user, &Submit { spec: Some(spec) });
        self.batch();
        submitted.process().processid
    }

    pub(super) fn say(&self, key: &PrivateKey, processid: &str, text: &str) -> Asking {
        let (processid, name) = (processid.to_owned(), CHANNEL.to_owned());
        let payload = Some(Bytes::from(text));
        self.ask(key, &ChannelAppend { processid, name, payload, ..ChannelAppend::default() })
    }

    /// What was said in a process's channel.
    pub(super) fn said(&mut self, processid: &str) -> Vec<String> {
        let (processid, name) = (processid.to_owned(), CHANNEL.to_owned());
        let read = self.ask(&self.user, &ChannelRead { processid, name, ..ChannelRead::default() });
        self.batch();
        read.texts()
    }

    /// Writes so long a line that a full disk ends the whole transaction: unlike a submission, its
    /// statement cannot be taken back alone.
    pub(super) fn fatal(&self) -> Asking {
        let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
        let message = "x".repeat(1 << 20);
        self.ask(&self.executor, &AddExecutorLog { colonyname, executorname, message })
    }

    pub(super) fn poll(&self) -> Asking {
        self.poll_as(&self.executor)
    }

    pub(super) fn poll_as(&self, executor: &PrivateKey) -> Asking {
        let (colonyname, availablecpu) = (COLONY.to_owned(), "1000m".to_owned());
        let request = Assign { colonyname, timeout: 60, availablecpu, ..Assign::default() };
        self.ask(executor, &request)
    }

    pub(super) fn get(&self, processid: &str) -> Asking {
        self.ask(&self.user, &GetProcess { processid: processid.to_owned() })
    }

    /// Follows a process until it runs; what comes of it.
    pub(super) fn follow(&self, processid: &str) -> Receiver<Event> {
        self.follow_until(processid, ProcessState::Running)
    }

    /// Follows a process until it is in a state.
    pub(super) fn follow_until(&self, processid: &str, state: ProcessState) -> Receiver<Event> {
        let request = SubscribeProcess {
            colonyname: COLONY.to_owned(),
            processid: processid.to_owned(),
            executortype: "wasm".to_owned(),
            state: state.to_code(),
            timeout: 600,
        };
        self.subscribe(Follow::Process(request))
    }

    /// Follows a process's channel.
    pub(super) fn listen(&self, processid: &str) -> Receiver<Event> {
        let (processid, name) = (processid.to_owned(), CHANNEL.to_owned());
        let request = SubscribeChannel { processid, name, afterseq: 0, timeout: 600 };
        self.subscribe(Follow::Channel(request))
    }

    fn subscribe(&self, request: Follow) -> Receiver<Event> {
        let (sink, events) = channel();
        let sink: Sink = Box::new(move |event| drop(sink.send(event)));
        let subscription = self.calls.fetch_add(1, Ordering::Relaxed);
        let (signer, request) = (self.user.id(), Box::new(request));
        self.inbox.send(Message::Follow { subscription, signer, request, sink }).unwrap();
        events
    }

    pub(super) fn waiting(&self) -> i64 {
        self.writer.store.colony_statistics(COLONY).unwrap().waitingprocesses
    }
}

/// A function that anybody may run, with an argument of so many bytes.
pub(super) fn spec(size_bytes: usize) -> FunctionSpec {
    let args = Json::from_strings(&["x".repeat(size_bytes)]);
    let kwargs = Json::from_text("{}").unwrap();
    FunctionSpec::new("f", COLONY, "wasm", args, kwargs)
}
