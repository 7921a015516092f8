//! An executor worker that dies is replaced: a fresh one takes its slot, and no ghost of the old
//! one stays in the colony. So is one that is told what it cannot read: it dies of it.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::harness::{Look, Setup, Stage, play, until};

const SOON: Duration = Duration::from_secs(15);

/// Keeps what the page constructs from now on: its executor workers, as they come.
const KEEP: &str = "window.kept = [];
    window.Worker = class extends window.Worker {
        constructor(...rest) {
            super(...rest);
            window.kept.push(this);
        }
    };";

/// What the page hears when a worker's program dies.
const KILL: &str = "const event = new ErrorEvent('error', { message: 'killed by the test' });
    window.kept[0].dispatchEvent(event);
    return window.kept.length;";

/// Tells a worker what is no message of the border.
const GARBLE: &str = "window.kept[0].postMessage({ nonsense: 1 });
    return window.kept.length;";

#[tokio::test]
async fn a_dead_executor_is_replaced() -> Result<()> {
    check(KILL).await
}

#[tokio::test]
async fn an_executor_that_is_told_nonsense_is_replaced() -> Result<()> {
    check(GARBLE).await
}

/// Checks that a worker that ends so is replaced.
async fn check(end: &'static str) -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.page.open("worker_count=2").await?;
        stage.page.script(KEEP, &[]).await?;
        stage.page.click("start").await?;
        stage.page.wait_ready(2, SOON).await?;
        stage.colony.wait_approved(2, SOON).await?;

        let before = ids(stage).await?;
        ensure!(stage.page.script(end, &[]).await? == json!(2));
        let after = until("one slot with a new executor", SOON, async || {
            let now = ids(stage).await?;
            let fresh = now.iter().filter(|&id| !id.is_empty() && !before.contains(id)).count();
            Ok(Look::at(Some(now.clone()).filter(|_| fresh == 1), format!("{now:?}")))
        })
        .await?;
        stage.page.wait_ready(2, SOON).await?;
        check_colony(stage, &after).await?;
        for (args, output) in [("[1, 2]", "3"), ("[3, 4]", "7"), ("[5, 6]", "11")] {
            ensure!(stage.colony.output("add", args).await? == output);
        }
        check_colony(stage, &after).await
    })
    .await
}

/// The executor of every slot, slot 0 first.
async fn ids(stage: &Stage) -> Result<Vec<String>> {
    let slots = stage.page.slots().await?;
    Ok(slots.iter().map(|slot| slot.get("executor-id").to_owned()).collect())
}

/// Those that may work are exactly those in the slots.
async fn check_colony(stage: &Stage, slots: &[String]) -> Result<()> {
    let mut wanted = slots.to_vec();
    wanted.sort();
    until("the executors of the slots at the broker", SOON, async || {
        let executors = stage.colony.approved().await?;
        let mut ids: Vec<String> =
            executors.iter().map(|each| each.executorid.as_str().to_owned()).collect();
        ids.sort();
        Ok(Look::is(&ids, &wanted))
    })
    .await
}
