//! While every worker computes, the main thread has no task over 50 ms.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use webpool_colony::ProcessState;

use crate::harness::{Look, Setup, call, play, until};

/// Entries of type `longtask` are tasks over 50 ms.
const OBSERVE: &str = "window.longTasks = [];
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window.longTasks.push(entry.toJSON());
    }).observe({ type: 'longtask' });";

/// A task of 80 ms, to see that the observer observes. What WebDriver runs itself is not counted.
const BLOCK: &str = "setTimeout(() => {
        const begun = performance.now();
        while (performance.now() - begun < 80);
    });";

const WORKERS: u32 = 2;

#[tokio::test]
async fn the_main_thread_stays_free() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(WORKERS).await?;
        stage.page.script(OBSERVE, &[]).await?;
        stage.page.script(BLOCK, &[]).await?;
        until("the task of 80 ms", Duration::from_secs(5), async || {
            let seen = stage.page.script("return window.longTasks.length;", &[]).await?;
            Ok(Look::at(Some(()).filter(|()| seen != json!(0)), &seen))
        })
        .await?;
        stage.page.script("window.longTasks = [];", &[]).await?;
        let mut processes = Vec::new();
        for _ in 0..WORKERS {
            processes.push(stage.colony.submit(call("burn", r#"["2000"]"#)?).await?.processid);
            let picture = "[-0.5, 0, 3, 400, 300, 1000]";
            processes.push(stage.colony.submit(call("mandelbrot", picture)?).await?.processid);
        }
        for number in 0..20 {
            let spec = call("add", &format!("[{number}, 1]"))?;
            processes.push(stage.colony.submit(spec).await?.processid);
        }
        for id in processes {
            stage.colony.wait(&id, ProcessState::Success, Duration::from_secs(20)).await?;
        }
        let tasks = stage.page.script("return window.longTasks;", &[]).await?;
        ensure!(tasks.as_array().is_some_and(Vec::is_empty), "tasks over 50 ms: {tasks:#}");
        Ok(())
    })
    .await
}
