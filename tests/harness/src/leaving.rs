//! A page with busy slots goes: how long it takes until its work waits again.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::Instant;
use webpool_colony::ProcessState;

use crate::stage::Stage;

/// More than it should ever take.
const LONGEST: Duration = Duration::from_secs(20);

/// How a page goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Going {
    /// Its tab is closed; the browser goes on.
    Closed,
    /// It is loaded again.
    Reloaded,
    /// The process that the tab is in dies.
    Killed,
}

impl Going {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Reloaded, Self::Killed];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reloaded => "reloaded",
            Self::Killed => "killed",
        }
    }

    /// How long it may take until the work waits again.
    pub fn longest(self) -> Duration {
        match self {
            Self::Closed | Self::Reloaded => Duration::from_millis(500),
            Self::Killed => Duration::from_millis(2500),
        }
    }
}

impl Stage {
    /// Submits a minute's work for each of so many slots.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn submit_work(&self, slots: u32) -> Result<Vec<String>> {
        let mut processes = Vec::new();
        for _ in 0..slots {
            let work = self.call("burn", r#"["60000"]"#)?;
            processes.push(self.colony.submit(work).await?.processid);
        }
        Ok(processes)
    }

    /// Starts a slot for each process, and waits until all of them run.
    ///
    /// # Errors
    ///
    /// If they do not in time.
    pub async fn occupy(&self, processes: &[String]) -> Result<()> {
        self.start(u32::try_from(processes.len())?).await?;
        for id in processes {
            self.colony.wait(id, ProcessState::Running, LONGEST).await?;
        }
        Ok(())
    }

    /// Lets the page go; how long it took from the command until all of its processes waited again.
    /// What is driven afterwards is another tab, or the page loaded again.
    ///
    /// # Errors
    ///
    /// If a process does not wait again, or that counts as a failure of it.
    pub async fn leave(&self, going: Going, processes: &[String]) -> Result<Duration> {
        self.page.open_spare_tab().await?;
        let tab = self.page.process_with_workers(processes.len())?;
        let begun = Instant::now();
        let go = async {
            match going {
                Going::Closed => self.page.close_tab().await,
                Going::Reloaded => self.page.reload().await,
                Going::Killed => self.page.kill_tab(tab).await,
            }
        };
        let give_back = async {
            for id in processes {
                let process = self.colony.wait(id, ProcessState::Waiting, LONGEST).await?;
                ensure!(process.retries == 0, "giving back used up a retry");
            }
            Ok(begun.elapsed())
        };
        let (gone, elapsed) = tokio::join!(go, give_back);
        gone?;
        elapsed
    }
}
