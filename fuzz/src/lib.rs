//! A broker that is the same at the beginning of every input, and the language inputs are written in.
//!
//! An input is a text, one step a line:
//!
//! - `u submitfuncspecmsg {"spec":…}` a request: who signs, its name, its payload. `s` is the
//!   server's owner, `o` the colony's, `u` a user, `a` and `b` executors, `x` nobody
//! - `~u subscribeprocessmsg {"processid":"$0",…}` the same as a frame over a socket of its own
//! - `+5` the clock goes on by so many seconds
//! - anything else is sent as it stands, unsigned: as a frame behind `~`, else as a request
//!
//! `$0` to `$9` in a payload are the ids of the processes submitted so far, `%0` to `%9` those of the
//! workflows; requests are signed here, so that what the fuzzer changes in a payload gets past the
//! signature.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use webpool_broker::{Answer, Broker, Call, Event, Settings, Subscription};
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    AddColony, AddExecutor, AddUser, ApproveExecutor, RemoveColony, ResumeAssignments,
};
use webpool_colony::types::{Colony, Executor, User};
use webpool_colony::{Envelope, PrivateKey, Request, Timestamp};

/// The colony every input begins with.
const COLONY: &str = "dev";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Begin of the clock, in ns since 1970.
const EPOCH: u64 = 1_800_000_000_000_000_000;

/// The most steps of one input that are looked at.
const MAX_STEPS: usize = 64;

/// One step of an input.
#[derive(Debug)]
pub enum Step<'a> {
    /// A signed request.
    Signed(Signer, &'a str, &'a str),
    /// Bytes as they stand.
    Raw(&'a [u8]),
    /// A signed frame.
    Frame(Signer, &'a str, &'a str),
    /// A frame as it stands.
    RawFrame(&'a [u8]),
    /// Seconds that pass.
    Pass(u64),
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub enum Signer {
    Server,
    Owner,
    User,
    First,
    Second,
    Stranger,
}

/// Reads an input.
pub fn steps(input: &[u8]) -> impl Iterator<Item = Step<'_>> {
    input.split(|byte| *byte == b'\n').take(MAX_STEPS).map(read)
}

fn read(line: &[u8]) -> Step<'_> {
    if let Some(frame) = line.strip_prefix(b"~") {
        return match signed(frame) {
            Some((signer, kind, payload)) => Step::Frame(signer, kind, payload),
            None => Step::RawFrame(frame),
        };
    }
    if let Some((signer, kind, payload)) = signed(line) {
        return Step::Signed(signer, kind, payload);
    }
    pause(line).map_or(Step::Raw(line), Step::Pass)
}

fn pause(line: &[u8]) -> Option<u64> {
    let seconds = str::from_utf8(line.strip_prefix(b"+")?).ok()?;
    seconds.parse().ok().filter(|seconds| *seconds < 1_000_000)
}

