//! A broker with a colony, a user and executors, and ways to talk to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use webpool_broker::{Answer, Broker, Call, Event, Settings, Subscription};
use webpool_colony::reply::read_assigned;
use webpool_colony::request::{
    AddColony, AddExecutor, AddUser, ApproveExecutor, Assign, CloseSuccessful, GetProcess, Submit,
};
use webpool_colony::types::{Colony, Executor, User};
use webpool_colony::{
    Assigned, Error, FunctionSpec, Id, Json, PrivateKey, Process, ProcessState, Request, Timestamp,
};

/// The colony every fixture has.
pub(crate) const COLONY: &str = "dev";

/// The type of its executors.
pub(crate) const TYPE: &str = "wasm";

/// How long an answer may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that is deleted with everything in it.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes a fresh one.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("webpool-broker-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A clock that moves when it is told to, and by a microsecond with each look.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_000_000_000)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let ns = u64::try_from(by.as_nanos()).unwrap();
        self.0.fetch_add(ns, Ordering::Relaxed);
    }

    pub(crate) fn settings(&self, path: PathBuf, server_id: Id) -> Settings {
        let ns = Arc::clone(&self.0);
        let clock = move || Timestamp::from_unix_ns(ns.fetch_add(1_000, Ordering::Relaxed));
        Settings::new(path, server_id, Arc::new(clock))
    }
}

/// A broker with a colony, its owner and a user.
pub(crate) struct Fixture {
    // Dropped before the folder its file is in.
    pub(crate) broker: Broker,
    pub(crate) clock: Clock,
    pub(crate) folder: Folder,
    pub(crate) server: PrivateKey,
    pub(crate) owner: PrivateKey,
    pub(crate) user: PrivateKey,
}

/// A long poll under way.
pub(crate) struct Poll {
    pub(crate) call: Call,
    pub(crate) answer: Receiver<Answer>,
}

impl Poll {
    /// What the poll came to.
    pub(crate) fn wait(self) -> Result<Assigned, Error> {
        let answer = self.answer.recv_timeout(PATIENCE).unwrap();
        drop(self.call);
        read_assigned(answer.status, answer.body.as_bytes())
    }

    /// The process the poll came to.
    pub(crate) fn wait_for_process(self) -> Process {
        match self.wait() {
            Ok(Assigned::Process(process)) => *process,
            other => panic!("no process but {other:?}"),
        }
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let (clock, folder) = (Clock::new(), Folder::new());
        let server = PrivateKey::generate();
        let path = folder.path().join("broker.db");
        let broker = Broker::open(clock.settings(path, server.id())).unwrap();
        let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
        let fixture = Self { broker, clock, folder, server, owner, user };
        fixture.add_colony(COLONY, &fixture.owner, &fixture.user);
        fixture
    }

    pub(crate) fn settings(&self) -> Settings {
        self.clock.settings(self.folder.path().join("broker.db"), self.server.id())
    }

    pub(crate) fn add_colony(&self, name: &str, owner: &PrivateKey, user: &PrivateKey) {
        let colonyid = owner.id().as_str().to_owned();
        let colony = Colony { colonyid, name: name.to_owned() };
        self.ask(&self.server, &AddColony { colony: Some(colony) }).unwrap();
        let user = User {
            colonyname: name.to_owned(),
            userid: user.id(),
            name: "user".to_owned(),
            ..User::default()
        };
        self.ask(owner, &AddUser { user: Some(user) }).unwrap();
    }

    /// Adds an approved executor of that name to the fixture's colony.
    pub(crate) fn executor(&self, name: &str) -> PrivateKey {
        let executor = Executor { executorname: name.to_owned(), ..Executor::default() };
        self.executor_like(COLONY, &self.owner, executor)
    }

