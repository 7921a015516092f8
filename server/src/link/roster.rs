//! What the operator sees of those who came, and does about them.

use std::collections::HashMap;

use webpool_colony::Id;
use webpool_registrar::{Ban, Error, Invite, InviteId, Member, NewInvite, Standing, Tally, Token};

use super::office::{Office, now_ms};

/// What is said to whom the operator sends away, alone or with its visit.
const SENT_AWAY: &str = "the operator has sent this executor away";
const BANNED: &str = "the operator has ended this visit for good";
const REVOKED: &str = "the operator has revoked the invite";

/// Everybody who may come, and who is here.
#[derive(Debug)]
pub(crate) struct Roster {
    /// The colony's invites, the oldest first, each with those who came by it.
    pub(crate) invited: Vec<(Standing, Vec<Seen>)>,
    /// Those who came from this machine, without an invite.
    pub(crate) local: Vec<Seen>,
    /// What became of the processes of those, gone ones included.
    pub(crate) local_tally: Tally,
}

/// A member, and whether it has a session now.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) member: Member,
    pub(crate) is_here: bool,
}

impl Office {
    /// Lists everybody.
    ///
    /// # Errors
    ///
    /// If the registrar's file cannot be read.
    pub(crate) fn roster(&self) -> Result<Roster, Error> {
        let (standings, members, local_tally) = {
            let registrar = self.registrar();
            let members = registrar.members(self.owner().colony())?;
            (registrar.list()?, members, registrar.local_tally()?)
        };
        let mut groups: HashMap<Option<InviteId>, Vec<Seen>> = HashMap::new();
        {
            let books = self.books();
            for member in members {
                let is_here = books.gateway.session(&member.id).is_some();
                groups.entry(member.invite.clone()).or_default().push(Seen { member, is_here });
            }
        }
        let local = groups.remove(&None).unwrap_or_default();
        let is_ours = |standing: &Standing| standing.invite.terms.colony == self.owner().colony();
        let with_members = |standing: Standing| {
            let members = groups.remove(&Some(standing.invite.id.clone()));
            (standing, members.unwrap_or_default())
        };
        let invited = standings.into_iter().filter(is_ours).map(with_members).collect();
        Ok(Roster { invited, local, local_tally })
    }

    /// Name of the colony.
    pub(crate) fn colony(&self) -> &str {
        self.owner().colony()
    }

    /// Makes an invite, and its secret, which cannot be shown again.
    ///
    /// # Errors
    ///
    /// If it cannot be made so, or not be written down.
    pub(crate) fn invite(&self, new: &NewInvite) -> Result<(Invite, Token), Error> {
        self.registrar().create(new, now_ms())
    }

    /// Revokes an invite, and sends those off who came by it: how many; none if there is no such one.
    ///
    /// # Errors
    ///
    /// If it cannot be written down.
    pub(crate) fn revoke(&self, id: &InviteId) -> Result<Option<usize>, Error> {
        let revoked = self.registrar().revoke(id, now_ms())?;
        Ok(revoked.map(|members| self.send_all_off(&members, REVOKED)))
    }

    /// Sends a member off; none if it has gone already.
    ///
    /// # Errors
    ///
    /// If it cannot be written down.
    pub(crate) fn send_away(&self, id: &Id) -> Result<Option<Member>, Error> {
        let found = {
            let registrar = self.registrar();
            registrar.leaving(id)?;
            registrar.member(id)?
        };
        Ok(found.inspect(|member| self.send_off(&member.id, SENT_AWAY)))
    }

    /// Bans the visit of a member, and sends all of it off: how many; 0 if it has gone already, and
    /// cannot be banned.
    ///
    /// # Errors
    ///
    /// If it cannot be written down.
    pub(crate) fn ban(&self, id: &Id) -> Result<usize, Error> {
        let banned = self.registrar().ban(id, Ban::Visit, now_ms())?;
        Ok(self.send_all_off(&banned, BANNED))
    }

    fn send_all_off(&self, members: &[Member], reason: &str) -> usize {
        for member in members {
            self.send_off(&member.id, reason);
        }
        members.len()
    }
}
