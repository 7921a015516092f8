//! A page with busy slots goes: how long it takes until its work waits again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
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
        self.wait_running(processes).await
    }

    /// Waits until all processes run.
    ///
    /// # Errors
    ///
    /// If they do not in time.
    pub async fn wait_running(&self, processes: &[String]) -> Result<()> {
        for id in processes {
            self.colony.wait(id, ProcessState::Running, LONGEST).await?;
        }
        Ok(())
    }

    /// Lets the page go; how long it took until all of its processes waited again: from the page's own
    /// last moment, or from the signal that killed it. The page is open again afterwards.
    ///
    /// # Errors
    ///
    /// If a process does not wait again, or that counts as a failure of it.
    pub async fn leave(&self, going: Going, processes: &[String]) -> Result<Duration> {
        self.page.open_spare_tab().await?;
        self.page.note_going().await?;
        let tab = self.page.process_with_workers(processes.len()).await?;
        let killed = since_1970()?;
        let go = async {
            match going {
                Going::Closed => self.page.close_tab().await,
                Going::Reloaded => self.page.reload().await,
                Going::Killed => self.page.kill_tab(tab).await,
            }
        };
        let (gone, waiting) = tokio::join!(go, self.wait_given_back(processes));
        gone?;
        let waiting = waiting?;
        let gone = match going {
            Going::Killed => killed,
            Going::Closed | Going::Reloaded => {
                self.page.open("").await?;
                self.page.when_gone().await?
            }
        };
        // Firefox ends the sockets of a page that is loaded again before it tells the page.
        Ok(waiting.saturating_sub(gone))
    }

    /// Waits until all processes wait again; when that was, since 1970.
    ///
    /// # Errors
    ///
    /// If they do not in time, or that counts as a failure of one.
    pub async fn wait_given_back(&self, processes: &[String]) -> Result<Duration> {
        for id in processes {
            let process = self.colony.wait(id, ProcessState::Waiting, LONGEST).await?;
            ensure!(process.retries == 0, "giving back used up a retry");
        }
        since_1970()
    }
}

/// The time since 1970, as a page has it.
///
/// # Errors
///
/// If the clock is wrong by half a century.
#[expect(clippy::disallowed_methods, reason = "never in wasm; the browser's clock is the same")]
pub fn since_1970() -> Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}
