//! A colony made for the measurement.

use anyhow::{Context, Result, bail};
use webpool_colony::request::{
    AddColony, AddExecutor, AddUser, ApproveExecutor, RemoveAllProcesses, RemoveColony, Submit,
};
use webpool_colony::types::{Colony as Record, Executor, User};
use webpool_colony::{FunctionSpec, Json, PrivateKey, ProcessState, Request};

use crate::server::Server;

/// The type of its executors.
pub(crate) const TYPE: &str = "bench";

/// A colony with one user.
#[derive(Debug)]
pub(crate) struct Colony {
    /// Its name.
    pub(crate) name: String,
    /// Address of the server's API.
    pub(crate) api: String,
    /// The body of a submission, signed once: all submissions are the same.
    pub(crate) submission: String,
    server_key: PrivateKey,
    owner: PrivateKey,
    http: reqwest::Client,
}

impl Colony {
    /// Makes a colony that nobody else uses.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub(crate) async fn make(server: &Server) -> Result<Self> {
        let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
        let id = owner.id();
        let name = format!("bench-{}", id.as_str().get(..8).context("an id has 64 digits")?);
        let spec = FunctionSpec::new(
            "add",
            &name,
            TYPE,
            Json::from_strings(&["5", "3"]),
            Json::from_text("{}")?,
        );
        let colony = Self {
            api: server.api.clone(),
            submission: Submit { spec: Some(spec) }.seal(&user),
            server_key: PrivateKey::from_hex(&server.owner_key)?,
            owner,
            http: reqwest::Client::new(),
            name: name.clone(),
        };
        let record = Record { colonyid: id.as_str().to_owned(), name: name.clone() };
        colony.ask(&AddColony { colony: Some(record) }, &colony.server_key).await?;
        let user = User {
            colonyname: name,
            userid: user.id(),
            name: "bench".to_owned(),
            ..User::default()
        };
        colony.ask(&AddUser { user: Some(user) }, &colony.owner).await?;
        Ok(colony)
    }

    /// Adds and approves an executor.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub(crate) async fn add_executor(&self) -> Result<PrivateKey> {
        let key = PrivateKey::generate();
        let executor = Executor {
            executorid: key.id(),
            executortype: TYPE.to_owned(),
            executorname: key.id().as_str().to_owned(),
            colonyname: self.name.clone(),
            capabilities: Json::from_text(r#"{"hardware":[],"software":[]}"#)?,
            allocations: Json::from_text(r#"{"projects":{}}"#)?,
            ..Executor::default()
        };
        let executorname = executor.executorname.clone();
        self.ask(&AddExecutor { executor: Some(executor) }, &self.owner).await?;
        let colonyname = self.name.clone();
        self.ask(&ApproveExecutor { colonyname, executorname }, &self.owner).await?;
        Ok(key)
    }

    /// Removes all waiting processes.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub(crate) async fn empty(&self) -> Result<()> {
        let state = ProcessState::Waiting.to_code();
        let request = RemoveAllProcesses { colonyname: self.name.clone(), state };
        self.ask(&request, &self.owner).await
    }

    /// Removes the colony with all it holds.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub(crate) async fn remove(self) -> Result<()> {
        self.ask(&RemoveColony { colonyname: self.name.clone() }, &self.server_key).await
    }

    async fn ask<R: Request>(&self, request: &R, key: &PrivateKey) -> Result<()> {
        let answer = self.http.post(&self.api).body(request.seal(key)).send().await?;
        let status = answer.status().as_u16();
        match R::read(status, &answer.bytes().await?) {
            Ok(_) => Ok(()),
            Err(error) => bail!("{} at {}: {error}", R::TYPE, self.api),
        }
    }
}
