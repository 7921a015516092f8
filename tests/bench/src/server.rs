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
    /// The program, killed with this value; none for a live server.
    _program: Option<Child>,
}

impl Server {
    /// Starts `webpool serve` with the embedded broker over an empty folder, which lies on the disk
    /// that `folder` lies on.
    ///
    /// # Errors
    ///
    /// If it does not say its address in time.
    pub(crate) async fn embedded(webpool: &Path, folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let (data, dist) = (folder.join("data"), folder.join("dist"));
        fs::create_dir_all(&dist)?;
        fs::write(dist.join("index.html"), "")?;
        let log = folder.join("server.log");
        let mut program = Command::new(webpool)
            .args(["serve", "--port", "0", "--data"])
            .arg(&data)
            .arg("--dist")
            .arg(&dist)
            .env("RUST_LOG", "webpool=info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", webpool.display()))?;
        let output = program.stdout.take().context("no standard output")?;
        let first = timeout(READY, BufReader::new(output).lines().next_line())
            .await
            .with_context(|| format!("webpool serve said nothing within {READY:?}"))??;
        let first = first.context("webpool serve ended at once")?;
        let url = first.strip_prefix("webpool listening on ");
        let url = url.with_context(|| format!("webpool serve said «{first}»"))?;
        Ok(Self {
            name: "embedded",
            api: format!("{url}/api"),
            owner_key: owner_key(webpool, &data).await?,
            durability: durability(&log)?,
            _program: Some(program),
        })
    }

    /// A server that runs already.
    pub(crate) fn live(url: &str, owner_key: String) -> Self {
        let api = format!("{}/api", url.trim_end_matches('/'));
        Self { name: "live", api, owner_key, durability: String::new(), _program: None }
    }
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
