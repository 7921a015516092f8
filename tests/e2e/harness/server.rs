//! `webpool serve` over an empty folder, at a free port of 127.0.0.1.

use std::fs::{self, File};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::child::Running;
use super::folder::Folder;
use super::programs;

/// Lines of the server's log that an account of a failure shows.
const TAIL_LINES: usize = 20;

/// A running server. The program ends before its folder is removed.
#[derive(Debug)]
pub(crate) struct Server {
    _program: Running,
    folder: Folder,
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
    pub(crate) async fn start(arguments: &[&str]) -> Result<Self> {
        let folder = Folder::make("data")?;
        let log = File::create(folder.path().join("server.log"))?;
        let mut command = Command::new(programs::webpool());
        command.args(["serve", "--port", "0", "--data"]).arg(folder.path().join("data"));
        if !arguments.contains(&"--dist") {
            command.arg("--dist").arg(programs::dist());
        }
        command.args(arguments).stderr(log);
        let start = move || Running::start(&mut command, "webpool listening on ");
        let (program, url) = tokio::task::spawn_blocking(start).await??;
        let url = url.trim().to_owned();
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("no port in «{url}»"))?;
        Ok(Self { _program: program, folder, url, port })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address, without a trailing slash.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &str {
        self.url.split(':').next().unwrap_or_default()
    }

    /// Runs another command over the same data folder; what it printed.
    ///
    /// # Errors
    ///
    /// If it fails, with what it said.
    pub(crate) async fn command(&self, line: &[&str]) -> Result<String> {
        let mut command = Command::new(programs::webpool());
        command.args(line).arg("--data").arg(self.folder.path().join("data"));
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{line:?}: {said}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The last lines it wrote about itself.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines.len().saturating_sub(TAIL_LINES);
        lines.get(tail..).unwrap_or_default().join("\n")
    }
}
