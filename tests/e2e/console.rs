//! The console that every test checks at its end shows errors of the page, of its workers and of
//! their workers: a check that sees nothing would pass everything.

use std::time::Duration;

use anyhow::Result;

use crate::harness::{Look, Setup, play, until};

const SOON: Duration = Duration::from_secs(5);

/// Throws in the page, in a worker, and in a worker of a worker.
const THROW: &str = "const start = code => new Worker(URL.createObjectURL(new Blob([code])));
    const fail = place => `setTimeout(() => { throw new Error('thrown in ${place}'); });`;
    (0, eval)(fail('page'));
    start(fail('worker'));
    start(`const start = ${start}; start(\"${fail('nested')}\");`);";

#[tokio::test]
async fn errors_of_every_thread_are_seen() -> Result<()> {
    let setup = Setup { expected_errors: &["thrown in "], ..Setup::USUAL };
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
