//! What rows do again and again: give work, wait for a slot, look at who is there.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::Instant;
use webpool_colony::request::CancelProcess;
use webpool_colony::{FunctionSpec, Process, ProcessState, Timestamp};

use crate::case::Case;
use crate::harness::{Look, cpu_time, since_1970, text, until};

/// How long what should be there at once may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(15);

/// No limit of time.
pub(crate) const FOR_EVER: i64 = -1;

/// Computes for a thousand hours, and looks up now and then.
pub(crate) const BREATHING: &str = r#"["3600000000"]"#;

/// Computes for a thousand hours without looking up.
pub(crate) const BLOCKING: &str = r#"["3600000000", "block"]"#;

/// From the kill of a computation that never looks up to the end of its thread, measured with
/// [`WINDOW`]: Chromium waits for 2 s before it uses force.
pub(crate) const THREAD_ENDS: Duration = Duration::from_secs(4);

/// Over so long the page's share of a core is measured.
const WINDOW: Duration = Duration::from_millis(300);

impl Case {
    /// Submits `burn` with these arguments, which may run so long, in s, and has no second try.
    pub(crate) async fn burn(&self, args: &str, limit_s: i64) -> Result<String> {
        let spec = self.stage.call("burn", args)?;
        let spec = FunctionSpec { maxexectime: limit_s, maxretries: 0, ..spec };
        Ok(self.stage.colony.submit(spec).await?.processid)
    }

    /// The same, and waits until it runs.
    pub(crate) async fn burn_now(&self, args: &str, limit_s: i64) -> Result<Process> {
        let id = self.burn(args, limit_s).await?;
        self.stage.colony.wait(&id, ProcessState::Running, SOON).await
    }

    /// Calls a process off.
    pub(crate) async fn cancel(&self, id: &str) -> Result<()> {
        let processid = id.to_owned();
        self.stage.colony.ask(&CancelProcess { processid }).await.map(drop)
    }

    /// Waits until the first slot is in a state.
    pub(crate) async fn wait_slot(&self, state: &str, within: Duration) -> Result<()> {
        self.stage.page.wait("[data-slot='0']", "state", state, within).await
    }

    /// The executor of every slot, slot 0 first.
    pub(crate) async fn executors(&self) -> Result<Vec<String>> {
        let slots = self.stage.page.slots().await?;
        Ok(slots.iter().map(|slot| slot.get("executor-id").to_owned()).collect())
    }

    /// Checks that work is done, by the same executors as before.
    pub(crate) async fn check_works_with(&self, executors: &[String]) -> Result<()> {
        let process = self.stage.colony.run(self.stage.call("add", "[20, 22]")?).await?;
        ensure!(text(&process.output) == "42", "{:?}: {:?}", process.state(), process.errors);
        let now = self.executors().await?;
        ensure!(now == executors, "the executors are {now:?} instead of {executors:?}");
        let known = self.stage.colony.executors().await?.len();
        ensure!(known == executors.len(), "{known} executors have been there");
        Ok(())
    }

    /// Waits until a page computes no more: its process takes less than a tenth of a core.
    pub(crate) async fn wait_calm(&self, tab: u32, within: Duration) -> Result<()> {
        let mut from = (Instant::now(), cpu_time(tab)?);
        until("a page that computes nothing", within, async || {
            let elapsed = from.0.elapsed();
            if elapsed < WINDOW {
                return Ok(Look::NotYet("it is being measured".to_owned()));
            }
            let now = cpu_time(tab)?;
            let taken = now.saturating_sub(from.1);
            from = (Instant::now(), now);
            let seen = format!("it took {taken:?} of {elapsed:?}");
            Ok(Look::at(Some(()).filter(|()| taken < elapsed / 10), seen))
        })
        .await
    }
}

/// How long ago a moment of the server's was; it is on the same machine.
pub(crate) fn age(moment: Timestamp) -> Result<Duration> {
    let moment = moment.since_unix().context("this moment is never")?;
    Ok(since_1970()?.saturating_sub(moment))
}
