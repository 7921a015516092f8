//! Executors join approved, under a unique name, with a description and their functions.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use webpool_colony::types::Executor;

use crate::harness::{Look, Setup, Stage, play, until};

#[tokio::test]
async fn one_worker_joins() -> Result<()> {
    play(Setup::USUAL, async |stage| check(stage, 1).await).await
}

#[tokio::test]
async fn four_workers_join() -> Result<()> {
    play(Setup::USUAL, async |stage| check(stage, 4).await).await
}

async fn check(stage: &Stage, workers: u32) -> Result<()> {
    stage.start(workers).await?;
    stage.colony.wait_approved(usize::try_from(workers)?, Duration::from_secs(1)).await?;
    let executors = stage.colony.executors().await?;
    let mut by_id = BTreeMap::new();
    for executor in &executors {
        check_description(stage, executor)?;
        check_functions(stage, &executor.executorname).await?;
        by_id.insert(executor.executorid.as_str(), executor);
    }
    stage.page.check_contract().await?;
    let slots = stage.page.slots().await?;
    ensure!(slots.len() == by_id.len());
    for (number, slot) in slots.iter().enumerate() {
        let id = slot.get("executor-id");
        let executor = by_id.remove(id).context("a slot's id is unknown to the broker")?;
        let name = format!("webpool-{number}-{}", id.get(..8).context("an id of 8 digits")?);
        ensure!(executor.executorname == name);
        ensure!(slot.get("executor-name") == name);
        stage.page.wait(&format!("[data-slot='{number}']"), "state", "idle", SOON).await?;
    }
    ensure!(stage.page.pool().await?.get("workers") == workers.to_string());
    Ok(())
}

const SOON: Duration = Duration::from_secs(5);

fn check_description(stage: &Stage, executor: &Executor) -> Result<()> {
    ensure!(executor.executortype == stage.colony.identity().executor_type);
    let capabilities: Value = serde_json::from_str(executor.capabilities.as_str())?;
    let at = |path: &str| capabilities.pointer(path).with_context(|| format!("no {path}"));
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    ensure!(at("/hardware/0/cores")?.as_u64() >= Some(1));
    ensure!(at("/hardware/0/architecture")? == "wasm32");
    ensure!(is_text(at("/hardware/0/platform")?), "{capabilities}");
    ensure!(at("/software/0/name")? == "webpool");
    ensure!(is_text(at("/software/0/version")?), "{capabilities}");
    Ok(())
}

/// Functions are registered after the executor has begun to wait for work.
async fn check_functions(stage: &Stage, executor: &str) -> Result<()> {
    let mut wanted: Vec<&str> = webpool_kernels::ALL.iter().map(|kernel| kernel.name).collect();
    wanted.sort_unstable();
    let functions = until("all functions registered", SOON, async || {
        let functions = stage.colony.functions(executor).await?;
        let mut names: Vec<&str> = functions.iter().map(|f| f.funcname.as_str()).collect();
        names.sort_unstable();
        let seen = format!("{names:?}");
        let is_complete = names == wanted;
        Ok(Look::at(Some(functions).filter(|_| is_complete), seen))
    })
    .await?;
    for function in functions {
        let kernel = webpool_kernels::find(&function.funcname).context("a known function")?;
        let names: Vec<&str> = function.args.iter().map(|arg| arg.name.as_str()).collect();
        let params: Vec<&str> = kernel.params.iter().map(|param| param.name).collect();
        ensure!(function.description == kernel.description);
        ensure!(names == params, "{names:?} instead of {params:?}");
    }
    Ok(())
}
