//! The words the parts of the machine share: what it is made from, what it waits for, what it wants.

use std::time::Duration;

use webpool_colony::{Json, PrivateKey};
use webpool_wire::Reload;

use crate::outbox::EntryId;

/// What an executor is made from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The colony to join.
    pub colony: String,
    /// What the executor's name begins with.
    pub name: String,
    /// What processes are matched against.
    pub executor_type: String,
    /// The seat in the pool; part of the name.
    pub slot: u32,
    /// How many slots share the permits, 1..=64.
    pub slots: u32,
    /// Hardware and software, as the protocol has it.
    pub capabilities: Json,
    /// The executor's own key.
    pub key: PrivateKey,
    /// The key that signs joining and leaving: the colony owner's, forgotten once joined, or behind
    /// a gateway, which has that key, the executor's own.
    pub owner_key: PrivateKey,
    /// What becomes of a function that only another build may have.
    pub reload: Reload,
    /// After so long without a request for work the server takes us off, in s; none if that is not
    /// known. A gateway says it too.
    pub stale_after_s: Option<u32>,
}

/// Who may ask for work, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Polls {
    /// A few slots at a time, the shorter the more there are.
    Shared,
    /// All of them: the gateway queues them. Each of its requests to the server takes so long.
    Queued(Duration),
}

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Add,
    Approve,
    Poll,
    SignOfLife,
    Recover { since: Duration },
    Register,
    Close(EntryId),
    Verify(EntryId),
    Inspect(u32),
    Log,
    Leave,
    LeaveAgain,
}

/// What a machine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Reconnect,
    Poll,
    Recover,
    SignOfLife,
    Register,
    Deliver,
    Deadline,
    Follow,
    Look,
    Compute,
    LeaveNow,
    LeaveAgain,
}

/// How far it is with its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    New,
    Joining,
    Joined,
    Leaving,
    Left,
    Ended,
}

/// What the person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Work,
    Hold,
    Finish,
    Stop,
}

/// Whether it asks for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Poll {
    None,
    WantsPermit,
    Open { until: Duration },
}

/// Why nothing is sent at the moment.
#[derive(Clone, Debug)]
pub(super) struct Offline {
    pub(super) reason: String,
    pub(super) retry_at: Duration,
}

/// What the compute worker is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compute {
    Starting,
    Ready,
    Dead,
}
