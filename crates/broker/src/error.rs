//! What can go wrong with the broker itself, and what a request is refused with.

use webpool_colony::envelope::{Failure, ReplyEnvelope};

use crate::broker::Answer;

/// Why a broker cannot be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened, read or written.
    #[error("cannot use the broker's file")]
    Storage(#[from] rusqlite::Error),
    /// The file was written by a newer release.
    #[error(
        "the broker's file has schema version {found}, this release knows up to {known}: a newer \
         webpool has written it"
    )]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version this release reads.
        known: i64,
    },
    /// The file has a version that no release has written.
    #[error("the broker's file has schema version {found}: webpool has not written it")]
    Foreign {
        /// Version of the file.
        found: i64,
    },
    /// The operating system gives no thread.
    #[error("cannot start the broker's thread")]
    Thread(#[source] std::io::Error),
    /// The broker is closed.
    #[error("the broker is closed")]
    Closed,
}

/// What a request is refused with: the reference server's status and sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// A request that makes no sense.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// A request that the signer may not make.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    /// The refusal as an error envelope.
    pub(crate) fn to_body(&self) -> String {
        let failure = Failure { status: self.status, message: self.message.clone() };
        ReplyEnvelope::failure(&failure).to_body()
    }

    /// The refusal as an answer over HTTP.
    pub(crate) fn to_answer(&self) -> Answer {
        Answer { status: self.status, body: self.to_body() }
    }
}

impl From<&rusqlite::Error> for Refusal {
    fn from(error: &rusqlite::Error) -> Self {
        Self::new(500, format!("The broker's file cannot be used, nothing was stored: {error}"))
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::from(&error)
    }
}
