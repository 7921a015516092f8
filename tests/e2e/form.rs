//! Settings: filled from the address but for the key, and checked before anything starts.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::harness::{Look, Setup, Stage, play, stays, until};

const SOON: Duration = Duration::from_secs(5);

/// How long a form that was refused is watched.
const WATCHED: Duration = Duration::from_millis(500);

/// A key that must appear nowhere.
const SECRET: &str = "a-key-that-was-put-into-an-address";

#[tokio::test]
async fn the_address_fills_the_form_but_for_the_key() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        let query = "server_url=http%3A%2F%2Flocalhost%3A1234&colony_name=c1&executor_name=n1&\
                     executor_type=t1&worker_count=8&colony_key=";
        stage.page.open(&format!("{query}{SECRET}")).await?;
        for (id, value) in [
            ("server-url", "http://localhost:1234"),
            ("colony-name", "c1"),
            ("executor-name", "n1"),
            ("executor-type", "t1"),
            ("worker-count", "8"),
        ] {
            let shown = stage.page.value(id).await?;
            ensure!(shown == value, "#{id} shows «{shown}»");
        }
        ensure!(stage.page.value("colony-key").await? != SECRET, "the key came from the address");
        let kind = "return document.getElementById('colony-key').type;";
        ensure!(stage.page.script(kind, &[]).await? == json!("password"));
        ensure!(stage.page.pool().await?.get("state") == "stopped");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_embedded_broker_fills_the_form() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.page.open("").await?;
        for (id, value) in [
            ("server-url", stage.server.url().to_owned()),
            ("colony-name", "dev".to_owned()),
            ("executor-name", "webpool".to_owned()),
            ("executor-type", "wasm".to_owned()),
        ] {
            let shown = stage.page.value(id).await?;
            ensure!(shown.trim_end_matches('/') == value, "#{id} shows «{shown}»");
        }
        let workers: u32 = stage.page.value("worker-count").await?.parse()?;
        ensure!((1..=64).contains(&workers));
        ensure!(stage.page.pool().await?.get("state") == "stopped", "computing began by itself");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn bad_settings_get_a_sentence_at_the_field() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        for (id, value) in [
            ("server-url", "not an address"),
            ("server-url", "ftp://localhost:50080"),
            ("colony-name", ""),
            ("executor-name", "a:b"),
            ("executor-type", ""),
            ("colony-key", "zz"),
            ("worker-count", "0"),
            ("worker-count", "65"),
            ("worker-count", "many"),
        ] {
            refuse(stage, id, value).await?;
            check_nothing_starts(stage).await?;
        }
        Ok(())
    })
    .await
}

/// What the elements say that describe a field: its hint, and its error.
const DESCRIPTION: &str = "const e = document.getElementById(arguments[0]);
    const ids = (e.getAttribute('aria-describedby') ?? '').split(' ');
    const texts = ids.map(id => document.getElementById(id)?.textContent ?? '');
    return [e.getAttribute('aria-invalid') === 'true', texts.join(' ').trim()];";

async fn description(stage: &Stage, id: &str) -> Result<(bool, String)> {
    let description = stage.page.script(DESCRIPTION, &[id]).await?;
    Ok(serde_json::from_value(description)?)
}

async fn refuse(stage: &Stage, id: &str, value: &str) -> Result<()> {
    stage.page.open("").await?;
    let (is_marked, hint) = description(stage, id).await?;
    ensure!(!is_marked, "#{id} is marked before anything was wrong");
    stage.page.fill(id, value).await?;
    stage.page.click("start").await?;
    until(&format!("a sentence at #{id} about «{value}»"), SOON, async || {
        let (is_marked, now) = description(stage, id).await?;
        let is_there = is_marked && now.len() > hint.len() && now.ends_with('.');
        Ok(Look::at(Some(()).filter(|()| is_there), format!("{is_marked}, «{now}»")))
    })
    .await
}

async fn check_nothing_starts(stage: &Stage) -> Result<()> {
    stays("stopped", WATCHED, async || {
        let pool = stage.page.pool().await?;
        Ok(Look::is(&pool.get("state"), &"stopped"))
    })
    .await?;
    ensure!(stage.colony.executors().await?.is_empty(), "an executor has joined");
    Ok(())
}
