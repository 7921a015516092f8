//! Invites: what one allows, whether it may be made so, and whether somebody may come by it.

use crate::error::{BadInvite, Refusal};
use crate::member::Tally;
use crate::token::InviteId;

/// Most characters of a label.
const LABEL_CHARS: usize = 200;

/// Most characters of a colony's name and of an executor type.
const NAME_CHARS: usize = 64;

/// Most characters of what names have to begin with.
const PREFIX_CHARS: usize = 32;

/// Most visits by one invite.
pub const MOST_USES: u32 = 1_000_000;

/// Most executors at the same time by one invite.
pub const MOST_AT_ONCE: u32 = 10_000;

/// An invite that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvite {
    /// Who invites whom: the volunteer reads it.
    pub label: String,
    /// Name of the colony.
    pub colony: String,
    /// The only type its executors may have.
    pub executor_type: String,
    /// What names have to begin with; empty if with anything.
    pub name_prefix: String,
    /// How many visits there may be; none if any number.
    pub uses: Option<u32>,
    /// How many executors at the same time.
    pub at_once: u32,
    /// From when on no visit may begin, in ms since 1970; none without an end.
    pub expires_ms: Option<i64>,
}

impl NewInvite {
    /// Checks what is asked for.
    ///
    /// # Errors
    ///
    /// A [`BadInvite`] that says what is allowed.
    pub fn check(&self, now_ms: i64) -> Result<(), BadInvite> {
        if self.label.chars().count() > LABEL_CHARS || self.label.chars().any(char::is_control) {
            return Err(BadInvite::Label(LABEL_CHARS));
        }
        check_name("the name of a colony", &self.colony, 1..=NAME_CHARS)?;
        check_name("an executor type", &self.executor_type, 1..=NAME_CHARS)?;
        check_name("the beginning of names", &self.name_prefix, 0..=PREFIX_CHARS)?;
        check_count("the number of uses", self.uses.unwrap_or(1), MOST_USES)?;
        check_count("the number of executors at once", self.at_once, MOST_AT_ONCE)?;
        if self.expires_ms.is_some_and(|expires| expires <= now_ms) {
            return Err(BadInvite::Expired);
        }
        Ok(())
    }
}

fn check_name(
    what: &'static str,
    name: &str,
    chars: std::ops::RangeInclusive<usize>,
) -> Result<(), BadInvite> {
    if chars.contains(&name.chars().count()) && is_plain(name) {
        return Ok(());
    }
    Err(BadInvite::Name { what, from: *chars.start(), to: *chars.end() })
}

/// Whether a colony takes such a name.
pub(crate) fn is_plain(name: &str) -> bool {
    name.chars().all(|letter| letter != ':' && !letter.is_control())
}

fn check_count(what: &'static str, count: u32, most: u32) -> Result<(), BadInvite> {
    if (1..=most).contains(&count) { Ok(()) } else { Err(BadInvite::Count { what, most }) }
}

/// An invite. Its secret is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// What it is called.
    pub id: InviteId,
    /// Who invites whom.
    pub label: String,
    /// What somebody who comes by it may do.
    pub terms: Terms,
    /// How many visits there may be; none if any number.
    pub uses: Option<u32>,
    /// When it was made, in ms since 1970.
    pub created_ms: i64,
    /// From when on no visit may begin, in ms since 1970; none without an end.
    pub expires_ms: Option<i64>,
    /// When it was revoked, in ms since 1970; none if it was not.
    pub revoked_ms: Option<i64>,
}

/// What somebody who is let in may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The colony to join.
    pub colony: String,
    /// The only type an executor may have; none if any.
    pub executor_type: Option<String>,
    /// What names have to begin with; empty if with anything.
    pub name_prefix: String,
    /// How many executors at the same time.
    pub at_once: u32,
}

impl Invite {
    /// Whether a visit may begin, or go on if it `has_begun`, after `used` visits.
    ///
    /// A visit that has begun goes on when the invite has expired or was used up, and ends when
    /// it is revoked.
    ///
    /// # Errors
    ///
    /// The [`Refusal`].
    pub fn admits(&self, used: u32, has_begun: bool, now_ms: i64) -> Result<(), Refusal> {
        match self.uses {
            _ if self.revoked_ms.is_some() => Err(Refusal::RevokedInvite),
            _ if has_begun => Ok(()),
            _ if self.expires_ms.is_some_and(|end| end <= now_ms) => Err(Refusal::ExpiredInvite),
            Some(most) if used >= most => Err(Refusal::UsedUpInvite(most)),
            Some(_) | None => Ok(()),
        }
    }
}

/// An invite and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The invite.
    pub invite: Invite,
    /// How many visits there were.
    pub used: u32,
    /// How many executors are there, those that are leaving aside.
    pub present: u32,
    /// What became of the processes they were given, gone ones included.
    pub tally: Tally,
}

/// What a secret stands for, before anybody comes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The invite, if there is one, also where it is of no use.
    pub invite: Option<Invite>,
    /// Why nobody new can come by it.
    pub refusal: Option<Refusal>,
}

#[cfg(test)]
mod tests;
