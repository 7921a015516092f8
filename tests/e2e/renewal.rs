//! Another build of the page is served while the one before runs, but does not come: the page loads
//! itself anew once, gives back what it does not know, and says that it is outdated.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use webpool_colony::ProcessState;

use crate::harness::{Folder, Look, Setup, Stage, call, dist, play, stays, until};

const SOON: Duration = Duration::from_secs(15);

/// How long a page that is not to be loaded again is watched.
const WATCHED: Duration = Duration::from_secs(1);

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

async fn loads(stage: &Stage) -> Result<u64> {
    let loads = stage.page.script("return Number(localStorage.getItem('loads'));", &[]).await?;
    loads.as_u64().context("a number")
}

fn build_in(folder: &Path) -> Result<String> {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
    Ok(manifest.get("build").and_then(Value::as_str).context("no build")?.to_owned())
}
