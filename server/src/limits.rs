//! What one client, or many at once, may take of the server. PROTOCOL.md names every limit;
//! those of a WebSocket are in `pubsub`.

use std::time::Duration;

/// The limits of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most connections, WebSockets included. A process usually has 1024 files.
    pub(crate) connections: usize,
    /// How long a connection may take until the headers of its next request are there.
    pub(crate) headers: Duration,
    /// How long a client may take to read the next part of an answer.
    pub(crate) stall: Duration,
    /// The longest request, in bytes (64 MB).
    pub(crate) body_bytes: usize,
    /// How long a request's body may take.
    pub(crate) body: Duration,
    /// How long a client may take to send the next part of a body.
    pub(crate) body_pause: Duration,
    /// A request above this is a long one, in bytes.
    pub(crate) long_body_bytes: usize,
    /// What has come of all long requests may take so much together, in bytes; others wait, within
    /// the time of a body.
    pub(crate) all_body_bytes: usize,
    /// How long a request counts among them after it has come, if it is not answered.
    pub(crate) handling: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            headers: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            body_bytes: 64 << 20,
            body: Duration::from_mins(2),
            body_pause: Duration::from_secs(30),
            long_body_bytes: 256 << 10,
            all_body_bytes: 256 << 20,
            handling: Duration::from_secs(30),
        }
    }
}
