//! Another build of the page is served while the one before runs: what only the other one has is
//! given back, and the page loads itself anew and goes on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use webpool_colony::ProcessState;

use crate::harness::{Folder, Look, Setup, Stage, call, dist, play, stays, text, until};

const SOON: Duration = Duration::from_secs(15);

/// How long a page that is not to be loaded again is watched.
const WATCHED: Duration = Duration::from_secs(1);

/// A function that the older build does not have.
const NEW: &str = "fibonacci";

/// Counts how often the page is loaded.
const COUNT: &str = "if (location.protocol === 'http:')
    localStorage.setItem('loads', Number(localStorage.getItem('loads')) + 1);";

/// The build that the gateway says is served.
const SERVED: &str = "const done = arguments[0];
    const socket = new WebSocket(location.origin.replace('http', 'ws') + '/link');
    socket.onmessage = message => {
        socket.close();
        done(JSON.parse(message.data).challenge.build);
    };";

#[tokio::test]
async fn an_old_page_gives_back_what_a_newer_one_has_and_becomes_that() -> Result<()> {
    let newest = build_in(&dist())?;
    let older = older(&dist())?;
    let files = older.path();
    let setup = serve(files)?;
    play(setup, async |stage| {
        stage.start(2).await?;
        ensure!(shown_build(stage).await? != newest, "this is no older build");
        replace(files, &dist())?;
        until_served(stage, &newest).await?;
        let submitted = stage.colony.submit(call(NEW, "[10]")?).await?;
        let process = stage.colony.wait(&submitted.processid, ProcessState::Success, 2 * SOON);
        let process = process.await?;
        ensure!(text(&process.output) == "55" && process.retries == 0, "{process:?}");
        ensure!(shown_build(stage).await? == newest, "the older page is still there");
        stage.page.wait_ready(2, SOON).await?;

        let nobody_has = stage.colony.submit(call("unheard_of", "[]")?).await?;
        stage.colony.wait(&nobody_has.processid, ProcessState::Failed, SOON).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_that_stays_old_is_loaded_anew_once() -> Result<()> {
    let copy = Folder::copy_of(&dist())?;
    let files = copy.path();
    let setup = serve(files)?;
    play(setup, async |stage| {
        stage.page.run_before_all(COUNT).await?;
        stage.start(1).await?;
        // The page's own files stay as they are, as where a cache keeps them.
        let manifest = files.join("manifest.json");
        let newer = fs::read_to_string(&manifest)?.replace(&build_in(files)?, "another");
        fs::write(&manifest, newer)?;
        until_served(stage, "another").await?;
        let loads = loads(stage).await?;
        let process = stage.colony.submit(call("unheard_of", "[]")?).await?.processid;
        stage.page.wait("#pool", "error", "outdated", 2 * SOON).await?;
        stays("the page", WATCHED, async || Ok(Look::is(&self::loads(stage).await?, &(loads + 1))))
            .await?;
        stage.colony.wait(&process, ProcessState::Waiting, SOON).await?;
        stage.colony.wait_approved(0, SOON).await
    })
    .await
}

/// The setup with the page's files in this folder.
fn serve(files: &Path) -> Result<Setup> {
    let folder = files.to_str().context("the folder has no name")?.to_owned();
    // Once a test: what is leaked lives as long as the program anyway.
    Ok(Setup { serve: vec!["--dist", folder.leak()].leak(), ..Setup::USUAL })
}

/// Waits until the gateway has seen which build lies there.
async fn until_served(stage: &Stage, build: &str) -> Result<()> {
    until("the gateway's word about the build", SOON, async || {
        Ok(Look::is(&stage.page.script_async(SERVED, &[]).await?, &json!(build)))
    })
    .await
}

async fn shown_build(stage: &Stage) -> Result<String> {
    let build = "return document.documentElement.dataset.build;";
    let build = stage.page.script(build, &[]).await?;
    Ok(build.as_str().context("a build")?.to_owned())
}

async fn loads(stage: &Stage) -> Result<u64> {
    let loads = stage.page.script("return Number(localStorage.getItem('loads'));", &[]).await?;
    loads.as_u64().context("a number")
}

fn build_in(folder: &Path) -> Result<String> {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
    Ok(manifest.get("build").and_then(Value::as_str).context("no build")?.to_owned())
}

/// A copy of the page's files as another build that does not have the function: its build id, the
/// function's name and the hashes in the names of its files are turned round.
fn older(newest: &Path) -> Result<Folder> {
    let folder = Folder::make("older")?;
    let mut turned = BTreeMap::new();
    for text in [build_in(newest)?, NEW.to_owned()] {
        turned.insert(text.clone(), text.chars().rev().collect());
    }
    for name in names_in(newest)? {
        turned.extend(hash_of(&name).map(|hash| (hash.to_owned(), hash.chars().rev().collect())));
    }
    for name in names_in(newest)? {
        let mut bytes = fs::read(newest.join(&name))?;
        let mut new_name = name.clone();
        for (text, other) in &turned {
            let other: &String = other;
            replace_all(&mut bytes, text.as_bytes(), other.as_bytes())?;
            new_name = new_name.replace(text, other);
        }
        fs::write(folder.path().join(new_name), bytes)?;
    }
    Ok(folder)
}

/// Puts the files of a build into a folder; the one that names the build comes last.
fn replace(folder: &Path, build: &Path) -> Result<()> {
    let (last, others): (Vec<_>, Vec<_>) =
        names_in(build)?.into_iter().partition(|name| name == "manifest.json");
    for name in others.into_iter().chain(last) {
        fs::copy(build.join(&name), folder.join(&name))?;
    }
    Ok(())
}

fn names_in(folder: &Path) -> Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| {
        let name = entry?.file_name();
        Ok(name.to_str().context("a name that is no text")?.to_owned())
    });
    names.collect()
}

/// The hash in a file's name, if there is one.
fn hash_of(name: &str) -> Option<&str> {
    let hash = name.split_once('-')?.1.split_once('.')?.0;
    (hash.len() == 16).then_some(hash)
}

/// Replaces a text by one that is as long.
fn replace_all(bytes: &mut [u8], text: &[u8], other: &[u8]) -> Result<()> {
    let is_text = |(_, part): &(usize, &[u8])| *part == text;
    let places = bytes.windows(text.len()).enumerate().filter(is_text);
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    for place in places {
        let part = bytes.get_mut(place..place + text.len()).context("no such place")?;
        part.copy_from_slice(other);
    }
    Ok(())
}
