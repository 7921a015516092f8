//! A subject with a colony, a user and executors, and ways to talk to it: the same for the embedded
//! broker and for a real server.

use std::ops::{Deref, DerefMut};
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use webpool_broker::{Answer, Event};
use webpool_colony::envelope::{Failure, ReplyEnvelope};
use webpool_colony::reply::read_assigned;
use webpool_colony::request::{
    AddColony, AddExecutor, AddUser, ApproveExecutor, Assign, CloseSuccessful, GetProcess,
    RemoveColony, Submit,
};
use webpool_colony::types::{Colony, Executor, User};
use webpool_colony::{
    Assigned, Envelope, Error, FunctionSpec, Json, PrivateKey, Process, ProcessState, Request,
};

use super::subject::{Call, Subject, Subscription};

/// The colony of a fixture with a broker of its own.
pub(crate) const COLONY: &str = "dev";

/// The type of its executors.
pub(crate) const TYPE: &str = "wasm";

/// How long an answer may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A subject with a colony, its owner and a user.
pub(crate) struct Fixture {
    pub(crate) subject: Subject,
    /// The colony's name.
    pub(crate) colony: String,
    /// The type of its executors.
    pub(crate) kind: String,
    pub(crate) server: PrivateKey,
    pub(crate) owner: PrivateKey,
    pub(crate) user: PrivateKey,
    /// All colonies it has added.
    pub(crate) colonies: Mutex<Vec<String>>,
}

impl Deref for Fixture {
    type Target = Subject;

    fn deref(&self) -> &Subject {
        &self.subject
    }
}

impl DerefMut for Fixture {
    fn deref_mut(&mut self) -> &mut Subject {
        &mut self.subject
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        for colonyname in std::mem::take(self.colonies.get_mut().unwrap()) {
            self.subject.clear(&RemoveColony { colonyname }.seal(&self.server));
        }
    }
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
        let ((subject, server), (colony, kind)) = (Subject::open(), Subject::names());
        let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
        let colonies = Mutex::default();
        let fixture = Self { subject, colony, kind, server, owner, user, colonies };
        fixture.add_colony(&fixture.colony, &fixture.owner, &fixture.user);
        fixture
    }

    pub(crate) fn add_colony(&self, name: &str, owner: &PrivateKey, user: &PrivateKey) {
        let colonyid = owner.id().as_str().to_owned();
        let colony = Colony { colonyid, name: name.to_owned() };
        self.ask(&self.server, &AddColony { colony: Some(colony) }).unwrap();
        self.colonies.lock().unwrap().push(name.to_owned());
        let user = User {
            colonyname: name.to_owned(),
            userid: user.id(),
            name: "user".to_owned(),
            ..User::default()
        };
        self.ask(owner, &AddUser { user: Some(user) }).unwrap();
    }

    /// Adds another colony: its name, its owner and its user.
    pub(crate) fn second_colony(&self) -> (String, PrivateKey, PrivateKey) {
        let name = format!("{}-2", self.colony);
        let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
        self.add_colony(&name, &owner, &user);
        (name, owner, user)
    }

    /// Adds an approved executor of that name to the fixture's colony.
    pub(crate) fn executor(&self, name: &str) -> PrivateKey {
        let executor = Executor { executorname: name.to_owned(), ..Executor::default() };
        self.executor_like(&self.colony, &self.owner, executor)
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
            executortype: self.kind.clone(),
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

    /// Sends a frame over a connection of its own; when this returns, the subscription has begun or
    /// is refused.
    pub(crate) fn subscribe(&self, frame: impl AsRef<str>) -> (Subscription, Receiver<Event>) {
        let followed = self.subject.subscribe(frame.as_ref());
        self.settle();
        followed
    }

    /// Sends a payload as the user: the status and the sentence of its refusal.
    pub(crate) fn refusal(&self, kind: &str, payload: &str) -> (u16, String) {
        let answer = self.post(Envelope::sign(kind, payload, &self.user).to_body());
        let reply: ReplyEnvelope = serde_json::from_str(&answer.body).unwrap();
        let failure: Failure = serde_json::from_slice(&reply.payload_bytes()).unwrap();
        assert_eq!((answer.status, reply.error), (failure.status, true));
        (answer.status, failure.message)
    }

    /// Begins to wait for work; when this returns, the poll waits or is answered.
    pub(crate) fn poll(&self, key: &PrivateKey) -> Poll {
        self.poll_like(key, Assign { timeout: 60, ..Assign::default() })
    }

    /// Begins to wait for work; the fixture's colony is filled in if none is named.
    pub(crate) fn poll_like(&self, key: &PrivateKey, mut request: Assign) -> Poll {
        if request.colonyname.is_empty() {
            request.colonyname.clone_from(&self.colony);
        }
        let (call, answer) = self.send(request.seal(key));
        self.settle();
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
        self.submit_like(self.spec(funcname))
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

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.subject.wait(time, self);
    }

    /// A function without limits, for the fixture's executors.
    pub(crate) fn spec(&self, funcname: &str) -> FunctionSpec {
        let mut spec = spec(funcname);
        spec.conditions.colonyname.clone_from(&self.colony);
        spec.conditions.executortype.clone_from(&self.kind);
        spec
    }
}

/// A function without limits, for executors of a fixture with a broker of its own.
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
