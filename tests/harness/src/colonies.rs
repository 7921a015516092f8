//! Real ColonyOS servers of a test's own, by the program `webpool-colonies`; and their command line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::identity::Identity;
use crate::programs;

/// What it says before the addresses.
const READY: &str = "colonies listening on ";

/// Running servers. They end, and what they keep is removed, when this is dropped, however this program
/// ends.
#[derive(Debug)]
pub struct Colonies {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    urls: Vec<String>,
}

impl Colonies {
    /// Starts so many servers over one database, with the development colony.
    ///
    /// # Errors
    ///
    /// If a program is missing, or they do not get ready.
    pub fn start(servers: usize) -> Result<Self> {
        let mut command = Command::new(programs::colonies_servers()?);
        command.arg("--program").arg(programs::colonies()?);
        command.args(["--servers", &servers.to_string()]);
        // Ctrl-C is not for it: it ends in order, when its input does.
        let command = command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start webpool-colonies")?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let mut colonies = Self { child, input, output, urls: Vec::new() };
        let said = colonies.listen()?;
        let urls = said.strip_prefix(READY).with_context(|| format!("it said «{said}»"))?;
        colonies.urls = urls.split(',').map(str::to_owned).collect();
        Ok(colonies)
    }

    /// The addresses of the servers.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Kills a server.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn stop(&mut self, number: usize) -> Result<()> {
        self.tell(&format!("stop {number}"))
    }

    /// Starts one that was killed; returns once it answers.
    ///
    /// # Errors
    ///
    /// If it runs, or does not get ready.
    pub fn start_again(&mut self, number: usize) -> Result<()> {
        self.tell(&format!("start {number}"))
    }

    /// Which of them hands out processes.
    ///
    /// # Errors
    ///
    /// If they have not agreed in time.
    pub fn leader(&mut self) -> Result<usize> {
        let said = self.ask("leader")?;
        let number = said.strip_prefix("leader ").and_then(|number| number.parse().ok());
        number.with_context(|| format!("it said «{said}»"))
    }

    fn tell(&mut self, line: &str) -> Result<()> {
        let said = self.ask(line)?;
        ensure!(said == line, "it said «{said}» to «{line}»");
        Ok(())
    }

    fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.input.as_mut().context("no input")?, "{line}")?;
        self.listen()
    }

    fn listen(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("webpool-colonies ended: {}", self.child.wait()?);
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Colonies {
    fn drop(&mut self) {
        drop(self.input.take());
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Runs the `colonies` command line as a user of a colony at the server of an address; what it printed.
///
/// # Errors
///
/// If it fails, with what it said.
pub async fn colonies(url: &str, identity: &Identity, line: &[&str]) -> Result<String> {
    let authority = url.strip_prefix("http://").context("it is not by http")?;
    let (host, port) = authority.rsplit_once(':').context("no port")?;
    let mut command = Command::new(programs::colonies()?);
    command.args(line).arg("--insecure");
    for (name, value) in [
        ("SERVER_HOST", host),
        ("SERVER_PORT", port),
        ("SERVER_TLS", "false"),
        ("TLS", "false"),
        ("COLONY_NAME", &identity.colony),
        ("PRVKEY", &identity.user_key),
    ] {
        command.env(format!("COLONIES_{name}"), value);
    }
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let [said, complained] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    ensure!(output.status.success(), "colonies {line:?}: {said}{complained}");
    Ok(format!("{said}{complained}"))
}
