//! The watchdog: no slot looks alive and is not.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use webpool_colony::ProcessState;

use crate::acts::SOON;
use crate::case::Case;
use crate::harness::{Attributes, Look, text, until};

/// How long a slot may be in a state that passes.
const PASSING: Duration = Duration::from_secs(45);

/// The states of a slot that stay as they are.
const SETTLED: [&str; 4] = ["idle", "paused", "stopped", "failed"];

impl Case {
    /// Checks that no slot stays in a state that passes, that the executor of each idle one is approved,
    /// and that each of these does a process that is meant for it alone.
    pub(crate) async fn check_sound(&self) -> Result<()> {
        let slots = until("slots that are settled", PASSING, async || {
            let slots = self.stage.page.slots().await?;
            let states: Vec<&str> = slots.iter().map(|slot| slot.get("state")).collect();
            let is_settled = states.iter().all(|state| SETTLED.contains(state));
            let seen = format!("{states:?}");
            Ok(Look::at(is_settled.then_some(slots), seen))
        })
        .await?;
        let idle: Vec<Attributes> =
            slots.into_iter().filter(|slot| slot.get("state") == "idle").collect();
        self.stage.colony.wait_approved(idle.len(), SOON).await?;
        let approved = self.stage.colony.approved().await?;
        let mut processes = Vec::new();
        for slot in &idle {
            let (id, name) = (slot.get("executor-id"), slot.get("executor-name"));
            let is_known = approved.iter().any(|executor| executor.executorid.as_str() == id);
            ensure!(is_known, "the executor of an idle slot is not approved: {slot}");
            let mut spec = self.stage.call("add", "[40, 2]")?;
            spec.conditions.executornames = Some(vec![name.to_owned()]);
            processes.push((name, self.stage.colony.submit(spec).await?.processid));
        }
        for (name, id) in processes {
            let process = self.stage.colony.wait(&id, ProcessState::Success, 2 * SOON).await;
            let process = process.with_context(|| format!("{name} does nothing"))?;
            ensure!(text(&process.output) == "42", "{name}: {:?}", process.output);
        }
        Ok(())
    }
}
