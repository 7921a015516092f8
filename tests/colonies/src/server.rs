//! One ColonyOS server, perhaps of a cluster.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use webpool_colony::PrivateKey;
use webpool_harness::{COLONY, COLONY_KEY, SERVER_KEY, USER_KEY};

use crate::postgres;
use crate::running::{Running, run};

/// How long a server may take to answer: one of a cluster waits for the others.
const READY: Duration = Duration::from_mins(1);

/// The ports of one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) api: u16,
    pub(crate) relay: u16,
    /// Of the etcd that it has inside: for clients, and for its peers.
    pub(crate) etcd: u16,
    pub(crate) peers: u16,
}

/// How it is started.
#[derive(Debug)]
pub(crate) struct Server {
    /// The Go program.
    pub(crate) program: PathBuf,
    /// What it keeps.
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) ports: Ports,
    /// The port of the database.
    pub(crate) database: u16,
    /// All servers, as each of them is told: `name=host:peers:relay:api`.
    pub(crate) cluster: String,
}

impl Server {
    /// Makes the tables of all servers.
    ///
    /// # Errors
    ///
    /// What the program says.
    pub(crate) async fn make_tables(&self) -> Result<()> {
        run(self.command().args(["database", "create"]), "colonies database create").await.map(drop)
    }

    /// Starts it, which is not yet ready.
    ///
    /// # Errors
    ///
    /// If there is no such program.
    pub(crate) fn start(&self) -> Result<Running> {
        let Ports { api, relay, etcd, peers } = self.ports;
        let mut command = self.command();
        command.args(["server", "start", "--insecure", "--etcdhost", "localhost"]);
        command.args(["--etcdname", &self.name, "--initial-cluster", &self.cluster]);
        for (option, port) in [
            ("--port", api),
            ("--relayport", relay),
            ("--etcdclientport", etcd),
            ("--etcdpeerport", peers),
        ] {
            command.args([option, &port.to_string()]);
        }
        command.arg("--etcddatadir").arg(self.folder.join("etcd"));
        Running::start(&mut command, "colonies", &self.folder.join("log"))
    }

    /// Waits until one that was started answers.
    ///
    /// # Errors
    ///
    /// If it ends, or does not in time, with the end of its log.
    pub(crate) async fn wait_ready(&self, running: &mut Running) -> Result<()> {
        let ready = running.wait_ready(READY, async || self.is_healthy().await.unwrap_or(false));
        ready.await.with_context(|| {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(5).collect();
            format!("{}, the last first: {}", self.name, last.join("\n"))
        })
    }

    async fn is_healthy(&self) -> Result<bool> {
        let mut stream = TcpStream::connect(("localhost", self.ports.api)).await?;
        stream.write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.split_whitespace().nth(1) == Some("200"))
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.ports.api)
    }

    /// Asks it who hands out processes: the name of that server.
    ///
    /// # Errors
    ///
    /// What the program says.
    pub(crate) async fn ask_leader(&self) -> Result<String> {
        let said =
            run(self.command().args(["cluster", "info", "--insecure"]), "cluster info").await?;
        leader(&said).with_context(|| format!("no leader: {said}"))
    }

    /// The program, told where server and database are. Without a time zone it would look for its
    /// database for ever.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let (database, api) = (self.database.to_string(), self.ports.api.to_string());
        let id = |key: &str| PrivateKey::from_hex(key).map(|key| key.id().as_str().to_owned());
        command.current_dir(&self.folder).env("TZ", "Europe/Stockholm");
        for (name, value) in [
            ("SERVER_HOST", "localhost"),
            ("SERVER_PORT", &api),
            ("SERVER_TLS", "false"),
            ("TLS", "false"),
            ("SERVER_ID", &id(SERVER_KEY).unwrap_or_default()),
            ("SERVER_PRVKEY", SERVER_KEY),
            ("COLONY_NAME", COLONY),
            ("COLONY_PRVKEY", COLONY_KEY),
            ("PRVKEY", USER_KEY),
            ("DB_HOST", "localhost"),
            ("DB_PORT", &database),
            ("DB_USER", postgres::USER),
            ("DB_PASSWORD", "dev"),
            ("DB_TIMESCALEDB", "false"),
            ("ALLOW_EXECUTOR_REREGISTER", "true"),
            ("EXCLUSIVE_ASSIGN", "true"),
            ("CRON_CHECKER_PERIOD", "1000"),
            ("GENERATOR_CHECKER_PERIOD", "1000"),
            ("RETENTION", "false"),
            ("RETENTION_POLICY", "604800"),
            ("RETENTION_PERIOD", "60000"),
            ("VERBOSE", "false"),
        ] {
            command.env(format!("COLONIES_{name}"), value);
        }
        command
    }
}

/// Reads the leader out of the table that `colonies cluster info` prints: name first, leader last.
fn leader(said: &str) -> Option<String> {
    said.lines().find_map(|line| {
        let mut cells = line.split('│').map(str::trim).filter(|cell| !cell.is_empty());
        let (name, last) = (cells.next()?, cells.next_back()?);
        (last == "True").then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leader_is_read() {
        let table = "╭─────────┬─────────┬────────╮\n│ NAME    │ APIPORT │ LEADER │\n\
                     ├─────────┼─────────┼────────┤\n│ server2 │ 38925   │ False  │\n\
                     │ server0 │ 32927   │ True   │\n╰─────────┴─────────┴────────╯\n";
        assert_eq!(leader(table).as_deref(), Some("server0"));
        assert_eq!(leader("no servers"), None);
    }
}
