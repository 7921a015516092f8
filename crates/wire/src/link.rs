//! Executor and gateway: the frames of a link, as JSON text.
//!
//! The gateway speaks first, with a [`Challenge`]. The executor answers with a [`Hello`] in a signed
//! envelope of the type [`HELLO_TYPE`]; its signer is who it is from then on. Then requests and
//! replies go to and fro, each a body as it would be posted, and the gateway says what happens.

use serde::{Deserialize, Serialize};

/// The version of these frames.
pub const VERSION: u32 = 1;

/// The path of the socket at the page's own server.
pub const PATH: &str = "/link";

/// The `payloadtype` of a [`Hello`]'s envelope.
pub const HELLO_TYPE: &str = "linkhellomsg";

/// Executor to gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToGateway {
    /// The answer to the challenge.
    Hello {
        /// An envelope around a [`Hello`], signed with the executor's own key.
        body: String,
    },
    /// A request of the protocol.
    Request {
        /// Chosen by the executor; the reply carries it.
        id: u64,
        /// The signed body.
        body: String,
    },
    /// The reply is not waited for any more.
    Abort {
        /// Of the request.
        id: u64,
    },
    /// Tell when something happens to a process.
    Follow {
        /// Which.
        process_id: String,
        /// The signed subscription.
        body: String,
    },
    /// No need to follow any more.
    Unfollow {
        /// Which.
        process_id: String,
    },
}

/// Gateway to executor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FromGateway {
    /// The first frame.
    Challenge(Challenge),
    /// The executor is who it says it is.
    Welcome(Welcome),
    /// It may not come in; the socket ends.
    Refused(Refused),
    /// What a request came to.
    Reply {
        /// Of the request.
        id: u64,
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// Something happened to a followed process.
    Hint {
        /// Which.
        process_id: String,
    },
    /// A process cannot be followed any more.
    FollowEnded {
        /// Which.
        process_id: String,
    },
    /// The build of the page that is served: told when it is another one, and again and again, so that
    /// a link is never silent.
    Build {
        /// Which.
        build: String,
    },
    /// It is no member any more; the socket ends.
    Leave {
        /// One sentence.
        reason: String,
    },
}

/// What has to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Challenge {
    /// [`VERSION`].
    pub version: u32,
    /// 64 hex digits, never used before.
    pub nonce: String,
    /// Of the page that is served.
    pub build: String,
    /// Name of the colony.
    pub colony: String,
}

/// Who answers a [`Challenge`], and by what right.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Hello {
    /// Of the challenge.
    pub nonce: String,
    /// The host it believes to talk to, such as `pool.example.org:8080`, so that nobody can pass a
    /// challenge on.
    pub host: String,
    /// The secret of an invite; empty where none is needed.
    pub token: String,
    /// 32 hex digits: one page load and its reloads.
    pub visit: String,
    /// What it comes for.
    pub role: LinkRole,
    /// Of the worker.
    pub build: String,
}

/// What somebody comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkRole {
    /// To run processes.
    Executor,
    /// To submit some.
    Visitor,
}

/// How things stand with who was let in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Welcome {
    /// Whether the colony has it as a member already: it has come back in time.
    pub is_known: bool,
    /// The process it holds, if any.
    pub holds: Option<String>,
    /// The `timeout` of its requests for work, in s; the gateway sends them on as often as needed.
    pub poll_s: u32,
    /// After so long without a request for work the server takes an executor off, in s; none if the
    /// gateway does not know.
    pub stale_after_s: Option<u32>,
    /// After so long without a frame the link is broken, in s, for the gateway says something more
    /// often: a [`FromGateway::Build`], if nothing else. None: it may be silent for ever.
    pub silent_after_s: Option<u32>,
}

/// Why somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Refused {
    /// Which reason.
    pub code: RefusalCode,
    /// One sentence.
    pub reason: String,
    /// When it may try again, in s; none if that would change nothing.
    pub retry_after_s: Option<u32>,
}

/// The reasons not to let somebody in; stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The answer does not fit the challenge.
    BadHello,
    /// An invite is needed.
    NoInvite,
    /// There is no such invite.
    UnknownInvite,
    /// The invite was revoked.
    RevokedInvite,
    /// The invite has expired.
    ExpiredInvite,
    /// The invite was used as often as it may be.
    UsedUpInvite,
    /// Too many executors of this invite or address.
    TooMany,
    /// Too many attempts.
    TooFast,
    /// Somebody else has the name.
    NameTaken,
    /// The page is older than what this server works with.
    TooOld,
    /// Visitors may not submit here.
    NoVisitors,
    /// The colony cannot be reached, or the server ends.
    Unavailable,
}

impl RefusalCode {
    /// The stable code.
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::BadHello => "bad-hello",
            Self::NoInvite => "no-invite",
            Self::UnknownInvite => "unknown-invite",
            Self::RevokedInvite => "revoked-invite",
            Self::ExpiredInvite => "expired-invite",
            Self::UsedUpInvite => "used-up-invite",
            Self::TooMany => "too-many",
            Self::TooFast => "too-fast",
            Self::NameTaken => "name-taken",
            Self::TooOld => "too-old",
            Self::NoVisitors => "no-visitors",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether the same page may be let in later, without anybody doing anything.
    pub const fn is_passing(self) -> bool {
        match self {
            Self::TooMany | Self::TooFast | Self::Unavailable => true,
            Self::BadHello
            | Self::NoInvite
            | Self::UnknownInvite
            | Self::RevokedInvite
            | Self::ExpiredInvite
            | Self::UsedUpInvite
            | Self::NameTaken
            | Self::TooOld
            | Self::NoVisitors => false,
        }
    }
}
