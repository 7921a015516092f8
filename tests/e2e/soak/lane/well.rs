//! Whether the slots of a way are well, and what its page takes.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use webpool_colony::types::Executor;

use super::{Lane, executor_type};
use crate::harness::{Look, Memory, call, text, until};

/// How long it may take until all slots are well again. One whose request for work a fault has silenced
/// looks idle until it gives up waiting for the answer, after 23 s over http and 45 s over a link.
const SETTLED: Duration = Duration::from_secs(90);

impl Lane<'_> {
    /// Waits until all slots are well, and checks that each of them works.
    pub(crate) async fn settle(&self) -> Result<()> {
        let slots = until("slots that are well", SETTLED, async || {
            let slots = self.page.slots().await?;
            let workers = self.page.script("return window.kept.size;", &[]).await?;
            let executors = self.executors().await?;
            let states: Vec<String> = slots.iter().map(ToString::to_string).collect();
            let is_well = slots.iter().all(|slot| slot.get("state") == "idle")
                && workers == self.slots
                && u32::try_from(executors.len()).is_ok_and(|known| known == self.slots);
            let known = executors.iter().map(|executor| executor.executorname.as_str());
            let known: Vec<&str> = known.collect();
            let seen = format!("{workers} workers, {known:?}, {states:?}");
            Ok(Look::at(Some(slots).filter(|_| is_well), seen))
        })
        .await?;
        for slot in slots {
            let mut spec = call("add", "[40, 2]")?;
            executor_type(self.way).clone_into(&mut spec.conditions.executortype);
            spec.conditions.executornames = Some(vec![slot.get("executor-name").to_owned()]);
            let colony = self.ground.colony().await;
            let id = colony.submit(spec).await?.processid;
            let process = colony.wait_final(&id, SETTLED).await;
            let process = process.with_context(|| format!("it does nothing: {slot}"))?;
            ensure!(text(&process.output) == "42", "{slot}: {process:?}");
        }
        Ok(())
    }

    /// The executors of this way that may work.
    async fn executors(&self) -> Result<Vec<Executor>> {
        let mut executors = self.ground.colony().await.approved().await?;
        executors.retain(|executor| executor.executortype == executor_type(self.way));
        Ok(executors)
    }

    /// The memory of the page and its workers.
    pub(crate) async fn memory(&self) -> Result<Memory> {
        self.page.memory(usize::try_from(self.slots)?).await
    }

    /// What a person would look at after a failure.
    pub(crate) async fn account(&self) -> String {
        let slots = self.page.slots().await.unwrap_or_default();
        let slots: Vec<String> = slots.iter().map(ToString::to_string).collect();
        let console = self.page.console().await.unwrap_or_default();
        let last: Vec<String> = console.into_iter().rev().take(15).collect();
        format!(
            "{}:\n{}\nconsole, the last first:\n{}",
            self.way,
            slots.join("\n"),
            last.join("\n")
        )
    }
}
