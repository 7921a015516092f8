//! Members: executors and visitors that were let in, what they are called and what they have done.

use webpool_colony::Id;
use webpool_wire::link::LinkRole;

use crate::error::Refusal;
use crate::invite::{Terms, is_plain};
use crate::token::InviteId;

/// Most characters of a member's name.
const NAME_CHARS: usize = 100;

/// Most characters of an executor type.
const TYPE_CHARS: usize = 64;

/// Somebody who is to become a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// The id of its own key.
    pub id: Id,
    /// Its name in the colony.
    pub name: String,
    /// Its executor type; empty for a visitor.
    pub executor_type: String,
    /// The colony it wants to join.
    pub colony: String,
    /// What it comes for.
    pub role: LinkRole,
}

impl NewMember {
    /// Checks it against what it may be. An executor is called `<name>-<slot>-<8 digits>`, a
    /// visitor `<name>-page-<8 digits>`, the digits being the first ones of its id.
    ///
    /// # Errors
    ///
    /// [`Refusal::OtherColony`] or [`Refusal::BadMember`], with a sentence that says what is allowed.
    pub fn check(&self, terms: &Terms) -> Result<(), Refusal> {
        if self.colony != terms.colony {
            return Err(Refusal::OtherColony(terms.colony.clone()));
        }
        let bad = |sentence: String| Err(Refusal::BadMember(sentence));
        let id = self.id.as_str();
        if id.len() != 64 || !id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return bad("an id has 64 hex digits 0-9 and a-f".to_owned());
        }
        if self.name.chars().count() > NAME_CHARS || !is_plain(&self.name) {
            return bad(format!("a name has at most {NAME_CHARS} characters, without `:`"));
        }
        if !self.name.starts_with(&terms.name_prefix) {
            return bad(format!("names begin with «{}» here", terms.name_prefix));
        }
        if !self.ends_rightly() {
            return bad("a name ends with its slot and the first 8 digits of its id".to_owned());
        }
        if self.role == LinkRole::Visitor {
            return Ok(());
        }
        match &terms.executor_type {
            Some(only) if self.executor_type != *only => {
                bad(format!("executors are of the type «{only}» here"))
            }
            _ if !is_type(&self.executor_type) => {
                bad(format!("an executor type has 1 to {TYPE_CHARS} characters, without `:`"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the name ends with the slot, or `page`, and the beginning of the id.
    fn ends_rightly(&self) -> bool {
        let short = self.id.as_str().get(..8).unwrap_or_default();
        let rest = self.name.strip_suffix(short).and_then(|rest| rest.strip_suffix('-'));
        let Some((name, place)) = rest.and_then(|rest| rest.rsplit_once('-')) else {
            return false;
        };
        let is_place = match self.role {
            LinkRole::Executor => {
                (1..=4).contains(&place.len()) && place.bytes().all(|digit| digit.is_ascii_digit())
            }
            LinkRole::Visitor => place == "page",
        };
        is_place && !name.is_empty()
    }
}

fn is_type(text: &str) -> bool {
    (1..=TYPE_CHARS).contains(&text.chars().count()) && is_plain(text)
}

/// Somebody who is, or may be, in a colony because the registrar let it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The id of its own key.
    pub id: Id,
    /// Its name in the colony.
    pub name: String,
    /// Its executor type; empty for a visitor.
    pub executor_type: String,
    /// Its colony.
    pub colony: String,
    /// What it came for.
    pub role: LinkRole,
    /// Where it stands.
    pub state: MemberState,
    /// The invite it came by; none on this machine.
    pub invite: Option<InviteId>,
    /// When it was let in, in ms since 1970.
    pub enlisted_ms: i64,
    /// When it was last heard from, in ms since 1970; up to a minute too early while it is there.
    pub heard_ms: i64,
    /// The process it holds.
    pub holds: Option<Held>,
    /// What became of the processes it was given.
    pub tally: Tally,
}

/// A process in a member's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub process_id: String,
    /// Since when, in ms since 1970.
    pub since_ms: i64,
}

/// Where a member stands. Who has gone is no member any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// The colony is being asked; it may have it already.
    Joining,
    /// The colony has it.
    Joined,
    /// It is to be taken off, or is being; the colony may have it still.
    Leaving,
}

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Closed with its output.
    Done,
    /// Closed with the reasons why it failed.
    Failed,
    /// It waits again.
    GivenBack,
}

/// How many processes came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Closed with their output.
    pub done: u32,
    /// Closed with the reasons why they failed.
    pub failed: u32,
    /// They wait again.
    pub given_back: u32,
}

/// How far a ban goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ban {
    /// The member's visit: one page load and its reloads.
    Visit,
    /// Its invite too, with all who came by it.
    Invite,
}

#[cfg(test)]
mod tests;
