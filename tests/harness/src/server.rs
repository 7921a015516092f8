//! `webpool serve` over an empty folder, at a free port of 127.0.0.1.

use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::child::Running;
use crate::folder::Folder;
use crate::programs;

/// Lines of the server's log that an account of a failure shows.
const TAIL_LINES: usize = 20;

/// A variable of its environment; without a value it is not set.
pub(crate) type Variable = (&'static str, Option<String>);

/// A running server. The program ends before its folder is removed.
#[derive(Debug)]
pub struct Server {
    program: RefCell<Option<Running>>,
    folder: Folder,
    arguments: Vec<String>,
    variables: Vec<Variable>,
    /// Without a trailing slash.
    url: String,
    port: u16,
}

impl Server {
    /// Starts a server with the embedded broker and these further arguments.
    ///
    /// # Errors
    ///
    /// If it does not say its address in time.
    pub async fn start(arguments: &[&str]) -> Result<Self> {
        Self::start_with(arguments, Vec::new()).await
    }

    /// The same with these further variables.
    pub(crate) async fn start_with(arguments: &[&str], variables: Vec<Variable>) -> Result<Self> {
        let folder = Folder::make("data")?;
        let arguments: Vec<String> =
            arguments.iter().map(|&argument| argument.to_owned()).collect();
        let (program, url) = launch(&folder, &arguments, &variables, 0).await?;
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("no port in «{url}»"))?;
        let program = RefCell::new(Some(program));
        Ok(Self { program, folder, arguments, variables, url, port })
    }

    /// Kills the program, which has no chance to say anything.
    pub fn stop(&self) {
        drop(self.program.take());
    }

    /// Kills it, and starts it again.
    ///
    /// # Errors
    ///
    /// If it does not say its address in time.
    pub async fn restart(&self) -> Result<()> {
        self.stop();
        self.start_again().await
    }

    /// Starts the program again over the same folder, at the same port.
    ///
    /// # Errors
    ///
    /// If it does not say its address in time.
    pub async fn start_again(&self) -> Result<()> {
        let Self { folder, arguments, variables, port, .. } = self;
        let (program, url) = launch(folder, arguments, variables, *port).await?;
        self.program.replace(Some(program));
        ensure!(url == self.url, "it is at {url} now");
        Ok(())
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        self.url.split(':').next().unwrap_or_default()
    }

    /// Runs another command over the same data folder; what it printed.
    ///
    /// # Errors
    ///
    /// If it fails, with what it said.
    pub async fn command(&self, line: &[&str]) -> Result<String> {
        let mut command = Command::new(programs::webpool());
        command
            .envs(self.variables.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
        command.args(line).arg("--data").arg(data(&self.folder));
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{line:?}: {said}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The last lines it wrote about itself.
    pub fn log_tail(&self) -> String {
        let log = fs::read_to_string(log(&self.folder)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines.len().saturating_sub(TAIL_LINES);
        lines.get(tail..).unwrap_or_default().join("\n")
    }
}

/// Starts the program; its address without a trailing slash.
async fn launch(
    folder: &Folder,
    arguments: &[String],
    variables: &[Variable],
    port: u16,
) -> Result<(Running, String)> {
    let log = OpenOptions::new().create(true).append(true).open(log(folder))?;
    let mut command = Command::new(programs::webpool());
    command.args(["serve", "--port", &port.to_string(), "--data"]).arg(data(folder));
    if !arguments.iter().any(|argument| argument == "--dist") {
        command.arg("--dist").arg(programs::dist());
    }
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(arguments).stderr(log);
    let start = move || Running::start(&mut command, "webpool listening on ");
    let (program, url) = tokio::task::spawn_blocking(start).await??;
    Ok((program, url.trim().to_owned()))
}

fn data(folder: &Folder) -> PathBuf {
    folder.path().join("data")
}

fn log(folder: &Folder) -> PathBuf {
    folder.path().join("server.log")
}
