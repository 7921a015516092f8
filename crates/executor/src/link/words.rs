//! What a link is made from, and what it wants done.

use std::time::Duration;

use webpool_colony::PrivateKey;
use webpool_wire::link::{LinkRole, RefusalCode, Welcome};

use crate::event::Reply;
use crate::requests::RequestId;

/// What a link is made from.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// The key that proves who speaks.
    pub key: PrivateKey,
    /// The host of the gateway as the page has it, such as `pool.example.org:8080`.
    pub host: String,
    /// The secret of an invite; empty where none is needed.
    pub token: String,
    /// 32 hex digits: the page load.
    pub visit: String,
    /// What we come for.
    pub role: LinkRole,
    /// Our build.
    pub build: String,
}

/// What a link wants done, and what it brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkCommand {
    /// Open a socket; an earlier one is closed already.
    Connect,
    /// Send this frame.
    Transmit(String),
    /// Close the socket; nothing that comes from it counts any more.
    Disconnect,
    /// Call [`super::Link::wake`] at this `mono` time (replaces an earlier wish).
    WakeAt(Duration),
    /// A request came to an end.
    Replied {
        /// Which.
        id: RequestId,
        /// With what.
        reply: Reply,
    },
    /// Something happened to a followed process.
    Hint(String),
    /// A process cannot be followed any more.
    FollowEnded(String),
    /// The gateway has let us in.
    Welcomed(Welcome),
    /// The gateway will not let us in, whatever we do.
    Barred(RefusalCode, String),
    /// We are no member any more.
    Dismissed(String),
    /// The gateway serves this other build of the page now; none: ours again.
    OtherBuild(Option<String>),
}
