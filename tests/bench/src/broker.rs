//! Submit, assign and close: the embedded broker, next to a live server where one is named.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::colony::Colony;
use crate::figures::{Sample, columns};
use crate::phase::{self, Client, Kind, Limit};
use crate::server::Server;

/// How many clients send at once.
const CLIENTS: [usize; 3] = [1, 8, 64];

/// How many clients make the backlog.
const FILLERS: usize = 64;

/// What the section is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The program `webpool`
    #[arg(long, hide = true, value_name = "FILE", env = "WEBPOOL_BIN")]
    webpool: PathBuf,
    /// A folder of its own, emptied first; the broker's database lies there
    #[arg(long, hide = true, value_name = "DIR", env = "WEBPOOL_BENCH")]
    folder: PathBuf,
    /// A `ColonyOS` server to measure in turn; the key of its owner in `COLONIES_SERVER_PRVKEY`
    #[arg(long, value_name = "URL", env = "WEBPOOL_COLONIES_URL")]
    live: Option<String>,
    /// Private key of the live server's owner
    #[arg(long, hide = true, env = "COLONIES_SERVER_PRVKEY", hide_env_values = true)]
    live_key: Option<String>,
    /// How many processes wait in the second half
    #[arg(long, default_value_t = 100_000)]
    waiting: usize,
    /// Seconds a phase, at most
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Repetitions, of which the median is shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (0.1..=600.0).contains(seconds))
        .ok_or_else(|| "a number of seconds from 0.1 to 600".to_owned())
}

/// One server and the colony that is measured there.
#[derive(Debug)]
struct Subject {
    server: Server,
    colony: Colony,
    clients: Vec<Client>,
}

/// Waiting processes, clients, kind of request, server: the place of a figure.
type Place = (usize, usize, &'static str, &'static str);

/// Measures and prints.
///
/// # Errors
///
/// The first refusal of a server, or a file that cannot be written.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let mut servers = vec![Server::embedded(&arguments.webpool, &arguments.folder).await?];
    if let Some(url) = arguments.live.as_deref().filter(|url| !url.is_empty()) {
        let key = arguments.live_key.clone();
        let key = key.context("COLONIES_SERVER_PRVKEY: the key of the live server's owner")?;
        servers.push(Server::live(url, key));
    }
    let mut subjects = Vec::new();
    for server in servers {
        subjects.push(Subject::prepare(server).await?);
    }
    let mut samples = BTreeMap::<Place, Vec<Sample>>::new();
    for waiting in [0, arguments.waiting] {
        for subject in &mut subjects {
            subject.fill(waiting).await?;
        }
        for _ in 0..arguments.repeat {
            for count in CLIENTS {
                for subject in &mut subjects {
                    subject.measure(arguments, (waiting, count), &mut samples).await?;
                }
            }
        }
    }
    let durability = subjects.iter().map(|subject| subject.server.durability.as_str());
    let durability: String = durability.collect();
    for subject in subjects {
        subject.colony.remove().await?;
    }
    report(arguments, &durability, &samples)
}

impl Subject {
    async fn prepare(server: Server) -> Result<Self> {
        let colony = Colony::make(&server).await?;
        let mut clients = Vec::new();
        for _ in 0..FILLERS {
            clients.push(Client::join(&colony).await?);
        }
        Ok(Self { server, colony, clients })
    }

    /// Submits until so many wait.
    async fn fill(&mut self, waiting: usize) -> Result<()> {
        self.colony.empty().await?;
        if waiting == 0 {
            return Ok(());
        }
        let requests = waiting.div_ceil(self.clients.len());
        let limit = Limit { time: Duration::MAX, requests };
        phase::perform(&mut self.clients, Kind::Submit, limit).await.map(drop)
    }

    /// Submits for a while, then takes as many, then closes them: as many wait as before.
    async fn measure(
        &mut self,
        arguments: &Arguments,
        (waiting, count): (usize, usize),
        samples: &mut BTreeMap<Place, Vec<Sample>>,
    ) -> Result<()> {
        let mut rest = self.clients.split_off(count.min(self.clients.len()));
        let time = Duration::from_secs_f64(arguments.seconds);
        let mut requests = usize::MAX;
        for kind in Kind::ALL {
            let sample = phase::measure(&mut self.clients, kind, Limit { time, requests }).await?;
            requests = sample.requests.div_ceil(count);
            let place = (waiting, count, kind.name(), self.server.name);
            samples.entry(place).or_default().push(sample);
        }
        phase::perform(&mut self.clients, Kind::Close, Limit::NONE).await?;
        self.clients.append(&mut rest);
        if waiting == 0 { self.colony.empty().await } else { Ok(()) }
    }
}

/// Prints the table and writes the raw numbers beside the database.
fn report(
    arguments: &Arguments,
    durability: &str,
    samples: &BTreeMap<Place, Vec<Sample>>,
) -> Result<()> {
    println!("broker: embedded with {durability}; medians of {}", arguments.repeat);
    let heading = format!("{:>10}{:>10}{:>10}", "/s", "p50 ms", "p99 ms");
    println!("{:>30}{:>30}", "embedded", "live");
    println!("waiting  clients  request {heading}{heading}     ratio");
    for waiting in [0, arguments.waiting] {
        for clients in CLIENTS {
            for kind in Kind::ALL {
                let of = |server| samples.get(&(waiting, clients, kind.name(), server));
                let embedded = of("embedded").map(|s| Sample::median(s)).transpose()?;
                let live = of("live").map(|s| Sample::median(s)).transpose()?;
                let ratio = embedded.zip(live).map_or_else(
                    || "–".to_owned(),
                    |(ours, theirs)| format!("{:.1}", ours.per_second / theirs.per_second),
                );
                let columns = columns(embedded.as_ref()) + &columns(live.as_ref());
                println!("{waiting:>7}{clients:>9}  {:<8}{columns}{ratio:>10}", kind.name());
            }
        }
    }
    let raw: Vec<_> = samples
        .iter()
        .map(|((waiting, clients, request, server), samples)| {
            json!({ "waiting": waiting, "clients": clients, "request": request,
                    "server": server, "samples": samples })
        })
        .collect();
    let file = arguments.folder.join("broker.json");
    std::fs::write(&file, serde_json::to_string_pretty(&raw)?)?;
    println!("raw numbers: {}", file.display());
    Ok(())
}
