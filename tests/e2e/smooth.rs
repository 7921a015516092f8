//! While every worker computes, the main thread has no task over 50 ms that comes from the pool.
//!
//! What counts is CPU time, which no other load of the machine can stretch; and every task of the
//! page's main thread counts, from the click that starts the pool to its end.

use std::time::Duration;

use anyhow::{Result, ensure};
use webpool_colony::ProcessState;

use crate::harness::{Look, Setup, Stage, Task, call, play, until};

const TRACED: Setup = Setup { is_traced: true, ..Setup::USUAL };

/// A task of 80 ms of computing, to see that the observer observes: so many rounds of a loop as
/// take 80 ms when nothing disturbs them.
const CONTROL: &str = "const done = arguments[0];
    let sum = 1;
    const compute = rounds => {
        const begun = performance.now();
        for (let i = 0; i < rounds * 100000; i++) sum = Math.imul(sum, 31) + i | 0;
        return performance.now() - begun;
    };
    const times = Array.from({ length: 100 }, () => compute(1));
    const rounds = Math.ceil(80 / Math.max(0.01, Math.min(...times)));
    setTimeout(() => {
        performance.mark('control');
        setTimeout(() => {
            compute(rounds);
            setTimeout(() => { performance.mark('over'); done(sum); });
        });
    });";

const LONGEST: Duration = Duration::from_millis(50);
const SOON: Duration = Duration::from_secs(20);
const WORKERS: u32 = 4;
const ROUNDS: u32 = 2;

#[tokio::test]
async fn the_main_thread_stays_free() -> Result<()> {
    play(TRACED, async |stage| {
        stage.page.open(&format!("worker_count={WORKERS}")).await?;
        mark(stage, "begin").await?;
        for _ in 0..ROUNDS {
            go_round(stage).await?;
        }
        mark(stage, "end").await?;
        stage.page.script_async(CONTROL, &[]).await?;
        let trace = stage.page.take_trace().await?;
        let control = long(&trace.tasks("control", "over")?);
        ensure!(control.len() == 1, "the task of 80 ms is not seen: {control:?}");
        let tasks = long(&trace.tasks("begin", "end")?);
        ensure!(tasks.is_empty(), "tasks over {LONGEST:?}: {tasks:#?}");
        Ok(())
    })
    .await
}

async fn mark(stage: &Stage, name: &str) -> Result<()> {
    stage.page.script("performance.mark(arguments[0]);", &[name]).await.map(drop)
}

fn long(tasks: &[Task]) -> Vec<String> {
    tasks.iter().filter(|task| task.cpu > LONGEST).map(ToString::to_string).collect()
}

/// Starts, computes with every worker, grows and shrinks while short processes come and go, ends.
async fn go_round(stage: &Stage) -> Result<()> {
    stage.page.click("start").await?;
    stage.page.wait_ready(WORKERS, SOON).await?;
    let mut processes = Vec::new();
    for _ in 0..WORKERS {
        processes.push(submit(stage, "burn", r#"["1000"]"#).await?);
    }
    until("every worker computes", SOON, async || {
        let running = stage.page.elements("[data-slot][data-state=running]").await?.len();
        Ok(Look::is(&running, &usize::try_from(WORKERS)?))
    })
    .await?;
    for workers in [2 * WORKERS, 1, WORKERS] {
        for number in 0..10 {
            processes.push(submit(stage, "add", &format!("[{number}, 1]")).await?);
        }
        processes.push(submit(stage, "mandelbrot", "[0, 0, 3, 400, 300, 999]").await?);
        stage.page.fill("worker-count", &workers.to_string()).await?;
        stage.page.wait_ready(workers, SOON).await?;
    }
    for id in processes {
        stage.colony.wait(&id, ProcessState::Success, SOON).await?;
    }
    stage.page.click("finish").await?;
    stage.page.wait("#pool", "state", "stopped", SOON).await
}

async fn submit(stage: &Stage, function: &str, args: &str) -> Result<String> {
    Ok(stage.colony.submit(call(function, args)?).await?.processid)
}
