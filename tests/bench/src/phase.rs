//! Clients that send one kind of request as fast as they are answered.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::Instant;
use webpool_colony::request::{Assign, CloseSuccessful};
use webpool_colony::{Assigned, Json, PrivateKey, Request, reply};

use crate::colony::Colony;
use crate::figures::Sample;

/// A client with a connection of its own.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    api: String,
    /// Its executor's key.
    key: PrivateKey,
    submission: String,
    poll: String,
    /// Processes it was given and has not closed.
    held: Vec<String>,
}

/// What clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Submit the same function again and again.
    Submit,
    /// Take a process, without waiting for one.
    Assign,
    /// End a process that was taken, with its output.
    Close,
}

impl Kind {
    /// In the order in which a process meets them.
    pub(crate) const ALL: [Self; 3] = [Self::Submit, Self::Assign, Self::Close];

    /// As the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Assign => "assign",
            Self::Close => "close",
        }
    }
}

/// When a phase ends, if not before for want of work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// After so long.
    pub(crate) time: Duration,
    /// After so many requests of each client.
    pub(crate) requests: usize,
}

impl Limit {
    /// Until there is nothing left to do.
    pub(crate) const NONE: Self = Self { time: Duration::MAX, requests: usize::MAX };
}

impl Client {
    /// A client that is an executor of the colony and knows its user's submission.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub(crate) async fn join(colony: &Colony) -> Result<Self> {
        let key = colony.add_executor().await?;
        let poll = Assign { colonyname: colony.name.clone(), timeout: -1, ..Assign::default() };
        Ok(Self {
            http: reqwest::Client::new(),
            api: colony.api.clone(),
            poll: poll.seal(&key),
            key,
            submission: colony.submission.clone(),
            held: Vec::new(),
        })
    }

    /// Sends requests one after another; the latency of each.
    async fn run(&mut self, kind: Kind, limit: Limit) -> Result<Vec<Duration>> {
        let begin = Instant::now();
        let mut latencies = Vec::new();
        while begin.elapsed() < limit.time && latencies.len() < limit.requests {
            let body = match kind {
                Kind::Submit => self.submission.clone(),
                Kind::Assign => self.poll.clone(),
                Kind::Close => match self.held.pop() {
                    Some(processid) => {
                        let out = Json::from_strings(&["8"]);
                        CloseSuccessful { processid, out }.seal(&self.key)
                    }
                    None => break,
                },
            };
            let asked = Instant::now();
            let answer = self.http.post(&self.api).body(body).send().await?;
            let status = answer.status().as_u16();
            let answer = answer.bytes().await?;
            let latency = asked.elapsed();
            if kind == Kind::Assign {
                match reply::read_assigned(status, &answer)? {
                    Assigned::Process(process) => self.held.push(process.processid),
                    Assigned::Nothing => break,
                    Assigned::Paused => bail!("the colony is paused"),
                }
            } else {
                ensure!(status == 200, "{}: {}", kind.name(), String::from_utf8_lossy(&answer));
            }
            latencies.push(latency);
        }
        Ok(latencies)
    }
}

/// All clients do one thing at once, each until the limit or until there is nothing left to do.
///
/// # Errors
///
/// The first refusal, or that nothing was there to do.
pub(crate) async fn measure(clients: &mut Vec<Client>, kind: Kind, limit: Limit) -> Result<Sample> {
    let begin = Instant::now();
    let latencies = perform(clients, kind, limit).await?;
    Sample::new(latencies, begin.elapsed())
}

/// The same, unmeasured: the latency of every request.
///
/// # Errors
///
/// The first refusal.
pub(crate) async fn perform(
    clients: &mut Vec<Client>,
    kind: Kind,
    limit: Limit,
) -> Result<Vec<Duration>> {
    let mut tasks = JoinSet::new();
    for mut client in clients.drain(..) {
        tasks.spawn(async move {
            let latencies = client.run(kind, limit).await;
            (client, latencies)
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (client, latencies) = done.context("a client ended")?;
        clients.push(client);
        all.extend(latencies?);
    }
    Ok(all)
}
