//! The soak: thousands of short processes while faults are injected throughout, over http and over
//! link at the same time.
//!
//! `cargo xtask soak` runs it in full. Two pages, each in a Chromium of its own and behind a proxy of
//! its own, share one server; half of the slots and half of the processes go each way. Work and
//! faults follow from a seed. Faults come one after the other on each way, each at its place among the
//! processes, so that the same seed meets the same work with the same faults.
//!
//! - `size` how much, from the environment
//! - `chance` numbers that follow from a seed
//! - `work` the processes, and how each has to end
//! - `events` the faults, and when they come
//! - `ground` the server that both ways lead to
//! - `lane` one way: its page, its proxy, its work
//! - `trouble` how a fault is injected
//! - `curve` the memory of the pages
//! - `ends` how the processes have ended
//! - `totals` what the pages tell
//! - `account` what is counted, printed and judged at the end

mod account;
mod chance;
mod curve;
mod ends;
mod events;
mod ground;
mod lane;
mod size;
mod totals;
mod trouble;
mod work;

use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::{Arguments, Trial};
use tokio::time::Instant;
use webpool_harness as harness;

use crate::account::Account;
use crate::ground::Ground;
use crate::harness::{Proxy, Way};
use crate::lane::Lane;
use crate::size::Size;

fn main() -> ExitCode {
    let trial = Trial::test("every process ends once and right, whatever happens", || Ok(run()?));
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

/// Runs it.
fn run() -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(play()).map_err(|error| format!("{error:#}"))
}

async fn play() -> Result<()> {
    let (size, begun) = (Size::read()?, Instant::now());
    account::print_size(&size);
    let (http, link) = (Proxy::bind().await?, Proxy::bind().await?);
    let ground = Ground::start(&[&http, &link]).await?;
    let http = Lane::build(Way::Http, http, &ground, &size).await?;
    let link = Lane::build(Way::Link, link, &ground, &size).await?;
    let lanes = [&http, &link];
    let account = Account::new(&size, lanes);
    let played = async {
        tokio::try_join!(http.start(), link.start())?;
        for count in size.stops() {
            tokio::try_join!(http.run(count), link.run(count))?;
            account.measure().await?;
        }
        account.check_ends(&ground).await
    };
    let outcome = played.await;
    account.print(begun.elapsed());
    let outcome = outcome.and_then(|()| account.judge());
    match outcome {
        Ok(()) => Ok(()),
        Err(error) => Err(ground.explain(error, lanes).await),
    }
}
