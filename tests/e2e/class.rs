//! The JavaScript class does what its description says, on a page that has nothing else.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};

use crate::harness::{COLONY, COLONY_KEY, Look, Setup, Stage, TYPE, play, until};

const SOON: Duration = Duration::from_secs(10);

/// The browser asks for an icon of a page that names none.
const BARE: Setup = Setup { expected_errors: &["favicon.ico"], ..Setup::USUAL };

/// Makes a pool; it and its settings stay for what is run later.
const MAKE: &str = "const module = await import('/pool.js');
    await module.default();
    window.pool = new module.ExecutorPool('/');
    window.settings = JSON.parse(given);
    window.add = (a, b) => pool.submit(settings, { function: 'add', args: [a, b] });";

/// Counts the snapshots while much happens for two seconds, and afterwards: how many, within how
/// many ms, and how many after the end of the subscription.
const COUNT: &str = "let calls = 0;
    const begun = performance.now();
    const unsubscribe = pool.onSnapshot(() => { calls += 1; });
    const burn = { function: 'burn', kwargs: { milliseconds: 1500 } };
    const work = [pool.submit(settings, burn)];
    for (let a = 0; a < 40; a += 1) {
        work.push(add(a, a));
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    unsubscribe();
    const [counted, ms] = [calls, performance.now() - begun];
    await Promise.all([...work, add(0, 0)]);
    return [counted, ms, calls - counted];";

#[tokio::test]
async fn the_class_runs_a_pool() -> Result<()> {
    play(BARE, async |stage| {
        make(stage).await?;
        run(stage, "pool.start(settings);").await?;
        wait_for(stage, "running", 2).await?;
        ensure!(run(stage, "return add(5, 3);").await? == json!(["8"]));
        check_refusal(stage, "await add('five', 3);", "argument a of add must be a number").await?;

        run(stage, "pool.pause();").await?;
        wait_for(stage, "paused", 2).await?;
        run(stage, "pool.resume();").await?;
        wait_for(stage, "running", 2).await?;
        check_refusal(stage, "pool.resize(65);", "1 to 64").await?;
        run(stage, "pool.resize(3);").await?;
        wait_for(stage, "running", 3).await?;

        run(stage, "pool.finish();").await?;
        wait_for(stage, "stopped", 0).await?;
        run(stage, "pool.start(settings);").await?;
        wait_for(stage, "running", 2).await?;
        run(stage, "pool.stop();").await?;
        wait_for(stage, "stopped", 0).await
    })
    .await
}

#[tokio::test]
async fn snapshots_come_ten_times_a_second_at_most() -> Result<()> {
    play(BARE, async |stage| {
        make(stage).await?;
        run(stage, "pool.start(settings);").await?;
        wait_for(stage, "running", 2).await?;
        let counted = run(stage, COUNT).await?;
        let (calls, ms, late): (f64, f64, f64) = serde_json::from_value(counted)?;
        ensure!(calls >= 5.0, "{calls} snapshots in {ms} ms of work");
        // The one at once is not paced, and the first change may follow on its heels.
        ensure!(calls <= 2.0 + ms / 100.0, "{calls} snapshots in {ms} ms");
        ensure!(late < 1.0, "{late} snapshots after the end of the subscription");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn bad_settings_are_thrown_as_sentences() -> Result<()> {
    play(BARE, async |stage| {
        make(stage).await?;
        let fields = "executorName: 'a:b', colonyKey: 'zz', workers: 0";
        let words = refusal(stage, &format!("pool.start({{ ...settings, {fields} }});")).await?;
        ensure!(words.matches(". ").count() == 2 && words.ends_with('.'), "not three: «{words}»");
        check_refusal(stage, "pool.start({});", "0 workers are too few or too many").await?;
        let submit = "await pool.submit({}, { function: 'add', args: [5, 3] });";
        ensure!(refusal(stage, submit).await?.ends_with('.'));
        wait_for(stage, "stopped", 0).await?;
        ensure!(stage.colony.executors().await?.is_empty(), "an executor has joined");
        Ok(())
    })
    .await
}

/// Makes a pool on a page of the server that shows a file.
async fn make(stage: &Stage) -> Result<()> {
    stage.page.goto(&format!("{}/manifest.json", stage.server.url())).await?;
    let settings = json!({
        "serverUrl": stage.server.url(), "colony": COLONY, "executorName": "class",
        "executorType": TYPE, "colonyKey": COLONY_KEY, "workers": 2,
    });
    run_with(stage, MAKE, &settings.to_string()).await.map(drop)
}

async fn run(stage: &Stage, body: &str) -> Result<Value> {
    run_with(stage, body, "").await
}

/// What the body of an asynchronous function returns; `given` is its parameter.
async fn run_with(stage: &Stage, body: &str, given: &str) -> Result<Value> {
    match attempt(stage, body, given).await? {
        (true, value) => Ok(value),
        (false, error) => bail!("«{body}» throws {error}"),
    }
}

/// Whether the body returns, and what; or the text of what it throws, if that is an `Error`.
async fn attempt(stage: &Stage, body: &str, given: &str) -> Result<(bool, Value)> {
    let script = format!(
        "const [given, done] = arguments;
        const words = thrown => thrown instanceof Error ? thrown.message : null;
        (async () => {{ {body} }})().then(
            value => done([true, value ?? null]), thrown => done([false, words(thrown)]));"
    );
    Ok(serde_json::from_value(stage.page.script_async(&script, &[given]).await?)?)
}

/// The text of the `Error` that the body throws.
async fn refusal(stage: &Stage, body: &str) -> Result<String> {
    match attempt(stage, body, "").await? {
        (false, Value::String(text)) => Ok(text),
        (is_returned, value) => bail!("«{body}» throws no Error: {is_returned}, {value}"),
    }
}

async fn check_refusal(stage: &Stage, body: &str, words: &str) -> Result<()> {
    let text = refusal(stage, body).await?;
    ensure!(text.contains(words), "«{body}» throws «{text}»");
    Ok(())
}

/// Waits until the pool is in a state, with so many slots that have joined, here and there.
async fn wait_for(stage: &Stage, wanted: &str, ready: usize) -> Result<()> {
    until(&format!("a pool that is {wanted} with {ready}"), SOON, async || {
        let look = "const { state, ready } = pool.snapshot(); return [state, ready];";
        Ok(Look::is(&run(stage, look).await?, &json!([wanted, ready])))
    })
    .await?;
    stage.colony.wait_approved(ready, SOON).await
}
