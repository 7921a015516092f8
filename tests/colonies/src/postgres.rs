//! A PostgreSQL that is thrown away: nothing is written through to the disk.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::process::Command;

use crate::running::{Running, run};

/// Who owns the database.
pub(crate) const USER: &str = "postgres";

/// Where Debian keeps its programs, a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// How long it may take to answer.
const READY: Duration = Duration::from_mins(1);

/// A database server at a port of this machine.
#[derive(Debug)]
pub(crate) struct Postgres(Running);

impl Postgres {
    /// Starts an empty one in a folder, which must be empty too.
    ///
    /// # Errors
    ///
    /// If its programs are missing or fail.
    pub(crate) async fn start(folder: &Path, port: u16) -> Result<Self> {
        let programs = programs()?;
        let account = account()?;
        let data = folder.join("postgres");
        fs::create_dir(&data)?;
        if let Some((user, group)) = account {
            chown(&data, Some(user), Some(group))?;
        }
        let command = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.current_dir(&data);
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
            command
        };
        let mut make = command("initdb");
        make.arg("-D").arg(&data).args(["-A", "trust", "-E", "UTF8", "-N", "-U", USER]);
        run(&mut make, "initdb").await?;
        let mut serve = command("postgres");
        serve.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        for setting in ["fsync=off", "full_page_writes=off", "max_connections=500"] {
            serve.args(["-c", setting]);
        }
        serve.arg("-c").arg(format!("unix_socket_directories={}", data.display()));
        let mut running = Running::start(&mut serve, "postgres", &folder.join("postgres.log"))?;
        running
            .wait_ready(READY, async || {
                let mut ask = Command::new(programs.join("pg_isready"));
                ask.args(["-q", "-h", "localhost", "-p", &port.to_string()]);
                run(&mut ask, "pg_isready").await.is_ok()
            })
            .await?;
        Ok(Self(running))
    }

    /// Ends it at once: what it holds is thrown away.
    pub(crate) async fn end(self) -> Result<()> {
        self.0.end("QUIT").await
    }
}

/// The folder of its programs: Debian has the newest of those that are there, elsewhere they are on the
/// PATH.
fn programs() -> Result<PathBuf> {
    let version = |folder: &PathBuf| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.parse::<u32>().unwrap_or(0)
    };
    let folders = fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort_by_key(version);
    let debian = folders.into_iter().rev().map(|folder| folder.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = std::env::split_paths(&path).collect::<Vec<_>>();
    debian
        .chain(others)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .context("PostgreSQL is missing: install it (on Debian and Ubuntu the package postgresql)")
}

/// The account to run it as, user and group: it refuses to run as root. None for everyone else.
fn account() -> Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(USER));
    let line = line.context("PostgreSQL does not run as root, and there is no user postgres")?;
    let mut numbers = line.split(':').skip(2).take(2).map(str::parse::<u32>);
    let mut number = || numbers.next().context("a line of /etc/passwd is too short");
    Ok(Some((number()??, number()??)))
}
