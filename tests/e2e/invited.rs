//! A volunteer opens an invite's link, clicks once, and works; no key is anywhere in the page.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::harness::{Look, Setup, Stage, play, stays};

const SOON: Duration = Duration::from_secs(15);

/// How long a page without a button is watched.
const WATCHED: Duration = Duration::from_millis(500);

/// All that a page can keep: names in its storage, and every text of it, in the document too.
const KEPT: &str = "const done = arguments[0];
    const fields = [...document.querySelectorAll('input, textarea')].map(field => field.value);
    const stored = storage => Object.entries(storage);
    indexedDB.databases().then(databases => done({
        names: [...stored(localStorage), ...stored(sessionStorage)].map(([name]) => name),
        databases: databases.length,
        stored: JSON.stringify([stored(localStorage), stored(sessionStorage), document.cookie]),
        shown: document.documentElement.outerHTML + JSON.stringify(fields),
    }));";

/// What the page keeps, by name.
const KNOWN: [&str; 3] = ["webpool-workers", "webpool-visit", "webpool-let-in"];

/// An invite of the running server: its link, and its id.
async fn invite(stage: &Stage) -> Result<(String, String)> {
    let mut command = vec!["invite", "create", "--label", "Ada"];
    if stage.is_elsewhere() {
        // webpool may stand behind a proxy there, and has to be told
        command.extend(["--url", stage.server.url()]);
    }
    let said = stage.server.command(&command).await?;
    let link = said.lines().next().context("no link")?.to_owned();
    let id = said.split("the invite ").nth(1).and_then(|rest| rest.get(..8));
    Ok((link, id.context("no id")?.to_owned()))
}

/// Opens the link, and clicks once.
async fn come(stage: &Stage, link: &str) -> Result<()> {
    stage.page.goto(&link.replace("/#", "/?worker_count=2#")).await?;
    stage.page.click("start").await?;
    stage.page.wait_ready(2, SOON).await?;
    stage.colony.wait_approved(2, SOON).await
}

#[tokio::test]
async fn a_volunteer_comes_by_invite_and_no_key_is_left() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        let (link, id) = invite(stage).await?;
        let (_, secret) = link.split_once("#invite=").context("no secret")?;
        come(stage, &link).await?;
        let shows_form = "return document.getElementById('run').checkVisibility();";
        ensure!(stage.page.script(shows_form, &[]).await? == json!(false), "it may not submit");
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        stage.page.wait("#pool", "succeeded", "1", SOON).await?;
        let shown = stage.server.command(&["invite", "show", &id]).await?;
        for executor in stage.colony.executors().await? {
            ensure!(shown.contains(&executor.executorname), "it came otherwise: {shown}");
        }
        check_kept(stage, secret).await
    })
    .await
}

async fn check_kept(stage: &Stage, secret: &str) -> Result<()> {
    let kept = stage.page.script_async(KEPT, &[]).await?;
    let text = |name: &str| kept.get(name).and_then(Value::as_str).context("a text");
    for name in kept.get("names").and_then(Value::as_array).context("names")? {
        let is_known = KNOWN.iter().any(|known| name == known);
        ensure!(is_known, "storage has {name}");
    }
    ensure!(kept.get("databases") == Some(&json!(0)), "a database is kept");
    let (stored, shown) = (text("stored")?, text("shown")?);
    ensure!(stored.contains("webpool-visit") && shown.contains("data-executor-id"), "{kept}");
    ensure!(!stored.contains(secret) && !shown.contains(secret), "the invite's secret is kept");
    // Ids are as long as keys, and no secret.
    let executors = stage.colony.executors().await?;
    let ids: BTreeSet<_> = executors.iter().map(|executor| executor.executorid.as_str()).collect();
    ensure!(like_keys(stored).is_empty(), "a key is in storage: {stored}");
    let others: Vec<_> = like_keys(shown).into_iter().filter(|text| !ids.contains(text)).collect();
    ensure!(others.is_empty(), "a key is in the document: {others:?}");
    Ok(())
}

/// The texts of 64 hex digits and more.
fn like_keys(text: &str) -> Vec<&str> {
    let words = text.split(|char: char| !char.is_ascii_hexdigit());
    words.filter(|word| word.len() >= 64).collect()
}

/// Why nobody may come by a secret, as the server tells the page.
const WHY_NOT: &str = "const [body, done] = arguments;
    fetch('/link/invite', { method: 'POST', body }).then(r => r.json()).then(r => done(r.code));";

#[tokio::test]
async fn a_revoked_invite_says_so() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        let (link, id) = invite(stage).await?;
        let (_, secret) = link.split_once("#invite=").context("no secret")?;
        come(stage, &link).await?;
        stage.server.command(&["invite", "revoke", &id]).await?;
        stage.page.wait("#pool", "error", "revoked-invite", SOON).await?;
        stage.colony.wait_approved(0, SOON).await?;
        // Nor does it do any good to open the link again.
        stage.page.goto("about:blank").await?;
        stage.page.goto(&link).await?;
        stage.page.wait("#pool", "state", "stopped", SOON).await?;
        ensure!(stage.page.script_async(WHY_NOT, &[secret]).await? == json!("revoked-invite"));
        stays("nothing to start", WATCHED, async || {
            let is_hidden = "return document.getElementById('start')?.checkVisibility() !== true;";
            Ok(Look::is(&stage.page.script(is_hidden, &[]).await?, &json!(true)))
        })
        .await
    })
    .await
}
