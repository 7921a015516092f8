//! What happens to a pool, and what it wants done. Both sets are closed.

use std::sync::Arc;

use webpool_wire::{Call, CallState, Farewell, FromExecutor, ToExecutor, Trouble};

use crate::settings::Settings;
use crate::worker::WorkerId;

/// When something happens, and the chance that comes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moment {
    /// In ms of the page's clock.
    pub(crate) now_ms: f64,
    /// 0..1, fresh for each event.
    pub(crate) random: f64,
}

/// What the browser says about the computer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Device {
    /// Logical processors.
    pub(crate) cores: Option<u32>,
    /// Memory in GiB.
    pub(crate) memory_gib: Option<f64>,
    pub(crate) platform: String,
    /// Whether Web Locks can be used.
    pub(crate) has_locks: bool,
    /// The page's origin, if its server speaks HTTP/2; else empty.
    pub(crate) multiplexed: String,
}

/// What happens to a pool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// Start with these settings, which [`super::Pool::validate`] has returned.
    Start(Settings),
    /// A start was asked for that the browser will not let succeed.
    Forbidden(String),
    /// Something worth knowing about the start that follows.
    Advised(String),
    Pause,
    Resume,
    Finish,
    Stop,
    /// The pool shall have so many slots.
    Resize {
        /// 1..=64.
        workers: u32,
    },
    /// The modules can be handed to workers.
    ModulesLoaded,
    /// The modules cannot be had.
    ModulesFailed {
        trouble: Trouble,
        reason: String,
    },
    /// A worker takes messages.
    Ready(WorkerId),
    /// What a worker said.
    Said(WorkerId, FromExecutor),
    /// A worker has ended, or could not be spawned.
    Crashed(WorkerId, String),
    /// A worker is of another build, and has ended.
    Outdated(WorkerId, String),
    /// Comes every 10 s, or later: whose worker says nothing any more?
    Look,
    /// The time asked for with [`Command::WakeAt`] has come.
    TimerDue,
    /// Submit this call with these settings, which [`super::Pool::validate`] has returned.
    Submit {
        ticket: u32,
        call: Call,
        settings: Settings,
    },
    /// Call a submission off.
    CancelCall {
        ticket: u32,
    },
    /// The page goes away, perhaps for good.
    PageHidden,
    /// The page comes back from the back/forward cache.
    PageRestored,
}

/// What a pool wants done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// Load the modules; answer with an event.
    LoadModules,
    /// Spawn a worker; answer with [`Event::Ready`], [`Event::Crashed`] or [`Event::Outdated`].
    Spawn(WorkerId),
    /// Tell a worker.
    Send(WorkerId, ToExecutor),
    /// End a worker, as well as can be, and be deaf to it.
    Drop(WorkerId),
    /// End a worker at once.
    Kill(WorkerId),
    /// Send [`Event::TimerDue`] at this time (replaces an earlier wish).
    WakeAt { at_ms: f64 },
    /// Post these, even while the page goes away.
    Beacon(Vec<Farewell>),
    /// Post this when the page goes away, before anything else, if the worker is still there.
    Entrust(WorkerId, Farewell),
    /// A submission has come to its end.
    Settled { ticket: u32, state: Arc<CallState> },
    /// There is something new to show.
    Publish,
}
