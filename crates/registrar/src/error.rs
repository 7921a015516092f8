//! What can go wrong with the registrar itself, and why somebody is not let in.

use webpool_wire::link::{RefusalCode, Refused};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody is not let in.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An invite that cannot be made so.
    #[error(transparent)]
    Invite(#[from] BadInvite),
    /// The file cannot be opened, read or written.
    #[error("cannot use the registrar's file")]
    Storage(#[from] rusqlite::Error),
    /// The file was written by a newer release.
    #[error(
        "the registrar's file has schema version {found}, this release knows up to {known}: a \
         newer webpool has written it"
    )]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version this release reads.
        known: i64,
    },
    /// The file has a version that no release has written.
    #[error("the registrar's file has schema version {found}: webpool has not written it")]
    Foreign {
        /// Version of the file.
        found: i64,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[from] getrandom::Error),
}

impl Error {
    /// What somebody who is not let in is told; nothing of what is wrong in here.
    pub fn to_refused(&self) -> Refused {
        match self {
            Self::Refused(refusal) => refusal.to_refused(),
            Self::Invite(_)
            | Self::Storage(_)
            | Self::Newer { .. }
            | Self::Foreign { .. }
            | Self::Random(_) => Refused {
                code: RefusalCode::Unavailable,
                reason: "this server cannot let anybody in at the moment".to_owned(),
                retry_after_s: Some(30),
            },
        }
    }
}

/// Why somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No invite was shown.
    #[error("an invite is needed to join here")]
    NoInvite,
    /// No invite has this secret.
    #[error("this invite is unknown here")]
    UnknownInvite,
    /// The invite is for a colony that is not served.
    #[error("this invite is for another colony, {0}")]
    OtherColony(String),
    /// The invite was revoked.
    #[error("this invite was revoked")]
    RevokedInvite,
    /// The invite has expired, and this visit had not begun before.
    #[error("this invite has expired")]
    ExpiredInvite,
    /// The invite was used as often as it may be, and not by this visit.
    #[error("this invite has been used {0} times, as often as it may be")]
    UsedUpInvite(u32),
    /// The visit was banned.
    #[error("this visit was ended by the operator")]
    Banned,
    /// The mark of the visit is none.
    #[error("a visit is marked with 32 hex digits 0-9 and a-f")]
    BadVisit,
    /// The invite, or this machine, has as many there as it may have.
    #[error("{0} are here already, as many as may be at the same time")]
    TooMany(u32),
    /// The same member is being taken off.
    #[error("this member is still leaving")]
    StillLeaving,
    /// Somebody else has the name, or the id stands for somebody else.
    #[error("the name {0} is taken")]
    NameTaken(String),
    /// The name, id, type or colony is not what the invite allows; one sentence.
    #[error("{0}")]
    BadMember(String),
}

impl Refusal {
    /// The stable code.
    pub const fn code(&self) -> RefusalCode {
        match self {
            Self::NoInvite => RefusalCode::NoInvite,
            Self::UnknownInvite | Self::OtherColony(_) => RefusalCode::UnknownInvite,
            Self::RevokedInvite | Self::Banned => RefusalCode::RevokedInvite,
            Self::ExpiredInvite => RefusalCode::ExpiredInvite,
            Self::UsedUpInvite(_) => RefusalCode::UsedUpInvite,
            Self::BadVisit | Self::BadMember(_) => RefusalCode::BadHello,
            Self::TooMany(_) => RefusalCode::TooMany,
            Self::StillLeaving => RefusalCode::TooFast,
            Self::NameTaken(_) => RefusalCode::NameTaken,
        }
    }

    /// What somebody who is not let in is told.
    pub fn to_refused(&self) -> Refused {
        let code = self.code();
        let retry_after_s = code.is_passing().then_some(5);
        Refused { code, reason: self.to_string(), retry_after_s }
    }
}

/// Why an invite cannot be made so; each says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInvite {
    /// The label.
    #[error("a label has at most {0} characters, without line breaks and other control characters")]
    Label(usize),
    /// The name of the colony, the executor type or the beginning of names.
    #[error("{what} has {from} to {to} characters, without `:` and control characters")]
    Name {
        /// Which one.
        what: &'static str,
        /// Fewest characters.
        from: usize,
        /// Most characters.
        to: usize,
    },
    /// The number of uses or of executors.
    #[error("{what} is outside 1..={most}")]
    Count {
        /// Which one.
        what: &'static str,
        /// The most.
        most: u32,
    },
    /// It would have expired already.
    #[error("an invite expires later than now")]
    Expired,
}
