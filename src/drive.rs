//! `ExecutorPool`: what a page asks of a pool.
//!
//! - `core`: owns the workers and carries out what the supervisor decides

mod core;

use std::fmt;
use std::rc::Rc;

use webpool_wire::{Call, CallState};

use self::core::Core;
use crate::audience::Subscription;
use crate::pool::Event;
use crate::settings::{self, FieldError, Settings};
use crate::snapshot::Snapshot;

/// A pool of executors, and a client that submits.
///
/// A clone is the same pool; when the last one is dropped, every executor leaves its colony.
#[derive(Clone)]
pub struct ExecutorPool {
    core: Rc<Core>,
}

impl fmt::Debug for ExecutorPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExecutorPool")
    }
}

impl ExecutorPool {
    /// Makes a pool in which nothing runs. `base_url` is where the modules of the workers lie;
    /// they are loaded at the first start or submission.
    pub fn new(base_url: &str) -> Self {
        Self { core: Core::new(base_url) }
    }

    /// Starts executors. What ran before gives its work back and leaves, unless it was finishing.
    ///
    /// An empty colony key means the one that was given last.
    ///
    /// # Errors
    ///
    /// One sentence for each bad field; nothing has changed then.
    pub fn start(&self, settings: Settings) -> Result<(), Vec<FieldError>> {
        let settings = self.core.validate(settings)?;
        self.core.handle(Event::Start(settings));
        Ok(())
    }

    /// Takes no new process; holds what runs.
    pub fn pause(&self) {
        self.core.handle(Event::Pause);
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        self.core.handle(Event::Resume);
    }

    /// Ends what runs, delivers what is pending, then stops.
    pub fn finish(&self) {
        self.core.handle(Event::Finish);
    }

    /// Gives back what runs and stops at once.
    pub fn stop(&self) {
        self.core.handle(Event::Stop);
    }

    /// Changes the number of executors of a pool that runs: more join, or the highest ones end what
    /// they run and leave.
    ///
    /// # Errors
    ///
    /// If the number is outside 1..=64; nothing has changed then.
    pub fn resize(&self, workers: u32) -> Result<(), FieldError> {
        settings::worker_count(workers)?;
        self.core.handle(Event::Resize { workers });
        Ok(())
    }

    /// Shows `on_show` the pool: at once, then whenever it has changed, at most ten times a second,
    /// until the subscription is dropped.
    pub fn subscribe(&self, on_show: impl FnMut(&Snapshot) + 'static) -> Subscription {
        self.core.subscribe(Box::new(on_show))
    }

    /// What the pool looks like now.
    pub fn snapshot(&self) -> Snapshot {
        self.core.to_snapshot()
    }

    /// Submits a call to a colony and returns its ticket, under which a snapshot shows what becomes
    /// of it. No executor needs to run here, and the number of workers does not matter.
    ///
    /// # Errors
    ///
    /// One sentence for each bad field; nothing has been submitted then.
    pub fn submit(&self, settings: &Settings, call: Call) -> Result<u32, Vec<FieldError>> {
        self.submit_then(settings, call, |_| {})
    }

    /// Submits a call as [`ExecutorPool::submit`] does; `on_settled` is told how it ended.
    ///
    /// # Errors
    ///
    /// One sentence for each bad field; nothing has been submitted then.
    pub fn submit_then(
        &self,
        settings: &Settings,
        call: Call,
        on_settled: impl FnOnce(&CallState) + 'static,
    ) -> Result<u32, Vec<FieldError>> {
        settings::call(&call).map_err(|error| vec![error])?;
        let settings = self.core.validate(Settings { workers: 1, ..settings.clone() })?;
        let ticket = self.core.open_ticket(Box::new(on_settled));
        self.core.handle(Event::Submit { ticket, call, settings });
        Ok(ticket)
    }

    /// Calls a submission off.
    pub fn cancel(&self, ticket: u32) {
        self.core.handle(Event::CancelCall { ticket });
    }
}
