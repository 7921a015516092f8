//! The console that every test checks at its end shows errors of the page, of its workers and of
//! their workers: a check that sees nothing would pass everything.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::harness::{Folder, Look, Setup, dist, play, until};

/// What a page that was tampered with might try, each a violation of its policy.
const VIOLATE: &str = "const add = (name, text) => {
        const element = document.createElement(name);
        element.textContent = text;
        document.head.append(element);
    };
    add('script', 'document.title = `inline`');
    add('style', 'body { display: none }');
    setTimeout('document.title = `text`');
    try { new Worker(URL.createObjectURL(new Blob(['']))); } catch {}
    return [document.title, getComputedStyle(document.body).display];";

const SOON: Duration = Duration::from_secs(5);

/// A script that throws wherever it runs, and in a worker starts another one.
const THROWER: &str = "const place = globalThis.document ? 'page' : self.name;
    if (place === 'worker') new Worker('thrower.js', { name: 'nested' });
    setTimeout(() => { throw new Error(`thrown in ${place}`); });";

/// Runs it in the page, in a worker, and in a worker of a worker.
const THROW: &str = "const script = document.createElement('script');
    script.src = 'thrower.js';
    document.head.append(script);
    new Worker('thrower.js', { name: 'worker' });";

#[tokio::test]
async fn errors_of_every_thread_are_seen() -> Result<()> {
    let files = Folder::copy_of(&dist())?;
    fs::write(files.path().join("thrower.js"), THROWER)?;
    let folder = files.path().to_str().context("the folder has no name")?.to_owned();
    // Once a test: what is leaked lives as long as the program anyway.
    let serve = vec!["--dist", folder.leak()].leak();
    let setup = Setup { serve, expected_errors: &["thrown in "], ..Setup::USUAL };
    play(setup, async |stage| {
        stage.page.open("").await?;
        stage.page.script(THROW, &[]).await?;
        for place in ["page", "worker", "nested"] {
            let error = format!("thrown in {place}");
            until(&error, SOON, async || {
                let errors = stage.page.errors(&[]).await?;
                let is_there = errors.iter().any(|line| line.contains(&error));
                Ok(Look::at(Some(()).filter(|()| is_there), errors.join(", ")))
            })
            .await?;
        }
        Ok(())
    })
    .await
}

/// So the console check of every other test sees whatever the page's policy forbids.
#[tokio::test]
async fn what_the_policy_forbids_is_not_done_and_shown() -> Result<()> {
    let setup = Setup { expected_errors: &["Content Security Policy"], ..Setup::USUAL };
    play(setup, async |stage| {
        stage.page.open("").await?;
        let found = stage.page.script(VIOLATE, &[]).await?;
        ensure!(found == json!(["webpool", "block"]), "the page is now {found}");
        for directive in ["script-src", "style-src", "unsafe-eval", "worker-src"] {
            until(directive, SOON, async || {
                let errors = stage.page.errors(&[]).await?;
                let is_there = errors.iter().any(|line| line.contains(directive));
                Ok(Look::at(Some(()).filter(|()| is_there), errors.join(", ")))
            })
            .await?;
        }
        Ok(())
    })
    .await
}
