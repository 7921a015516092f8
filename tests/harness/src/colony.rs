//! A client of a colony, the development one if nobody says otherwise.
//!
//! It asks over HTTP with the types of `webpool-colony` and knows no other way to look at
//! the broker. The independent client, written by others, is in the test `seed`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use webpool_colony::request::{GetExecutors, GetFunctions, GetProcess, Submit};
use webpool_colony::types::{Executor, ExecutorState, Function};
use webpool_colony::{FunctionSpec, Json, PrivateKey, Process, ProcessState, Request, Timestamp};

use crate::identity::Identity;
use crate::wait::{Look, until};

/// Name of the development colony.
pub const COLONY: &str = "dev";

/// Type of the executors that browser tabs are.
pub const TYPE: &str = "wasm";

/// Private key of the development user, printed in the documentation of ColonyOS.
pub const USER_KEY: &str = "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05";

/// Private key of the development colony, printed in the documentation of ColonyOS.
pub const COLONY_KEY: &str = "ba949fa134981372d6da62b6a56f336ab4d843b22c02a4257dcf7d0d73097514";

/// Private key of the development server, printed in the documentation of ColonyOS.
pub const SERVER_KEY: &str = "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";

/// How often a process that has ended without output and errors is looked at again.
const EMPTY_LOOKS: u32 = 4;

/// A call of a function by any tab. `args` is the text of a JSON array.
///
/// # Errors
///
/// If it is not JSON.
pub fn call(function: &str, args: &str) -> Result<FunctionSpec> {
    let args = Json::from_text(args).with_context(|| format!("arguments «{args}»"))?;
    let kwargs = Json::from_text("{}")?;
    Ok(FunctionSpec::new(function, COLONY, TYPE, args, kwargs))
}

/// The outputs or errors of a process, one a line.
pub fn text(json: &Json) -> String {
    json.to_texts().join("\n")
}

/// Seconds from one moment to a later one, on the server's clock.
///
/// # Errors
///
/// If one of them is never, or they are the wrong way round.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> Result<f64> {
    let since = |time: Timestamp| time.since_unix().context("this moment is never");
    let elapsed = since(to)?.checked_sub(since(from)?).context("the end is before the start")?;
    Ok(elapsed.as_secs_f64())
}

/// A client.
#[derive(Debug)]
pub struct Colony {
    http: reqwest::Client,
    api: String,
    identity: Identity,
}

impl Colony {
    /// A client of the server at an address without trailing slash, in the development colony.
    ///
    /// # Errors
    ///
    /// If there is no client to be had.
    pub fn new(url: &str) -> Result<Self> {
        Self::of(url, Identity::development(TYPE))
    }

    /// The same in any colony.
    ///
    /// # Errors
    ///
    /// If there is no client to be had.
    pub fn of(url: &str, identity: Identity) -> Result<Self> {
        // A server of a test has a certificate that nobody issued.
        let http = reqwest::Client::builder().danger_accept_invalid_certs(true).build()?;
        Ok(Self { http, api: format!("{url}/api"), identity })
    }