fn signed(line: &[u8]) -> Option<(Signer, &str, &str)> {
    let mut words = str::from_utf8(line).ok()?.splitn(3, ' ');
    let signer = match words.next()? {
        "s" => Signer::Server,
        "o" => Signer::Owner,
        "u" => Signer::User,
        "a" => Signer::First,
        "b" => Signer::Second,
        "x" => Signer::Stranger,
        _ => return None,
    };
    Some((signer, words.next()?, words.next()?))
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// Does every step of an input, then looks at what has come over sockets.
///
/// # Panics
///
/// If an answer or a frame does not come, or does not have the form it should.
pub fn run(input: &[u8]) {
    WORLD.with_borrow_mut(|world| {
        world.begin();
        for step in steps(input) {
            world.perform(&step);
        }
        world.check_events();
    });
}

/// A broker with its keys and what it has acknowledged.
pub struct World {
    broker: Broker,
    clock: Arc<AtomicU64>,
    keys: [PrivateKey; 6],
    processes: Vec<String>,
    workflows: Vec<String>,
    subscriptions: Vec<(Subscription, Receiver<Event>)>,
}

impl World {
    /// Opens a broker over a new file, in memory where the system has such a folder.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = parent.join(format!("webpool-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let keys = ["1", "2", "3", "4", "5", "6"]
            .map(|digit| PrivateKey::from_hex(&digit.repeat(64)).expect("a key"));
        let clock = Arc::new(AtomicU64::new(EPOCH));
        let ns = Arc::clone(&clock);
        let now = move || Timestamp::from_unix_ns(ns.fetch_add(1_000, Ordering::Relaxed));
        let settings = Settings::new(folder.join("broker.db"), keys[0].id(), Arc::new(now));
        let broker = Broker::open(settings).expect("a broker");
        Self {
            broker,
            clock,
            keys,
            processes: Vec::new(),
            workflows: Vec::new(),
            subscriptions: Vec::new(),
        }
    }

    /// Puts everything back to the beginning.
    pub fn begin(&mut self) {
        self.processes.clear();
        self.workflows.clear();
        self.subscriptions.clear();
        let [server, owner, user, first, second, _] = &self.keys;
        let colonyname = COLONY.to_owned();
        let colony = Colony { colonyid: owner.id().as_str().to_owned(), name: colonyname.clone() };
        let user = User {
            colonyname: colonyname.clone(),
            userid: user.id(),
            name: "user".to_owned(),
            ..User::default()
        };
        let mut bodies = vec![
            RemoveColony { colonyname: colonyname.clone() }.seal(server),
            AddColony { colony: Some(colony) }.seal(server),
            ResumeAssignments { colonyname: colonyname.clone() }.seal(owner),
            AddUser { user: Some(user) }.seal(owner),
        ];
        for (key, executorname) in [(first, "first"), (second, "second")] {
            let executor = Executor {
                executorid: key.id(),
                executortype: "wasm".to_owned(),
                executorname: executorname.to_owned(),
                colonyname: colonyname.clone(),
                ..Executor::default()
            };
            let (colonyname, executorname) = (colonyname.clone(), executorname.to_owned());
            bodies.push(AddExecutor { executor: Some(executor) }.seal(owner));
            bodies.push(ApproveExecutor { colonyname, executorname }.seal(owner));
        }
        let calls: Vec<_> = bodies.into_iter().map(|body| self.send(body)).collect();
        // Without the first input there is no colony to remove.
        for (_call, answer) in calls.iter().skip(1) {
            let answer = answer.recv_timeout(PATIENCE).expect("an answer");
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    /// Does one step and holds every answer against the form that answers have.
    ///
    /// # Panics
    ///
    /// If an answer has no such form, or does not come.
    pub fn perform(&mut self, step: &Step<'_>) {
        match step {
            Step::Signed(signer, kind, payload) => {
                let answer = self.post(self.envelope(*signer, kind, payload));
                if answer.status == 200 && kind.starts_with("submit") {
                    self.remember(&reply(&answer).payload_bytes());
                }
            }
            Step::Raw(bytes) => drop(self.post(bytes)),
            Step::Frame(signer, kind, payload) => {
                self.subscribe(self.envelope(*signer, kind, payload));
            }
            Step::RawFrame(bytes) => self.subscribe(bytes),
            Step::Pass(seconds) => {
                let ns = seconds.saturating_mul(1_000_000_000);
                self.clock.fetch_add(ns, Ordering::Relaxed);
                self.broker.tick();
            }
        }
    }

    /// Sends a frame over a socket of its own.
    fn subscribe(&mut self, frame: impl AsRef<[u8]>) {
        let (sink, events) = channel();
        let subscription =
            self.broker.subscribe(frame, Box::new(move |event| drop(sink.send(event))));
        self.subscriptions.push((subscription, events));
    }

    /// Holds every frame that has come against the form that frames have.
    ///
    /// # Panics
    ///
    /// If one has no such form, or something comes after the end of a connection.
    pub fn check_events(&self) {
        self.broker.tick();
        for (_, events) in &self.subscriptions {
            let mut is_closed = false;
            for event in events.try_iter() {
                assert!(!is_closed, "{event:?} after the end");
                match event {
                    Event::Frame(frame) => {
                        let frame: ReplyEnvelope =
                            serde_json::from_str(&frame).expect("a frame is an envelope");
                        assert_eq!(frame.error, frame.payloadtype == "error");
                    }
                    Event::Over => {}
                    Event::Close => is_closed = true,
                }
            }
        }
    }

    /// Keeps the ids in the reply to a submission.
    fn remember(&mut self, payload: &[u8]) {
        let reply: Value = serde_json::from_slice(payload).expect("JSON");
        let text = |field: &str| reply.get(field).and_then(Value::as_str).map(str::to_owned);
        self.processes.extend(text("processid"));
        let nodes = reply.get("processids").and_then(Value::as_array).into_iter().flatten();
        self.processes.extend(nodes.filter_map(Value::as_str).map(str::to_owned));
        if reply.get("processids").is_some() {
            self.workflows.extend(text("processgraphid"));
        }
    }

    /// The signed envelope of a payload, its ids filled in.
    pub fn envelope(&self, signer: Signer, kind: &str, payload: &str) -> String {
        let mut payload = payload.to_owned();
        for (mark, ids) in [('$', &self.processes), ('%', &self.workflows)] {
            for (number, id) in ids.iter().take(10).enumerate() {
                payload = payload.replace(&format!("{mark}{number}"), id);
            }
        }
        let key = match signer {
            Signer::Server => 0,
            Signer::Owner => 1,
            Signer::User => 2,
            Signer::First => 3,
            Signer::Second => 4,
            Signer::Stranger => 5,
        };
        Envelope::sign(kind, &payload, &self.keys[key]).to_body()
    }

    /// Sends a body and checks the form of its answer; a long poll is withdrawn.
    fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        let (call, answer) = self.send(body);
        self.broker.tick();
        let open = Answer { status: 0, body: String::new() };
        let Ok(answer) = answer.try_recv() else {
            // Only a poll may be without an answer now; withdrawn, it gets none.
            assert!(format!("{call:?}").contains("is_poll: true"), "no answer");
            return open;
        };
        drop(call);
        let envelope = reply(&answer);
        assert_eq!(envelope.error, answer.status >= 400, "{answer:?}");
        let said = envelope.payload_bytes();
        assert!(!String::from_utf8_lossy(&said).contains("the broker is closed"));
        answer
    }

    fn send(&self, body: impl AsRef<[u8]>) -> (Call, Receiver<Answer>) {
        let (respond, answer) = channel();
        let call = self.broker.call(body, Box::new(move |answer| drop(respond.send(answer))));
        (call, answer)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn reply(answer: &Answer) -> ReplyEnvelope {
    serde_json::from_str(&answer.body).expect("an answer is an envelope")
}
