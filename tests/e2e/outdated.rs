//! A worker of another build stops its slot at once, and the page says that it is outdated.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::harness::{Folder, Setup, dist, play};

const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn an_executor_worker_of_another_build_is_outdated() -> Result<()> {
    check("executor").await
}

#[tokio::test]
async fn a_compute_worker_of_another_build_is_outdated() -> Result<()> {
    check("compute").await
}

async fn check(role: &str) -> Result<()> {
    let files = with_another_build_of(role)?;
    let folder = files.path().to_str().context("the folder has no name")?.to_owned();
    // Once a test: what is leaked lives as long as the program anyway.
    let serve: &[&str] = vec!["--dist", folder.leak()].leak();
    let setup = Setup { serve, ..Setup::USUAL };
    play(setup, async |stage| {
        stage.page.open("worker_count=2").await?;
        stage.page.click("start").await?;
        stage.page.wait("#pool", "state", "failed", SOON).await?;
        stage.colony.wait_approved(0, SOON).await?;
        let error = stage.page.pool().await?.get("error").to_owned();
        ensure!(error == "outdated", "data-error is «{error}»");
        Ok(())
    })
    .await
}

/// A copy of the page's files in which one worker's module is of another build: the id that is
/// compiled into it is turned round.
fn with_another_build_of(role: &str) -> Result<Folder> {
    let folder = Folder::copy_of(&dist())?;
    let manifest = fs::read(folder.path().join("manifest.json"))?;
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
    let build = text("/build").context("no build in the manifest")?.as_bytes();
    let name = text(&format!("/{role}/wasm")).context("no module in the manifest")?;

    let path = folder.path().join(name);
    let mut bytes = fs::read(&path)?;
    let is_build = |&(_, part): &(usize, &[u8])| part == build;
    let places = bytes.windows(build.len()).enumerate().filter(is_build);
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    ensure!(!places.is_empty(), "{name} does not carry its build");
    for place in places {
        bytes.get_mut(place..place + build.len()).context("no such place")?.reverse();
    }
    fs::write(&path, bytes)?;
    Ok(folder)
}