    /// Adds an approved executor; id, type and colony are filled in.
    pub(crate) fn executor_like(
        &self,
        colony: &str,
        owner: &PrivateKey,
        executor: Executor,
    ) -> PrivateKey {
        let key = PrivateKey::generate();
        let executorname = executor.executorname.clone();
        let colonyname = colony.to_owned();
        let executor = Executor {
            executorid: key.id(),
            executortype: TYPE.to_owned(),
            colonyname: colonyname.clone(),
            ..executor
        };
        self.ask(owner, &AddExecutor { executor: Some(executor) }).unwrap();
        self.ask(owner, &ApproveExecutor { colonyname, executorname }).unwrap();
        key
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn ask<R: Request>(&self, key: &PrivateKey, request: &R) -> Result<R::Reply, Error> {
        let answer = self.post(request.seal(key));
        R::read(answer.status, answer.body.as_bytes())
    }

    /// Sends a body and waits for its answer.
    pub(crate) fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        let (call, answer) = self.send(body);
        let answer = answer.recv_timeout(PATIENCE).unwrap();
        drop(call);
        answer
    }

    /// Sends a body.
    pub(crate) fn send(&self, body: impl AsRef<[u8]>) -> (Call, Receiver<Answer>) {
        let (respond, answer) = channel();
        let call = self.broker.call(body, Box::new(move |answer| drop(respond.send(answer))));
        (call, answer)
    }

    /// Sends a frame over a connection of its own; when this returns, the subscription has begun or
    /// is refused.
    pub(crate) fn subscribe(&self, frame: impl AsRef<[u8]>) -> (Subscription, Receiver<Event>) {
        let (sink, events) = channel();
        let sink = Box::new(move |event| drop(sink.send(event)));
        let subscription = self.broker.subscribe(frame, sink);
        self.broker.tick();
        (subscription, events)
    }

    /// Begins to wait for work; when this returns, the poll waits or is answered.
    pub(crate) fn poll(&self, key: &PrivateKey) -> Poll {
        self.poll_like(key, Assign { timeout: 60, ..Assign::default() })
    }

    /// Begins to wait for work; the fixture's colony is filled in if none is named.
    pub(crate) fn poll_like(&self, key: &PrivateKey, mut request: Assign) -> Poll {
        if request.colonyname.is_empty() {
            COLONY.clone_into(&mut request.colonyname);
        }
        let (call, answer) = self.send(request.seal(key));
        self.broker.tick();
        Poll { call, answer }
    }

    /// Asks for work without waiting.
    pub(crate) fn assign(&self, key: &PrivateKey) -> Result<Assigned, Error> {
        self.poll_like(key, Assign { timeout: -1, ..Assign::default() }).wait()
    }

    /// Asks for work that must be there.
    pub(crate) fn take(&self, key: &PrivateKey) -> Process {
        self.poll_like(key, Assign { timeout: -1, ..Assign::default() }).wait_for_process()
    }

    /// Submits a process without limits.
    pub(crate) fn submit(&self, funcname: &str) -> Process {
        self.submit_like(spec(funcname))
    }

    pub(crate) fn submit_like(&self, spec: FunctionSpec) -> Process {
        self.ask(&self.user, &Submit { spec: Some(spec) }).unwrap()
    }

    pub(crate) fn process(&self, id: &str) -> Process {
        self.ask(&self.user, &GetProcess { processid: id.to_owned() }).unwrap()
    }

    pub(crate) fn state(&self, id: &str) -> Option<ProcessState> {
        self.process(id).state()
    }

    /// Ends a process with one output.
    pub(crate) fn close(&self, key: &PrivateKey, id: &str, out: &str) -> Result<(), Error> {
        let request = CloseSuccessful { processid: id.to_owned(), out: Json::from_strings(&[out]) };
        self.ask(key, &request).map(drop)
    }

    /// Moves the clock and lets the broker do what is due.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.broker.tick();
    }
}

/// A function without limits, for the fixture's executors.
pub(crate) fn spec(funcname: &str) -> FunctionSpec {
    let args = Json::from_strings::<&str>(&[]);
    FunctionSpec::new(funcname, COLONY, TYPE, args, Json::from_text("{}").unwrap())
}

/// The sentence of a refusal.
pub(crate) fn sentence<T: std::fmt::Debug>(result: Result<T, Error>) -> (u16, String) {
    match result {
        Err(Error::Refused { status, message }) => (status, message),
        other => panic!("no refusal but {other:?}"),
    }
}
