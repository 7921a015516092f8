//! Many executors on links that wait for work: what they cost the gateway, and how often it asks the
//! server behind it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::server::Server;
use crate::session::{Session, Way};

/// How many join at the same time.
const AT_ONCE: usize = 16;

/// The type of all of them.
const KIND: &str = "wasm";

/// What the section is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The program `webpool`
    #[arg(long, hide = true, value_name = "FILE", env = "WEBPOOL_BIN")]
    webpool: PathBuf,
    /// A folder of its own, emptied first
    #[arg(long, hide = true, value_name = "DIR", env = "WEBPOOL_BENCH")]
    folder: PathBuf,
    /// A `ColonyOS` server to measure before as well; the key of its colony's owner in
    /// `COLONIES_COLONY_PRVKEY`, the colony's name in `COLONIES_COLONY_NAME`
    #[arg(long, value_name = "URL", env = "WEBPOOL_COLONIES_URL")]
    live: Option<String>,
    /// How many sessions
    #[arg(long, default_value_t = 2000)]
    sessions: usize,
    /// How long they wait, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// What was measured with one server behind.
#[derive(Debug)]
struct Figures {
    joined: Duration,
    /// Memory of the gateway without sessions and with all of them, in KiB.
    memory: [u64; 2],
    /// What the server behind was asked meanwhile, if it counts that.
    requests: Option<u64>,
}

/// Measures and prints.
///
/// # Errors
///
/// A server that does not start, or a session that ends.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    rlimit::increase_nofile_limit(u64::try_from(2 * arguments.sessions)? + 100)?;
    println!("{} idle sessions for {} s", arguments.sessions, arguments.seconds);
    println!(
        "{:<22}{:>10}{:>11}{:>11}{:>12}{:>12}",
        "", "joined s", "MB before", "MB after", "KB each", "asked /s"
    );
    let embedded = Server::embedded(&arguments.webpool, &arguments.folder.join("idle")).await?;
    report(arguments, "embedded broker", &measure(arguments, &embedded, None).await?);
    drop(embedded);
    let behind = Server::embedded(&arguments.webpool, &arguments.folder.join("behind")).await?;
    let gateway = gateway(arguments, &behind.url()?).await?;
    report(arguments, "before another broker", &measure(arguments, &gateway, Some(&behind)).await?);
    drop(gateway);
    if let Some(url) = arguments.live.as_deref().filter(|url| !url.is_empty()) {
        let live = self::gateway(arguments, url).await?;
        report(arguments, "before the live server", &measure(arguments, &live, None).await?);
    }
    Ok(())
}

async fn gateway(arguments: &Arguments, url: &str) -> Result<Server> {
    Server::gateway(&arguments.webpool, &arguments.folder.join("gateway"), url).await
}

/// Lets all of them join `server`, and waits.
async fn measure(
    arguments: &Arguments,
    server: &Server,
    behind: Option<&Server>,
) -> Result<Figures> {
    let way =
        Way { url: server.url()?, token: invite(arguments, server).await?, kind: KIND.to_owned() };
    let before = server.memory_kib()?;
    let begun = Instant::now();
    let mut waiting = join_all(arguments.sessions, &way).await?;
    let joined = begun.elapsed();
    let asked = requests(behind).await?;
    if let Ok(Some(ended)) =
        timeout(Duration::from_secs(arguments.seconds), waiting.join_next()).await
    {
        ended??;
        bail!("a session has ended");
    }
    let requests = requests(behind).await?.zip(asked).map(|(after, before)| after - before);
    Ok(Figures { joined, memory: [before, server.memory_kib()?], requests })
}

/// Lets so many join, a few at the same time; each waits from then on.
async fn join_all(count: usize, way: &Way) -> Result<JoinSet<Result<()>>> {
    let (mut waiting, mut joining) = (JoinSet::new(), JoinSet::new());
    for _ in 0..count {
        if joining.len() >= AT_ONCE {
            let session: Result<Session> =
                joining.join_next().await.context("some are joining")??;
            waiting.spawn(session?.wait());
        }
        let way = way.clone();
        joining.spawn(async move { Session::join(&way).await });
    }
    for session in joining.join_all().await {
        waiting.spawn(session?.wait());
    }
    Ok(waiting)
}

/// Makes an invite for all of them; its secret.
async fn invite(arguments: &Arguments, server: &Server) -> Result<String> {
    let data: &Path = server.data.as_deref().context("the server has a data folder")?;
    let mut command = Command::new(&arguments.webpool);
    command.args(["invite", "create", "--at-once", "10000", "--type", KIND, "--url"]);
    let output = command.arg(server.url()?).arg("--data").arg(data).output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let link = said.lines().next().unwrap_or_default();
    let (_, token) = link.split_once("#invite=").with_context(|| format!("no link in «{said}»"))?;
    Ok(token.to_owned())
}

/// How many requests a server has answered.
async fn requests(server: Option<&Server>) -> Result<Option<u64>> {
    let Some(server) = server else { return Ok(None) };
    let text = reqwest::get(format!("{}/metrics", server.url()?)).await?.text().await?;
    let figures = text.lines().filter(|line| line.starts_with("webpool_requests_total{"));
    let counts = figures.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    Ok(Some(counts.sum()))
}

fn report(arguments: &Arguments, name: &str, figures: &Figures) {
    let [before, after] = figures.memory;
    let sessions = u64::try_from(arguments.sessions).unwrap_or(u64::MAX).max(1);
    let each = after.saturating_sub(before) / sessions;
    let asked = figures.requests.map_or_else(
        || "–".to_owned(),
        |count| format!("{:.1}", per_second(count, arguments.seconds)),
    );
    println!(
        "{name:<22}{:>10.1}{:>11}{:>11}{each:>12}{asked:>12}",
        figures.joined.as_secs_f64(),
        before >> 10,
        after >> 10,
    );
}

fn per_second(count: u64, seconds: u64) -> f64 {
    let [count, seconds] = [count, seconds].map(|value| u32::try_from(value).unwrap_or(u32::MAX));
    f64::from(count) / f64::from(seconds.max(1))
}
