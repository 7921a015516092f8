//! How long a gateway has said nothing that should not be silent.

use std::time::Duration;

/// How often it is looked how long a gateway has been silent that should not be.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// How long nothing was heard, by our own running time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    /// When something was heard last; later by the time that we did not run since then.
    since: Duration,
    /// As long is too long.
    limit: Duration,
    /// When it is looked at next. Who looks much later did not run in between: it was frozen.
    look_at: Duration,
}

impl Silence {
    /// Begins to listen; nothing heard for `limit` is too long.
    pub(super) fn new(now: Duration, limit: Duration) -> Self {
        Self { since: now, limit, look_at: now + limit.min(LOOK_EVERY) }
    }

    /// Something was heard.
    pub(super) fn end(&mut self, now: Duration) {
        self.since = now;
    }

    /// When it is looked at next.
    pub(super) fn look_at(&self) -> Duration {
        self.look_at
    }

    /// Looks, if it is time to: whether it has lasted too long.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        let Some(late) = now.checked_sub(self.look_at) else { return false };
        self.since = (self.since + late).min(now);
        let end = self.since + self.limit;
        self.look_at = end.min(now + LOOK_EVERY);
        end <= now
    }
}
