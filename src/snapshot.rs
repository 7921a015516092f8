//! What a pool looks like at one moment: plain data for a view.
//!
//! A [`Snapshot`] is made at most ten times a second. Times are ms, fractions 0..=1.

use std::sync::Arc;

use webpool_wire::{CallState, FunctionInfo, Level, Trouble};

/// The whole pool at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What the pool as a whole does.
    pub state: PoolState,
    /// One entry a slot, slot 0 first.
    pub slots: Vec<SlotView>,
    /// Slots that have joined and not left.
    pub ready: u32,
    /// Processes whose output the server has accepted.
    pub succeeded: u32,
    /// Processes whose failure the server has accepted.
    pub failed: u32,
    /// Unfinished processes that were given back.
    pub given_back: u32,
    /// Finished results that the server has not accepted yet.
    pub pending: u32,
    /// What stands in the way, with the sentence to show.
    pub error: Option<PoolError>,
    /// Newest last; at most 200 entries.
    pub log: Vec<LogEntry>,
    /// Submissions of this page, oldest first; at most 50.
    pub submissions: Vec<Submission>,
    /// Functions on offer, once a compute worker has said them.
    pub functions: Vec<FunctionInfo>,
    /// The build of this page for whose functions the page is to be loaded anew, as soon as nothing
    /// runs here any more (see [`webpool_wire::Reload`]).
    pub renewal: Option<String>,
}

/// What the pool as a whole does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PoolState {
    /// Nothing runs.
    #[default]
    Stopped,
    /// Workers start, none has joined yet.
    Starting,
    /// At least one slot has joined.
    Running,
    /// Held by the person.
    Paused,
    /// Ends what runs, then stops.
    Finishing,
    /// No slot reaches the server.
    Offline,
    /// No slot can work.
    Failed,
}

impl PoolState {
    /// The word of the automation contract.
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finishing => "finishing",
            Self::Offline => "offline",
            Self::Failed => "failed",
        }
    }
}

/// One slot at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SlotView {
    /// What it does.
    pub state: SlotState,
    /// Name of its executor, empty before it has joined.
    pub executor_name: String,
    /// Id of its executor, empty before it has joined.
    pub executor_id: String,
    /// Function of the running process, else empty.
    pub function: String,
    /// The running process, else empty.
    pub process_id: String,
    /// How far it is, 0..=1.
    pub progress: f64,
    /// When the running process began, in ms of the page's clock; none if none runs.
    pub running_since_ms: Option<f64>,
    /// Processes succeeded here.
    pub succeeded: u32,
    /// Processes failed here.
    pub failed: u32,
    /// Why it is offline or failed, else empty.
    pub reason: String,
    /// When it tries again, in ms of the page's clock.
    pub retry_at_ms: Option<f64>,
    /// The last 60 s, oldest first.
    pub blocks: Vec<Block>,
}

/// What a slot does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlotState {
    /// Its worker starts.
    #[default]
    Starting,
    /// It asks the server to be let in.
    Joining,
    /// It waits for work.
    Idle,
    /// It computes.
    Running,
    /// Held by the person.
    Paused,
    /// The server cannot be reached; it tries again.
    Offline,
    /// It ends what runs, then leaves.
    Finishing,
    /// It has left.
    Stopped,
    /// It cannot work.
    Failed,
}

impl SlotState {
    /// The word of the automation contract.
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Joining => "joining",
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Offline => "offline",
            Self::Finishing => "finishing",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// One process in a slot's recent past.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The function.
    pub function: String,
    /// Start, in ms of the page's clock.
    pub from_ms: f64,
    /// End, in ms of the page's clock; none while it runs.
    pub to_ms: Option<f64>,
    /// Whether it failed.
    pub is_failed: bool,
}

/// What stands in the way of the whole pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolError {
    /// What it is.
    pub trouble: Trouble,
    /// One sentence with the server's own words.
    pub sentence: String,
}

/// One line of the activity log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Ever increasing, so a view can tell lines apart.
    pub number: u64,
    /// When, in ms of the page's clock.
    pub at_ms: f64,
    /// How much it matters.
    pub level: Level,
    /// The slot it is about.
    pub slot: Option<u32>,
    /// One sentence.
    pub text: String,
}

/// One submission of this page.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Its number, from 1.
    pub ticket: u32,
    /// The function.
    pub function: String,
    /// Empty until the server has accepted it.
    pub process_id: String,
    /// Where it stands; none before the server has answered. Shared: an output may be long.
    pub state: Option<Arc<CallState>>,
    /// When it was submitted, in ms of the page's clock.
    pub at_ms: f64,
}
