//! Who is not let in, or no more: all slots fail with the server's sentence, and another try with what
//! was missing mends it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::acts::SOON;
use crate::case::Case;
use crate::harness::{SERVER_KEY, Setup, Way};
use crate::row::Row;

/// Slots.
const SLOTS: u32 = 2;

/// From the next start to all slots joined.
const JOINED: Duration = Duration::from_secs(5);

/// A request that is refused is told in the console, and so is the farewell of who was never there.
const REFUSED: Setup = Setup { expected_errors: &["Failed to load resource"], ..Setup::USUAL };

pub(crate) fn rows() -> Vec<Row> {
    let key = Row::new("refused", Way::Http, "the key of somebody else", JOINED, |case| {
        Box::pin(by_key(case))
    });
    let invite = Row::new("refused", Way::Link, "the invite is withdrawn", JOINED, |case| {
        Box::pin(by_invite(case))
    });
    [key, invite].map(|row| row.with_setup(REFUSED)).into()
}

async fn by_key(case: &Case) -> Result<()> {
    let page = &case.stage.page;
    page.open(&format!("worker_count={SLOTS}")).await?;
    page.fill("colony-key", SERVER_KEY).await?;
    page.click("start").await?;
    told(case, "refused").await?;
    case.begin();
    case.start(SLOTS).await?;
    all_joined(case).await
}

async fn by_invite(case: &Case) -> Result<()> {
    let (page, server) = (&case.stage.page, &case.stage.server);
    let (first, second) = (invite(case).await?, invite(case).await?);
    page.goto(&first.link).await?;
    page.click("start").await?;
    page.wait_ready(SLOTS, SOON).await?;
    server.command(&["invite", "revoke", &first.id]).await?;
    told(case, "revoked-invite").await?;
    page.goto("about:blank").await?;
    page.goto(&second.link).await?;
    case.begin();
    page.click("start").await?;
    page.wait_ready(SLOTS, SOON).await?;
    all_joined(case).await
}

/// All slots have failed for this reason, and nobody of theirs is in the colony.
async fn told(case: &Case, error: &str) -> Result<()> {
    case.stage.page.wait("#pool", "error", error, SOON).await?;
    let log = case.stage.page.log().await?;
    let said = log.iter().find(|(level, _)| level == "error").context("the log says nothing")?;
    case.witness(format!("{error}: {}", said.1));
    case.stage.colony.wait_approved(0, SOON).await
}

async fn all_joined(case: &Case) -> Result<()> {
    case.recovered();
    case.stage.colony.wait_approved(usize::try_from(SLOTS)?, SOON).await?;
    ensure!(case.stage.colony.output("add", "[5, 3]").await? == "8");
    case.observed(format!("nobody joined, then {SLOTS} that work"));
    Ok(())
}

/// An invite of the running server.
struct Invite {
    link: String,
    id: String,
}

async fn invite(case: &Case) -> Result<Invite> {
    let said = case.stage.server.command(&["invite", "create", "--label", "Ada"]).await?;
    let link = said.lines().next().context("no link")?;
    let link = link.replace("/#", &format!("/?worker_count={SLOTS}#"));
    let id = said.split("the invite ").nth(1).and_then(|rest| rest.get(..8)).context("no id")?;
    Ok(Invite { link, id: id.to_owned() })
}
