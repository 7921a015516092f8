//! What one client, or many at once, may take of the server. PROTOCOL.md names every limit;
//! those of a WebSocket are in `pubsub`.

use std::time::Duration;

use crate::rates::{Kind, Rate};

/// The limits of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most connections, WebSockets included; a server sets as many as its process has files for.
    pub(crate) connections: usize,
    /// How many requests one HTTP/2 connection may carry at the same time.
    pub(crate) streams: u32,
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
    /// New connections of one client.
    pub(crate) connection_rate: Rate,
    /// Requests of one client; messages over a WebSocket are none.
    pub(crate) request_rate: Rate,
    /// New members of an invite, besides [`Rate::for_many`].
    pub(crate) join_rate: Rate,
    /// Submissions of the visitors of one address elsewhere.
    pub(crate) submission_rate: Rate,
    /// Operator keys that one client tries.
    pub(crate) key_rate: Rate,
    /// How many clients are told from one another at the same time.
    pub(crate) rated_keys: usize,
}

impl Limits {
    /// How often one client may do something.
    pub(crate) const fn rate(&self, kind: Kind) -> Rate {
        match kind {
            Kind::Connection => self.connection_rate,
            Kind::Request => self.request_rate,
            Kind::Join => self.join_rate,
            Kind::Submission => self.submission_rate,
            Kind::Key => self.key_rate,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            streams: 256,
            headers: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            body_bytes: 64 << 20,
            body: Duration::from_mins(2),
            body_pause: Duration::from_secs(30),
            long_body_bytes: 256 << 10,
            all_body_bytes: 256 << 20,
            handling: Duration::from_secs(30),
            connection_rate: Rate { burst: 500, per_second: 100 },
            request_rate: Rate { burst: 5000, per_second: 1000 },
            join_rate: Rate { burst: 16, per_second: 1 },
            submission_rate: Rate { burst: 30, per_second: 1 },
            key_rate: Rate { burst: 10, per_second: 1 },
            rated_keys: 1 << 16,
        }
    }
}
