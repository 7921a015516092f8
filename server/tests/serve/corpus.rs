//! Everything that was ever said to a broker, over the program's own sockets: the seeds of the fuzz
//! targets (`fuzz/src/lib.rs` has their language) and the exchanges recorded with a real server. Every
//! request is answered in the form that answers have, every frame leaves a connection that answers
//! pings or is dropped, and afterwards the server works as before.
//!
//! Ids of the record are sent as they stand; time passes as it does.

use std::fs;
use std::path::{Path, PathBuf};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    AddColony, AddExecutor, AddUser, ApproveExecutor, Assign, GetProcess, RemoveColony,
};
use webpool_colony::types::{Colony, Executor, User};
use webpool_colony::{Envelope, PrivateKey, ProcessState, Request as _};

use crate::broker::{PATIENCE, assign, close, submit};
use crate::support::{OWNER_KEY, SERVER_KEY, Server, USER_KEY, http};

/// One thing to say.
struct Step {
    /// As a frame over a socket of its own, else as a request.
    is_frame: bool,
    /// Who signs, with a letter of the seeds, and what kind it is of; none if it stands as it is.
    signed: Option<(char, String)>,
    said: Vec<u8>,
}

#[tokio::test]
async fn whatever_is_said_is_answered_and_the_server_lives_on() {
    let mut world = World::new();
    let files = [seeds("requests"), seeds("frames"), records()].concat();
    for file in &files {
        world.begin().await;
        let text = fs::read(file).unwrap();
        let is_record = file.extension().is_some_and(|extension| extension == "jsonl");
        let steps = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for step in steps.filter_map(if is_record { recorded } else { seed }) {
            world.perform(step).await;
        }
    }
    assert!(files.len() > 80 && world.count > 1400, "{} of {}", world.count, files.len());
    while let Some(poll) = world.polls.join_next().await {
        poll.unwrap();
    }
    world.begin().await;
    let id = submit(&world.server).await.processid;
    let executor = world.keys[3].to_hex();
    assert_eq!(world.server.call(&assign(15), executor).await.unwrap().processid, id);
    world.server.call(&close(&id), executor).await.unwrap();
    let process = world.server.call(&GetProcess { processid: id }, USER_KEY).await.unwrap();
    assert_eq!(process.state(), Some(ProcessState::Success));
    assert_eq!(world.server.terminate(), Some(0));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    files
}

fn seeds(target: &str) -> Vec<PathBuf> {
    files(&root().join("fuzz/seeds").join(target))
}

fn records() -> Vec<PathBuf> {
    let mut files = files(&root().join("crates/broker/tests/data"));
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files
}

/// A line of a seed; none if time is to pass.
fn seed(line: &[u8]) -> Option<Step> {
    let (is_frame, line) = line.strip_prefix(b"~").map_or((false, line), |line| (true, line));
    let words = str::from_utf8(line).ok().map(|line| line.splitn(3, ' ').collect::<Vec<_>>());
    let is_pause = line.starts_with(b"+");
    let step = match words.as_deref() {
        Some([who, kind, payload]) if "soabux".contains(*who) => {
            let signed = who.chars().next().map(|who| (who, (*kind).to_owned()));
            Step { is_frame, signed, said: payload.as_bytes().to_vec() }
        }
        _ => Step { is_frame, signed: None, said: line.to_vec() },
    };
    (!is_pause).then_some(step)
}

/// A line of the record; none if time is to pass.
fn recorded(line: &[u8]) -> Option<Step> {
    let line: Value = serde_json::from_slice(line).unwrap();
    let is_frame = line.get("frames").is_some();
    if let Some(body) = line["body"].as_str() {
        return Some(Step { is_frame, signed: None, said: body.as_bytes().to_vec() });
    }
    let who = match line["signer"].as_str()? {
        "server owner" => 's',
        "colony owner" => 'o',
        "user" | "user+executor" => 'u',
        "executor" => 'a',
        _ => 'x',
    };
    let signed = Some((who, line["payloadtype"].as_str().unwrap().to_owned()));
    Some(Step { is_frame, signed, said: line["payload"].to_string().into_bytes() })
}

/// A server, those who talk to it, and what they have submitted.
struct World {
    server: Server,
    client: reqwest::Client,
    /// Of server, colony, user, two executors, a stranger.
    keys: [PrivateKey; 6],
    processes: Vec<String>,
    workflows: Vec<String>,
    /// Requests that may wait for their answer.
    polls: JoinSet<()>,
    count: usize,
}

impl World {
    fn new() -> Self {
        let known = [SERVER_KEY, OWNER_KEY, USER_KEY].map(|key| PrivateKey::from_hex(key).unwrap());
        let [server, colony, user] = known;
        let [first, second, stranger] = [(); 3].map(|()| PrivateKey::generate());
        Self {
            server: Server::start(&[]),
            client: http(),
            keys: [server, colony, user, first, second, stranger],
            processes: Vec::new(),
            workflows: Vec::new(),
            polls: JoinSet::new(),
            count: 0,
        }
    }

