//! A server under measurement.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a server may take to start.
const READY: Duration = Duration::from_secs(20);

/// The name the server's owner's key has among the variables of ColonyOS.
const SERVER_KEY: &str = "COLONIES_SERVER_PRVKEY";

/// The same of a colony's owner's key, and of the colony.
const COLONY_KEY: &str = "COLONIES_COLONY_PRVKEY";
const COLONY_NAME: &str = "COLONIES_COLONY_NAME";

/// Private key of the development colony, printed in the documentation of `ColonyOS`.
const DEVELOPMENT_KEY: &str = "ba949fa134981372d6da62b6a56f336ab4d843b22c02a4257dcf7d0d73097514";

/// Where a server is, and the key that may make colonies there.
#[derive(Debug)]
pub(crate) struct Server {
    /// The heading of its columns.
    pub(crate) name: &'static str,
    /// Address of its API.
    pub(crate) api: String,
    /// The private key of the server's owner.
    pub(crate) owner_key: String,
    /// What it says about its durability; empty if it says nothing.
    pub(crate) durability: String,
    /// Its data folder; none for a live server.
    pub(crate) data: Option<PathBuf>,
    /// The program, killed with this value; none for a live server.
    program: Option<Child>,
}

/// A program that has said where it is.
struct Started {
    program: Child,
    url: String,
    data: PathBuf,
    log: PathBuf,
}

impl Server {
    /// Starts `webpool serve` with the embedded broker over an empty folder, which lies on the disk
    /// that `folder` lies on.
    ///
    /// # Errors
    ///
    /// If it does not say its address in time.
    pub(crate) async fn embedded(webpool: &Path, folder: &Path) -> Result<Self> {
        let Started { program, url, data, log } = start(webpool, folder, |_| {}).await?;
        Ok(Self {
            name: "embedded",
            api: format!("{url}/api"),
            owner_key: owner_key(webpool, &data).await?,
            durability: durability(&log)?,
            data: Some(data),
            program: Some(program),
        })
    }

    /// Starts it before a `ColonyOS` server, with the key of a colony's owner: the one in the
    /// environment, else that of the development colony.
    ///
    /// # Errors
    ///
    /// If it does not say its address in time.
    pub(crate) async fn gateway(webpool: &Path, folder: &Path, colonies: &str) -> Result<Self> {
        let before = |command: &mut Command| {
            command.args(["--colonies", colonies]);
            if std::env::var_os(COLONY_KEY).is_none() {
                command.env(COLONY_KEY, DEVELOPMENT_KEY).env(COLONY_NAME, "dev");
            }
        };
        let Started { program, url, data, .. } = start(webpool, folder, before).await?;
        let api = format!("{url}/api");
        let (owner_key, durability) = (String::new(), String::new());
        let (data, program) = (Some(data), Some(program));
        Ok(Self { name: "gateway", api, owner_key, durability, data, program })
    }

    /// Its address without a trailing slash.
    ///
    /// # Errors
    ///
    /// If its API is elsewhere than usual.
    pub(crate) fn url(&self) -> Result<String> {
        let url = self.api.strip_suffix("/api").context("the API is at /api")?;
        Ok(url.to_owned())
    }

    /// The memory it has, in KiB: what Linux says is resident.
    ///
    /// # Errors
    ///
    /// For a live server, and on other systems.
    pub(crate) fn memory_kib(&self) -> Result<u64> {
        let id = self.program.as_ref().and_then(Child::id).context("it runs elsewhere")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))
            .context("only Linux says how much memory a program has")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix("kB"));
        Ok(number.context("no VmRSS")?.trim().parse()?)
    }

    /// A server that runs already.
    pub(crate) fn live(url: &str, owner_key: String) -> Self {
        let api = format!("{}/api", url.trim_end_matches('/'));
        let durability = String::new();
        Self { name: "live", api, owner_key, durability, data: None, program: None }
    }
}

/// Starts `webpool serve` over an empty folder.
async fn start(
    webpool: &Path,
    folder: &Path,
    configure: impl FnOnce(&mut Command),
) -> Result<Started> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let (data, dist) = (folder.join("data"), folder.join("dist"));
    fs::create_dir_all(&dist)?;
    fs::write(dist.join("index.html"), "")?;
    let log = folder.join("server.log");
    let mut command = Command::new(webpool);
    configure(
        command
            .args(["serve", "--port", "0", "--data"])
            .arg(&data)
            .arg("--dist")
            .arg(&dist)
            .env("RUST_LOG", "webpool=info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .kill_on_drop(true),
    );
    let mut program =
        command.spawn().with_context(|| format!("cannot start {}", webpool.display()))?;
    let output = program.stdout.take().context("no standard output")?;
    let first = timeout(READY, BufReader::new(output).lines().next_line())
        .await
        .with_context(|| format!("webpool serve said nothing within {READY:?}"))??;
    let first = first.context("webpool serve ended at once")?;
    let url = first.strip_prefix("webpool listening on ");
    let url = url.with_context(|| format!("webpool serve said «{first}»"))?;
    Ok(Started { program, url: url.to_owned(), data, log })
}

/// Asks `webpool env` for the development key of the server's owner.
async fn owner_key(webpool: &Path, data: &PathBuf) -> Result<String> {
    let output = Command::new(webpool).args(["env", "--data"]).arg(data).output().await?;
    ensure!(output.status.success(), "webpool env ended with {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let prefix = format!("export {SERVER_KEY}=");
    let key = text.lines().find_map(|line| line.strip_prefix(&prefix));
    Ok(key.with_context(|| format!("webpool env prints no {SERVER_KEY}"))?.to_owned())
}

/// The words of the server's log about how it stores.
fn durability(log: &Path) -> Result<String> {
    let text = fs::read_to_string(log)?;
    let word = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        Some(format!("{name}{}", rest.split_whitespace().next()?))
    };
    let words: Option<Vec<String>> =
        ["journal_mode=", "synchronous="].map(word).into_iter().collect();
    Ok(words.context("the server's log does not say how it stores")?.join(" "))
}
