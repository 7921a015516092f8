//! Nothing acknowledged is ever lost: the server is killed with SIGKILL under load, again and again,
//! over one data folder. After each start every submission, assignment and close that was answered
//! is there, each process with one holder and in the right state.
//!
//! `WEBPOOL_KILLS` is how often (20), `WEBPOOL_SEED` repeats a run's moments.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use tokio::task::JoinSet;
use webpool_colony::request::{Assign, CloseSuccessful, GetProcess, Submit};
use webpool_colony::{Error, FunctionSpec, Id, Json, PrivateKey, Process, ProcessState, Request};

use crate::broker::join;
use crate::support::{Folder, Server, USER_KEY, http};

/// How many submit at the same time, and how many work.
const CLIENTS: usize = 4;

/// How many requests are checked at the same time.
const READERS: usize = 8;

/// A server is killed after 1 to so many answers.
const ANSWERS: u64 = 80;

/// What is known of a process from what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It was submitted.
    Submitted,
    /// It was given to this executor.
    Given(Id),
    /// This executor has closed it.
    Closed(Id),
}

/// What was answered so far, and when the server dies.
#[derive(Debug, Default)]
struct Ledger {
    fates: BTreeMap<String, Fate>,
    /// So many answers until the server is killed.
    left: u64,
}

#[derive(Debug, Default)]
struct Load {
    ledger: Mutex<Ledger>,
    is_time: Notify,
}

impl Load {
    /// Changes what is known, after an answer.
    fn note(&self, change: impl FnOnce(&mut BTreeMap<String, Fate>)) {
        let mut ledger = self.ledger.lock().unwrap();
        change(&mut ledger.fates);
        ledger.left = ledger.left.saturating_sub(1);
        if ledger.left == 0 {
            self.is_time.notify_one();
        }
    }

    fn submitted(&self, id: String) {
        // An executor may have heard of it first.
        self.note(|fates| {
            fates.entry(id).or_insert(Fate::Submitted);
        });
    }

    fn given(&self, id: &str, executor: &Id) {
        self.note(|fates| {
            let before = fates.insert(id.to_owned(), Fate::Given(executor.clone()));
            assert!(matches!(before, None | Some(Fate::Submitted)), "{id} given twice: {before:?}");
        });
    }

    fn closed(&self, id: &str, executor: &Id) {
        let closed = Fate::Closed(executor.clone());
        self.note(|fates| drop(fates.insert(id.to_owned(), closed)));
    }

    /// What an executor was given and has not closed, as far as it knows.
    fn held_by(&self, executor: &Id) -> Vec<String> {
        let ledger = self.ledger.lock().unwrap();
        let fates = ledger.fates.iter();
        let held = fates.filter(|(_, fate)| **fate == Fate::Given(executor.clone()));
        held.map(|(id, _)| id.clone()).collect()
    }
}

/// A connection to a server that will die.
struct Line {
    http: reqwest::Client,
    url: String,
    key: PrivateKey,
}

impl Line {
    fn new(server: &Server, key: &str) -> Self {
        let key = PrivateKey::from_hex(key).unwrap();
        Self { http: http(), url: format!("{}/api", server.url), key }
    }

    /// The answer to a request; none if the server died first.
    async fn ask<R: Request + Sync>(&self, request: &R) -> Option<Result<R::Reply, Error>> {
        let body = request.seal(&self.key);
        let response = self.http.post(&self.url).body(body).send().await.ok()?;
        let status = response.status().as_u16();
        Some(R::read(status, &response.bytes().await.ok()?))
    }
}

/// Submits until the server dies.
async fn submit(line: Line, load: Arc<Load>) {
    let args = Json::from_strings(&["5", "3"]);
    let kwargs = Json::from_text("{}").unwrap();
    let spec = FunctionSpec::new("add", "dev", "wasm", args, kwargs);
    let request = Submit { spec: Some(spec) };
    while let Some(process) = line.ask(&request).await {
        load.submitted(process.unwrap().processid);
    }
}