    /// Puts the colony back to the beginning.
    async fn begin(&mut self) {
        self.processes.clear();
        self.workflows.clear();
        let colonyname = || "dev".to_owned();
        let [_, owner, user, first, second, _] = &self.keys;
        let colony = Colony { colonyid: owner.id().as_str().to_owned(), name: colonyname() };
        let userid = user.id();
        let user = User { colonyname: colonyname(), userid, name: colonyname(), ..User::default() };
        let remove = RemoveColony { colonyname: colonyname() };
        if let Err(error) = self.server.call(&remove, SERVER_KEY).await {
            assert!(error.to_string().contains("not found"), "{error}");
        }
        self.server.call(&AddColony { colony: Some(colony) }, SERVER_KEY).await.unwrap();
        self.server.call(&AddUser { user: Some(user) }, OWNER_KEY).await.unwrap();
        for (key, executorname) in [(first, "first"), (second, "second")] {
            let executor = Executor {
                executorid: key.id(),
                executortype: "wasm".to_owned(),
                executorname: executorname.to_owned(),
                colonyname: colonyname(),
                ..Executor::default()
            };
            self.server.call(&AddExecutor { executor: Some(executor) }, OWNER_KEY).await.unwrap();
            let (colonyname, executorname) = (colonyname(), executorname.to_owned());
            let approve = ApproveExecutor { colonyname, executorname };
            self.server.call(&approve, OWNER_KEY).await.unwrap();
        }
    }

    async fn perform(&mut self, step: Step) {
        self.count += 1;
        let Step { is_frame, signed, said } = step;
        let kind = signed.as_ref().map(|(_, kind)| kind.clone()).unwrap_or_default();
        let said = match signed {
            Some((signer, kind)) => self.sign(signer, &kind, &said).into_bytes(),
            None => said,
        };
        if is_frame {
            self.frame(said).await;
            return;
        }
        let request = self.client.post(format!("{}/api", self.server.url)).body(said.clone());
        let answer = async move { answer(request, &said).await };
        if kind == Assign::TYPE {
            self.polls.spawn(async move { drop(answer.await) });
        } else if let Some(reply) = answer.await
            && kind.starts_with("submit")
        {
            self.remember(&reply);
        }
    }

    /// The signed envelope of a payload, its ids filled in.
    fn sign(&self, signer: char, kind: &str, payload: &[u8]) -> String {
        let mut payload = String::from_utf8_lossy(payload).into_owned();
        for (mark, ids) in [('$', &self.processes), ('%', &self.workflows)] {
            for (number, id) in ids.iter().take(10).enumerate() {
                payload = payload.replace(&format!("{mark}{number}"), id);
            }
        }
        let key = "souabx".find(signer).unwrap();
        Envelope::sign(kind, &payload, &self.keys[key]).to_body()
    }

    fn remember(&mut self, reply: &Value) {
        let text = |field: &str| reply[field].as_str().map(str::to_owned);
        self.processes.extend(text("processid"));
        if let Some(nodes) = reply["processids"].as_array() {
            self.processes.extend(nodes.iter().filter_map(|node| node.as_str().map(str::to_owned)));
            self.workflows.extend(text("processgraphid"));
        }
    }

    /// Sends a frame over a socket of its own, then pings until that is answered, or nobody is there.
    async fn frame(&self, frame: Vec<u8>) {
        let url = format!("ws{}/pubsub", &self.server.url[4..]);
        let (mut socket, _) = connect_async(url).await.unwrap();
        let said = String::from_utf8_lossy(&frame).into_owned();
        let frame = String::from_utf8(frame)
            .map_or_else(|error| Message::binary(error.into_bytes()), Message::text);
        socket.send(frame).await.unwrap();
        socket.send(Message::Ping("still there?".into())).await.ok();
        while let Some(Ok(message)) =
            tokio::time::timeout(PATIENCE, socket.next()).await.expect("a word, or the end")
        {
            if message.is_pong() {
                return;
            }
            let reply: ReplyEnvelope = serde_json::from_slice(&message.into_data()).unwrap();
            assert_eq!(reply.error, reply.payloadtype == "error", "{said}");
        }
    }
}

/// The answer's payload, unless it is a refusal.
async fn answer(request: reqwest::RequestBuilder, said: &[u8]) -> Option<Value> {
    let said = String::from_utf8_lossy(said);
    let response = tokio::time::timeout(PATIENCE, request.send()).await.expect("an answer");
    let response = response.unwrap_or_else(|error| panic!("{error} to {said}"));
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    let reply: ReplyEnvelope = serde_json::from_slice(&body).expect("an answer is an envelope");
    assert_eq!(reply.error, status >= 400, "{status} to {said}");
    (!reply.error).then(|| serde_json::from_slice(&reply.payload_bytes()).unwrap_or_default())
}