    /// Whose colony it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Sends a request as the colony's user.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn ask<R: Request>(&self, request: &R) -> Result<R::Reply> {
        self.ask_as(&self.identity.user_key, request).await
    }

    /// Sends a request as who has this key.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn ask_as<R: Request>(&self, key: &str, request: &R) -> Result<R::Reply> {
        let body = request.seal(&PrivateKey::from_hex(key)?);
        let answer = self.http.post(&self.api).body(body).send().await?;
        let status = answer.status().as_u16();
        Ok(R::read(status, &answer.bytes().await?)?)
    }

    /// Submits a call and returns the process as it was accepted. One for the development colony's tabs
    /// is for this colony's.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn submit(&self, mut spec: FunctionSpec) -> Result<Process> {
        self.identity.take_over(&mut spec);
        self.ask(&Submit { spec: Some(spec) }).await
    }

    /// Reads a process.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn process(&self, id: &str) -> Result<Process> {
        self.ask(&GetProcess { processid: id.to_owned() }).await
    }

    /// Waits until a process is in a state.
    ///
    /// # Errors
    ///
    /// If it is not in time.
    pub async fn wait(&self, id: &str, wanted: ProcessState, within: Duration) -> Result<Process> {
        until(&format!("process {wanted:?}"), within, async || {
            let process = self.process(id).await?;
            let seen = format!("{:?}, out {:?}", process.state(), process.output);
            Ok(Look::at(Some(process).filter(|process| process.state() == Some(wanted)), seen))
        })
        .await
    }

    /// Waits until nothing more will happen to a process. A ColonyOS server says that it has ended a
    /// moment before it has stored what came out: one without output and errors is looked at again.
    ///
    /// # Errors
    ///
    /// If that takes longer.
    pub async fn wait_final(&self, id: &str, within: Duration) -> Result<Process> {
        let mut empty_looks = 0;
        until("process final", within, async || {
            let process = self.process(id).await?;
            let seen = format!("{:?}", process.state());
            let is_final = process.state().is_some_and(ProcessState::is_final);
            let is_empty = [&process.output, &process.errors].map(text).concat().is_empty();
            empty_looks += u32::from(is_final && is_empty);
            let is_stored = !is_empty || empty_looks > EMPTY_LOOKS;
            Ok(Look::at(Some(process).filter(|_| is_final && is_stored), seen))
        })
        .await
    }

    /// Submits so many additions, as `spec` makes them of their arguments; how long after the last
    /// submission the last result was there, in s on the server's clock.
    ///
    /// # Errors
    ///
    /// If one does not come to its result in time.
    pub async fn burst(
        &self,
        calls: u32,
        spec: impl Fn(&str) -> Result<FunctionSpec>,
    ) -> Result<f64> {
        let (mut submitted, mut last) = (Vec::new(), Timestamp::NEVER);
        for number in 0..calls {
            let process = self.submit(spec(&format!("[{number}, 1]"))?).await?;
            submitted.push((number, process.processid));
            last = process.submissiontime;
        }
        let mut end = Timestamp::NEVER;
        for (number, id) in submitted {
            let process = self.wait_final(&id, Duration::from_secs(20)).await?;
            ensure!(text(&process.output) == (number + 1).to_string(), "{:?}", process.errors);
            end = end.max(process.endtime);
        }
        if end < last { Ok(0.0) } else { seconds_between(last, end) }
    }

    /// Submits a call and waits for its end.
    ///
    /// # Errors
    ///
    /// If it has none within 20 s.
    pub async fn run(&self, spec: FunctionSpec) -> Result<Process> {
        let process = self.submit(spec).await?;
        self.wait_final(&process.processid, Duration::from_secs(20)).await
    }

    /// Submits a call, waits for its success and returns its output.
    ///
    /// # Errors
    ///
    /// If it does not succeed, with its errors.
    pub async fn output(&self, function: &str, args: &str) -> Result<String> {
        let process = self.run(call(function, args)?).await?;
        let errors = text(&process.errors);
        ensure!(
            process.state() == Some(ProcessState::Success),
            "{function}{args} is {:?}: {errors}",
            process.state()
        );
        Ok(text(&process.output))
    }

    /// All executors, also those that have left.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn executors(&self) -> Result<Vec<Executor>> {
        let request = GetExecutors { colonyname: self.identity.colony.clone() };
        Ok(self.ask(&request).await?.unwrap_or_default())
    }

    /// The executors that may work.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn approved(&self) -> Result<Vec<Executor>> {
        let mut executors = self.executors().await?;
        executors.retain(|executor| executor.state == ExecutorState::Approved.to_code());
        Ok(executors)
    }

    /// How many executors may work or are pending.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn registered(&self) -> Result<usize> {
        let registered =
            [ExecutorState::Approved, ExecutorState::Pending].map(ExecutorState::to_code);
        let executors = self.executors().await?;
        Ok(executors.iter().filter(|executor| registered.contains(&executor.state)).count())
    }

    /// Waits until so many executors may work, and none is pending.
    ///
    /// # Errors
    ///
    /// If that takes longer.
    pub async fn wait_approved(&self, count: usize, within: Duration) -> Result<()> {
        until(&format!("{count} approved executors at the broker"), within, async || {
            let executors = self.executors().await?;
            let count_of = |state: ExecutorState| {
                executors.iter().filter(|executor| executor.state == state.to_code()).count()
            };
            let seen = (count_of(ExecutorState::Approved), count_of(ExecutorState::Pending));
            Ok(Look::is(&seen, &(count, 0)))
        })
        .await
    }

    /// The functions an executor has registered.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn functions(&self, executor: &str) -> Result<Vec<Function>> {
        let (colonyname, executorname) = (self.identity.colony.clone(), executor.to_owned());
        Ok(self.ask(&GetFunctions { colonyname, executorname }).await?.unwrap_or_default())
    }
}
