//! On a narrow screen nothing has to be scrolled sideways, and the pool can be started.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::harness::{Setup, Stage, play};

const SOON: Duration = Duration::from_secs(5);

/// As wide as the narrowest phones, in CSS pixels.
const WIDTH: u32 = 320;
const HEIGHT: u32 = 640;

/// Width of the window, then of what it shows.
const WIDTHS: &str = "return [innerWidth, document.scrollingElement.scrollWidth];";

/// Whether the button lies within the width of the window.
const IS_INSIDE: &str = "const { left, right, height } =
        document.getElementById('start').getBoundingClientRect();
    return left >= 0 && right <= innerWidth && right > left && height > 0;";

#[tokio::test]
async fn a_narrow_screen_shows_everything() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.page.set_screen(WIDTH, HEIGHT).await?;
        stage.page.open("worker_count=2").await?;
        check_width(stage).await?;
        ensure!(stage.page.script(IS_INSIDE, &[]).await? == json!(true), "#start is out of sight");
        stage.page.click("start").await?;
        stage.page.wait_ready(2, SOON).await?;
        ensure!(stage.colony.output("fibonacci", "[5000]").await?.len() == 1045);
        stage.page.wait("#pool", "succeeded", "1", SOON).await?;
        check_width(stage).await?;
        stage.page.click("stop").await?;
        stage.page.wait("#pool", "state", "stopped", SOON).await
    })
    .await
}

async fn check_width(stage: &Stage) -> Result<()> {
    let (window, shown): (u32, u32) =
        serde_json::from_value(stage.page.script(WIDTHS, &[]).await?)?;
    ensure!(window == WIDTH, "the window is {window} pixels wide");
    ensure!(shown <= window, "{shown} pixels are shown in a window of {window}");
    Ok(())
}
