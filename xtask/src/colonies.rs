//! Real ColonyOS servers: the Go program, compiled once as `tests/colonies/go.mod` pins it, over a
//! PostgreSQL of their own. `tests/colonies` starts and ends them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::packages::{distribution, install, install_newer, version};
use crate::repo::{Repo, capture, program, run};

/// The oldest Go that compiles the server.
const GO: (u32, u32) = (1, 24);

/// The Go module of the pin, and what it makes a program of.
const MODULE: &str = "tests/colonies";
const PACKAGE: &str = "github.com/colonyos/colonies/cmd";

/// Where Debian keeps the programs of PostgreSQL.
const POSTGRES: &str = "/usr/lib/postgresql";

/// What our program says before the addresses.
const READY: &str = "colonies listening on ";

/// The programs that servers need.
#[derive(Debug, Clone)]
pub(crate) struct Colonies {
    /// The Go program: the server, and its command line.
    pub(crate) program: PathBuf,
    /// Ours, which runs servers of it.
    pub(crate) servers: PathBuf,
    /// Of the Go program, as it is pinned.
    pub(crate) version: String,
}

impl Colonies {
    /// Finds or builds all of it; `servers` is our program.
    ///
    /// # Errors
    ///
    /// When Go or PostgreSQL are missing; the sentence says what to install.
    pub(crate) fn build(repo: &Repo, servers: PathBuf) -> Result<Self> {
        find_postgres()?;
        let go = go()?;
        let path = repo.target()?.join("tools").join("colonies");
        let mut build = Command::new(go);
        build.current_dir(repo.root.join(MODULE)).args(["build", "-buildvcs=false", "-o"]);
        run(build.arg(&path).arg(PACKAGE))?;
        let pins = repo.read(&format!("{MODULE}/go.mod"))?;
        let pin =
            pins.lines().find_map(|line| line.trim().strip_prefix("github.com/colonyos/colonies "));
        let version = pin.and_then(|pin| pin.split_whitespace().next());
        let version = version.context("go.mod pins no ColonyOS")?.to_owned();
        Ok(Self { program: path, servers, version })
    }

    /// Tells a program where they are.
    pub(crate) fn name_to(&self, command: &mut Command) {
        command.env("COLONIES", &self.program).env("COLONIES_SERVERS", &self.servers);
    }

    /// Starts a server.
    ///
    /// # Errors
    ///
    /// When it does not get ready.
    pub(crate) fn start(&self) -> Result<Server> {
        let mut command = Command::new(&self.servers);
        command.arg("--program").arg(&self.program);
        apart(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start webpool-colonies")?;
        let output = child.stdout.take().context("no output")?;
        let mut server = Server { child, url: String::new() };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let url = line.trim().strip_prefix(READY).context("the ColonyOS server did not start")?;
        url.clone_into(&mut server.url);
        Ok(server)
    }
}

/// A running server. It ends with our end of its input, however we end.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Without a trailing slash.
    pub(crate) url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Ctrl-C is not for it: it ends in order, when its input does.
#[cfg(unix)]
fn apart(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0)
}

#[cfg(not(unix))]
fn apart(command: &mut Command) -> &mut Command {
    command
}

/// Finds PostgreSQL, installing it where that is possible.
fn find_postgres() -> Result<()> {
    let is_there = || Path::new(POSTGRES).is_dir() || program("initdb").is_some();
    if !is_there() && distribution().is_some() {
        install(&["postgresql"])?;
    }
    ensure!(
        is_there(),
        "a ColonyOS server needs PostgreSQL: install the package postgresql, or run this as root on Debian \
         or Ubuntu, which does it for you"
    );
    Ok(())
}

/// Finds a Go that is new enough, installing it where that is possible.
fn go() -> Result<PathBuf> {
    let (major, minor) = GO;
    let advice = || {
        format!(
            "a ColonyOS server needs Go {major}.{minor} or newer to be compiled: install it from https://go.dev/dl"
        )
    };
    if program("go").is_none() && distribution().is_some() {
        install_newer("golang-go", GO).with_context(advice)?;
    }
    let go = program("go").with_context(advice)?;
    let said = capture(Command::new(&go).args(["env", "GOVERSION"]))?;
    let found = said.trim().trim_start_matches("go");
    if version(found) < Some(GO) {
        bail!("{}; there is {found}", advice());
    }
    Ok(go)
}
