//! What a broker is opened with.
//!
//! The crate itself reads no clock: [`Settings::clock`] is asked instead. A clock that does not run
//! by itself (in tests) is followed by [`crate::Broker::tick`].

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use webpool_colony::{Id, Timestamp};

/// Says what time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a broker is opened with; see [`Settings::new`] for the usual values.
#[derive(Clone)]
pub struct Settings {
    /// The `SQLite` file; made when missing. Two more files appear beside it while it is open.
    pub path: PathBuf,
    /// Who is the server's owner.
    pub server_id: Id,
    /// The wall clock.
    pub clock: Clock,
    /// An executor that has not asked for work for so long is taken off (600 s).
    pub stale_after: Duration,
    /// How often stale executors are looked for (60 s).
    pub sweep_every: Duration,
    /// Where the server listens, for those who ask `getserverinfomsg`.
    pub address: Option<SocketAddr>,
}

impl Settings {
    /// The settings of a reference server, over the file `path`.
    pub fn new(path: impl Into<PathBuf>, server_id: Id, clock: Clock) -> Self {
        Self {
            path: path.into(),
            server_id,
            clock,
            stale_after: Duration::from_mins(10),
            sweep_every: Duration::from_mins(1),
            address: None,
        }
    }

    /// Takes executors off after so long, looked for ten times in that time, but not more often than
    /// once a second, nor less often than once a minute.
    pub fn bear_silence_for(&mut self, stale_after: Duration) {
        self.stale_after = stale_after;
        self.sweep_every = (stale_after / 10).clamp(Duration::from_secs(1), Duration::from_mins(1));
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("path", &self.path)
            .field("server_id", &self.server_id)
            .field("stale_after", &self.stale_after)
            .field("sweep_every", &self.sweep_every)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
