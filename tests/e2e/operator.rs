//! The operator's view, on the narrowest of phones: signing in, an invite made, and the executors that
//! come by its link seen, removed and banned.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::harness::{Browser, Kind, Look, Page, Setup, Stage, play, until};

const SOON: Duration = Duration::from_secs(15);

/// As wide as the narrowest phones, in CSS pixels.
const WIDTH: u32 = 320;
const HEIGHT: u32 = 640;

/// Whether a page can be read without scrolling it sideways.
const FITS: &str =
    "return innerWidth === 320 && document.scrollingElement.scrollWidth <= innerWidth;";

/// The executors that are shown as joined and here, by id.
const SHOWN: &str = "const rows = '[data-member][data-state=joined][data-presence=here]';
    return [...document.querySelectorAll(rows)].map(row => row.dataset.member);";

/// Presses a button, as a key or a finger does.
const PRESS: &str = "const button = document.querySelector(arguments[0]);
    button?.click();
    return Boolean(button);";

/// A fresh executor follows one that had to go. After the ban it is refused, and its farewell, posted
/// all the same, is that of somebody whom the broker never knew.
const SENT_AWAY: Setup = Setup { expected_errors: &["status of 500"], ..Setup::USUAL };

/// The operator's browser, which is another one.
struct Operator(Page);

impl Operator {
    /// Signs in by the form.
    async fn enter(stage: &Stage) -> Result<Self> {
        let page =
            Page::new(Browser::start(Kind::Chromium, &[]).await?, stage.server.url().to_owned());
        page.set_screen(WIDTH, HEIGHT).await?;
        page.goto(&format!("{}/operator", stage.server.url())).await?;
        let said = stage.server.command(&["env", "--secrets"]).await?;
        let key = said.lines().find_map(|line| line.strip_prefix("export WEBPOOL_OPERATOR_KEY="));
        page.fill("operator-key", key.context("no operator key")?).await?;
        let operator = Self(page);
        operator.check_fits().await?;
        operator.0.click("sign-in").await?;
        operator.wait_for("#new-invite").await?;
        Ok(operator)
    }

    async fn wait_for(&self, selector: &str) -> Result<()> {
        until(selector, SOON, async || {
            let found = self.0.elements(selector).await?;
            Ok(Look::at((!found.is_empty()).then_some(()), "there is none"))
        })
        .await
    }

    async fn check_fits(&self) -> Result<()> {
        let fits = self.0.script(FITS, &[]).await? == json!(true);
        ensure!(fits, "something has to be scrolled sideways");
        Ok(())
    }

    /// Makes an invite by the form; its link.
    async fn invite(&self) -> Result<String> {
        self.check_fits().await?;
        self.0.click("new-invite").await?;
        self.wait_for("#make").await?;
        self.check_fits().await?;
        self.0.fill("label", "The lab, with a name that is far too long for this screen").await?;
        self.0.click("make").await?;
        self.wait_for("#qr").await?;
        self.check_fits().await?;
        let link = self.0.value("link").await?;
        self.0.click("done").await?;
        Ok(link)
    }

    /// Waits until so many executors are shown that are none of `others`; who they are. The page
    /// refreshes itself meanwhile.
    async fn sees(&self, count: usize, others: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        until(&format!("{count} other executors in the list"), SOON, async || {
            let shown = self.0.script(SHOWN, &[]).await?;
            let ids = shown.as_array().into_iter().flatten().filter_map(Value::as_str);
            let ids: BTreeSet<String> = ids.map(str::to_owned).collect();
            let is_it = ids.len() == count && ids.is_disjoint(others);
            Ok(Look::at(is_it.then_some(ids), format!("the list has {shown}")))
        })
        .await
    }

    async fn press(&self, selector: &str) -> Result<()> {
        let pressed = self.0.script(PRESS, &[selector]).await?;
        ensure!(pressed == json!(true), "there is no {selector}");
        self.wait_for("#said").await?;
        self.check_fits().await
    }
}

#[tokio::test]
async fn an_operator_invites_sees_removes_and_bans() -> Result<()> {
    play(SENT_AWAY, async |stage| {
        let operator = Operator::enter(stage).await?;
        let link = operator.invite().await?;
        stage.page.goto(&link.replace("/#", "/?worker_count=1#")).await?;
        stage.page.click("start").await?;
        stage.page.wait_ready(1, SOON).await?;
        let first = operator.sees(1, &BTreeSet::new()).await?;
        operator.check_fits().await?;
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        operator.press("[data-act=remove]").await?;
        // Its page sends another, which is a new one with a key of its own.
        operator.sees(1, &first).await?;
        ensure!(stage.colony.output("add", "[5, 3]").await? == "8");
        operator.press("[data-act=ban]").await?;
        stage.page.wait("#pool", "error", "revoked-invite", SOON).await?;
        stage.colony.wait_approved(0, SOON).await?;
        operator.sees(0, &BTreeSet::new()).await?;
        let errors = operator.0.errors(&[]).await?;
        ensure!(errors.is_empty(), "the operator's console shows errors:\n{}", errors.join("\n"));
        Ok(())
    })
    .await
}
