//! Real ColonyOS servers for tests: `webpool-colonies --program FILE [--servers N]`.
//!
//! FILE is the ordinary Go program `colonies`, as `go.mod` beside this pins it. The servers are over a
//! PostgreSQL of their own, in a temporary folder, on free ports, with the development colony and its user.
//! Once all of them answer, it says
//!
//! ```text
//! colonies listening on http://localhost:1234,http://localhost:1235
//! ```
//!
//! From then on it reads lines: `stop N` kills a server (0 is the first), `start N` starts it again, each
//! answered by the line itself once that has happened, `leader` by the number of the one that hands out
//! processes. When its input ends, or at Ctrl-C, everything ends and the folder is removed: who has
//! started this program has nothing to tidy up, even if it is killed.
//!
//! - `ground` the folder, the database and the servers
//! - `postgres` the database
//! - `server` one server
//! - `running` a program that is ended in the end

#![expect(clippy::print_stdout, reason = "it talks to who has started it")]

mod ground;
mod postgres;
mod running;
mod server;

use std::io;
use std::path::PathBuf;
use std::thread;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

use crate::ground::Ground;

#[derive(Debug, Parser)]
#[command(name = "webpool-colonies", about = "Runs ColonyOS servers until its input ends")]
struct Arguments {
    /// The Go program `colonies`
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// How many servers: one, or a cluster
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9))]
    servers: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut lines = lines();
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        ended = serve(&arguments, &mut lines) => ended,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// Starts everything and obeys until there is no more input.
async fn serve(arguments: &Arguments, lines: &mut Receiver<String>) -> Result<()> {
    let begin = Ground::start(&arguments.program, arguments.servers);
    let mut ground = tokio::select! {
        ground = begin => ground?,
        () = end_of(lines) => return Ok(()),
    };
    println!("colonies listening on {}", ground.urls().join(","));
    while let Some(line) = lines.recv().await {
        let answer = obey(&mut ground, &line).await.with_context(|| format!("«{line}»"))?;
        println!("{answer}");
    }
    ground.end().await
}

async fn obey(ground: &mut Ground, line: &str) -> Result<String> {
    match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["stop", number] => ground.stop(number.parse()?).await?,
        ["start", number] => ground.start_again(number.parse()?).await?,
        ["leader"] => return Ok(format!("leader {}", ground.leader().await?)),
        _ => bail!("allowed is stop N, start N or leader"),
    }
    Ok(line.to_owned())
}

/// What is said on the standard input, a line each; it is read by a thread of its own, since nothing can
/// call off reading from a terminal.
fn lines() -> Receiver<String> {
    let (sender, receiver) = channel(8);
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Waits until there is no more input; what is said too early is not heard.
async fn end_of(lines: &mut Receiver<String>) {
    while lines.recv().await.is_some() {}
}
