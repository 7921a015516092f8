//! Measures what users feel: one section a subject, one table, raw numbers in a JSON file.
//!
//! - `broker` requests per second and latencies of the embedded broker, next to a live server
//! - `idle` memory of a gateway with many executors that wait, and what it asks the server behind
//! - `link` a busy page that goes, many workers, a burst: in browsers, by the link
//! - `session` an executor on a link
//! - `server` a server under measurement: the program itself, or one that runs elsewhere
//! - `colony` a colony made for the measurement, and requests to it
//! - `phase` clients that send one kind of request as fast as they are answered
//! - `figures` medians, percentiles, and the table
//!
//! Everything compared is measured in turn within one run: servers alternate, repetitions
//! interleave, and what is shown is the median of the repetitions.
#![expect(clippy::print_stdout, reason = "the result is a table for the person who asked")]

mod broker;
mod colony;
mod figures;
mod idle;
mod link;
mod phase;
mod server;
mod session;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "webpool-bench", bin_name = "cargo xtask bench", about = "Measures webpool")]
struct Cli {
    #[command(subcommand)]
    section: Section,
}

#[derive(Debug, Subcommand)]
enum Section {
    /// Submit, assign and close: per second, median and 99th percentile
    Broker(broker::Arguments),
    /// Executors that wait for work on links: memory, and what is asked behind
    Idle(idle::Arguments),
    /// Browsers on links: a busy page goes, many workers start, a burst of small calls
    Link(link::Arguments),
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().section {
        Section::Broker(arguments) => broker::run(&arguments).await,
        Section::Idle(arguments) => idle::run(&arguments).await,
        Section::Link(arguments) => link::run(&arguments).await,
    }
}
