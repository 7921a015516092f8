//! While every worker computes, the main thread has no task over 50 ms that comes from the pool.
//!
//! The browser measures time, not work: on a machine with more to do than cores, a short task that
//! is put off looks long. What comes from the pool comes again, what comes from elsewhere does not;
//! so one round of several has to be free of long tasks. A long task of the pool that is rarer than
//! that is not noticed here.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use webpool_colony::ProcessState;

use crate::harness::{Look, Setup, Stage, call, play, until};

/// Entries of type `longtask` are tasks over 50 ms.
const OBSERVE: &str = "window.longTasks = [];
    new PerformanceObserver(list => {
        for (const { startTime, duration } of list.getEntries())
            window.longTasks.push({ startTime, duration });
    }).observe({ type: 'longtask' });";

/// A task of 80 ms, to see that the observer observes. What WebDriver runs itself is not counted.
const BLOCK: &str = "setTimeout(() => {
        const begun = performance.now();
        while (performance.now() - begun < 80);
    });";

const SOON: Duration = Duration::from_secs(5);
const WORKERS: u32 = 2;
const ROUNDS: u32 = 3;

#[tokio::test]
async fn the_main_thread_stays_free() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(WORKERS).await?;
        check_observer(stage).await?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let tasks = long_tasks(stage).await?;
            if tasks == json!([]) {
                return Ok(());
            }
            rounds.push(tasks.to_string());
        }
        bail!("tasks over 50 ms in every round:\n{}", rounds.join("\n"))
    })
    .await
}

async fn check_observer(stage: &Stage) -> Result<()> {
    stage.page.script(OBSERVE, &[]).await?;
    stage.page.script(BLOCK, &[]).await?;
    until("the task of 80 ms", SOON, async || {
        let seen = stage.page.script("return window.longTasks.length;", &[]).await?;
        Ok(Look::at(Some(()).filter(|()| seen != json!(0)), &seen))
    })
    .await
}

/// The long tasks while every worker computes, and while many short processes come and go.
async fn long_tasks(stage: &Stage) -> Result<Value> {
    stage.page.script("window.longTasks = [];", &[]).await?;
    let mut processes = Vec::new();
    for _ in 0..WORKERS {
        for (function, args) in
            [("burn", r#"["2000"]"#), ("mandelbrot", "[0, 0, 3, 400, 300, 999]")]
        {
            processes.push(stage.colony.submit(call(function, args)?).await?.processid);
        }
    }
    for number in 0..20 {
        let spec = call("add", &format!("[{number}, 1]"))?;
        processes.push(stage.colony.submit(spec).await?.processid);
    }
    for id in processes {
        stage.colony.wait(&id, ProcessState::Success, 4 * SOON).await?;
    }
    stage.page.script("return window.longTasks;", &[]).await
}
