//! The run form submits to the colony and shows exactly what came of it, also without any slot.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use webpool_colony::ProcessState;
use webpool_kernels::{HostInfo, run_native};

use crate::harness::{Look, Setup, Stage, play, until};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn without_a_slot_the_process_waits() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.page.open("worker_count=1").await?;
        submit(stage, "add", "[5, 3]").await?;
        stage.page.wait("#result", "state", "waiting", SOON).await?;
        let id = until("the id of the process", SOON, async || {
            let id = stage.page.result().await?.0.get("process-id").to_owned();
            Ok(Look::at(Some(id).filter(|id| !id.is_empty()), "it is empty"))
        })
        .await?;
        let process = stage.colony.process(&id).await?;
        ensure!(process.state() == Some(ProcessState::Waiting));
        ensure!(process.spec.maxexectime == -1, "a limit nobody asked for");

        stage.press_start().await?;
        check(stage, "success", "8").await?;
        ensure!(stage.page.result().await?.0.get("process-id") == id);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_text_is_exactly_the_outputs() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        for (function, args, output) in [
            ("echo", r#"["two  spaces, <b>no</b> markup"]"#, "two  spaces, <b>no</b> markup"),
            ("echo", r#""Hello from browser!""#, "Hello from browser!"),
            ("multiply", "7 6", "42"),
            ("count_primes", r#"["0", 1000]"#, "168"),
        ] {
            submit(stage, function, args).await?;
            check(stage, "success", output).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_text_is_exactly_the_errors() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        submit(stage, "add", r#"["five", 3]"#).await?;
        let errors = "argument a of add must be a number, got \"five\"";
        check(stage, "failed", errors).await
    })
    .await
}

#[tokio::test]
async fn a_picture_stands_beside_the_result() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        let args = "[-0.5, 0, 3, 64, 48, 200]";
        submit(stage, "mandelbrot", args).await?;
        let output = run_native("mandelbrot", args, "", HostInfo::default())?.join("\n");
        check(stage, "success", &output).await?;
        until("a painted canvas", SOON, async || {
            let painted = "return [...document.querySelectorAll('canvas')].some(c =>
                !c.closest('#result') && c.width > 0 && c.getClientRects().length > 0 &&
                c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0));";
            Ok(Look::is(&stage.page.script(painted, &[]).await?, &json!(true)))
        })
        .await
    })
    .await
}

async fn submit(stage: &Stage, function: &str, args: &str) -> Result<()> {
    stage.page.fill("run-function", function).await?;
    stage.page.fill("run-args", args).await?;
    stage.page.click("run").await
}

async fn check(stage: &Stage, standing: &str, wanted: &str) -> Result<()> {
    until(&format!("result {standing}"), SOON, async || {
        let (result, shown) = stage.page.result().await?;
        let seen = (result.get("state").to_owned(), shown);
        Ok(Look::is(&seen, &(standing.to_owned(), wanted.to_owned())))
    })
    .await
}