/// Closes what it holds, then takes and closes more, until the server dies.
async fn work(line: Line, load: Arc<Load>) {
    let executor = line.key.id();
    let request = Assign { colonyname: "dev".to_owned(), timeout: 20, ..Assign::default() };
    let mut held = load.held_by(&executor);
    loop {
        for id in held.drain(..) {
            let request = CloseSuccessful { processid: id.clone(), out: output(&id) };
            match line.ask(&request).await {
                Some(closed) => load.closed(&id, closed.map(|_| &executor).unwrap()),
                None => return,
            }
        }
        match line.ask(&request).await {
            Some(Ok(process)) => {
                load.given(&process.processid, &executor);
                held.push(process.processid);
            }
            Some(Err(Error::Refused { status: 404, .. })) => {}
            Some(Err(error)) => panic!("{error}"),
            None => return,
        }
    }
}

fn output(id: &str) -> Json {
    Json::from_strings(&[&format!("the output of {id}")])
}

/// Loads the server and kills it when its time has come.
async fn load_and_kill(server: Server, executors: &[String], load: &Arc<Load>) {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(submit(Line::new(&server, USER_KEY), Arc::clone(load)));
    }
    for executor in executors {
        clients.spawn(work(Line::new(&server, executor), Arc::clone(load)));
    }
    load.is_time.notified().await;
    // Dropping it sends SIGKILL.
    drop(server);
    // Each client ends with a request that was not answered.
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

/// Reads every process that was answered about since `known` was noted.
async fn check(server: &Server, load: &Load, known: &mut BTreeMap<String, Fate>) {
    let fates = load.ledger.lock().unwrap().fates.clone();
    let news = fates.iter().filter(|(id, fate)| known.get(*id) != Some(fate));
    let news: Vec<_> = news.map(|(id, fate)| (id.clone(), fate.clone())).collect();
    let mut readers = JoinSet::new();
    for part in news.chunks(news.len().div_ceil(READERS).max(1)) {
        readers.spawn(check_part(Line::new(server, USER_KEY), part.to_vec()));
    }
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
    *known = fates;
}

async fn check_part(line: Line, part: Vec<(String, Fate)>) {
    for (id, fate) in part {
        let read = line.ask(&GetProcess { processid: id.clone() }).await.unwrap();
        let process = read.unwrap_or_else(|error| panic!("{id}, {fate:?}, is lost: {error}"));
        let (state, held) = (process.state(), process.assignedexecutorid.clone());
        let is_right = match &fate {
            // Somebody may have got it whose answer was lost.
            Fate::Submitted => match state {
                Some(ProcessState::Waiting) => held.as_str().is_empty(),
                state => state == Some(ProcessState::Running) && !held.as_str().is_empty(),
            },
            // Its holder may have closed it without an answer.
            Fate::Given(executor) => {
                let is_running = state == Some(ProcessState::Running);
                held == *executor && (is_running || is_closed(&process))
            }
            Fate::Closed(executor) => held == *executor && is_closed(&process),
        };
        assert!(is_right, "{id}: {fate:?} was answered, but it is {state:?}, held by {held:?}");
    }
}

fn is_closed(process: &Process) -> bool {
    let is_complete = process.output.as_str() == output(&process.processid).as_str();
    process.state() == Some(ProcessState::Success) && is_complete
}

fn number(name: &str, otherwise: impl FnOnce() -> u64) -> u64 {
    std::env::var(name).map_or_else(|_| otherwise(), |text| text.parse().unwrap())
}

/// A number that follows from the seed and the round.
fn scatter(seed: u64, round: u64) -> u64 {
    let mixed =
        (seed ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the seed repeats a run that has failed")]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let kills = number("WEBPOOL_KILLS", || 20);
    let seed = number("WEBPOOL_SEED", || RandomState::new().build_hasher().finish());
    println!("{kills} kills, WEBPOOL_SEED={seed}");
    let (folder, load) = (Arc::new(Folder::new()), Arc::new(Load::default()));
    let (mut executors, mut known) = (Vec::new(), BTreeMap::new());
    let mut server = Server::start_in(Arc::clone(&folder), &[]);
    for number in 0..CLIENTS {
        executors.push(join(&server, &format!("e{number}")).await);
    }
    for round in 0..kills {
        load.ledger.lock().unwrap().left = 1 + scatter(seed, round) % ANSWERS;
        load_and_kill(server, &executors, &load).await;
        server = Server::start_in(Arc::clone(&folder), &[]);
        check(&server, &load, &mut known).await;
    }
    check(&server, &load, &mut BTreeMap::new()).await;
    let closed = known.values().filter(|fate| matches!(fate, Fate::Closed(_))).count();
    println!("{} processes were acknowledged, {closed} of them closed: none is lost", known.len());
    assert!(closed > 0, "there was no load");
}
