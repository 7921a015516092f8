//! Room for what is long: bodies of requests, and frames of links, counted in the bytes that have
//! come.
//!
//! A body takes as much as has come of it: who sends slowly takes little. Several that each have a
//! part and wait for more could wait for each other, so there are two kinds of room. All share the
//! common room, first come, first served. When it is used up one of those that wait gets the spare
//! room, as long as any body may be: that one can always go on, gives back its common room as well
//! when it ends, and its time is limited as everybody's is. It leaves the spare room to the next as
//! soon as what it has beyond its common room fits there. Memory is bounded by both rooms together.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::limits::Limits;

/// Who holds it goes through a body; it is never sent anything.
pub(crate) type Handling = oneshot::Sender<Infallible>;

/// The room of all long bodies.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// In bytes.
    common: Arc<Semaphore>,
    /// For one.
    spare: Arc<Semaphore>,
}

/// The room that one body takes, given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    common: Option<OwnedSemaphorePermit>,
    /// For all that has come beyond the common room taken.
    spare: Option<OwnedSemaphorePermit>,
}

impl Taken {
    /// Whether it takes none.
    pub(crate) fn is_none(&self) -> bool {
        self.common.is_none() && self.spare.is_none()
    }

    /// Keeps the room taken until what this returns is dropped, or for `limit`: a long poll waits
    /// without its body.
    pub(crate) fn handling(self, limit: Duration) -> Handling {
        let (handling, handled) = oneshot::channel();
        if !self.is_none() {
            tokio::spawn(async move {
                timeout(limit, handled).await.ok();
                drop(self);
            });
        }
        handling
    }

    /// How many bytes it has of the common room.
    fn common_bytes(&self) -> usize {
        self.common.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    fn add(&mut self, permit: OwnedSemaphorePermit) {
        match &mut self.common {
            Some(common) => common.merge(permit),
            None => self.common = Some(permit),
        }
    }
}

impl Room {
    /// As much as the limits say, the spare included.
    pub(crate) fn new(limits: Limits) -> Self {
        let common = limits.all_body_bytes.saturating_sub(limits.body_bytes);
        let common = common.min(Semaphore::MAX_PERMITS);
        Self { common: Arc::new(Semaphore::new(common)), spare: Arc::new(Semaphore::new(1)) }
    }

    /// Sees to it that a body takes room for `length` bytes; waits until there is some.
    ///
    /// # Cancellation
    ///
    /// Nothing more is taken.
    pub(crate) async fn take(&self, taken: &mut Taken, length: usize) {
        let missing = length.saturating_sub(taken.common_bytes());
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let common = Arc::clone(&self.common);
        if let Ok(permit) = common.try_acquire_many_owned(missing) {
            taken.add(permit);
            taken.spare = None;
        } else if taken.spare.is_none() {
            // Neither is ever closed.
            tokio::select! {
                biased;
                Ok(permit) = Arc::clone(&self.common).acquire_many_owned(missing) => taken.add(permit),
                Ok(permit) = Arc::clone(&self.spare).acquire_owned() => taken.spare = Some(permit),
                else => {}
            }
        }
    }
}
