//! Those who were let in: from before the colony is asked until it does not have them any more.

use webpool_colony::Id;
use webpool_wire::link::LinkRole;

use super::{Admission, Registrar};
use crate::error::{Error, Refusal};
use crate::invite::Terms;
use crate::member::{Ban, Member, MemberState, NewMember, Outcome};
use crate::store::Kept;

/// Most visitors of one visit at the same time: a page has one, a page that reloads has two.
const VISITORS: u32 = 4;

/// How long nothing is written down that only says that a member was heard, in ms.
const SILENCE_MS: i64 = 60_000;

impl Registrar {
    /// Writes down a new member as joining, before the colony is asked to take it, so that a crash
    /// forgets nobody. The same member again is no mistake: it is returned as it stands.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Storage`].
    pub fn enlist(
        &self,
        admission: &Admission,
        new: &NewMember,
        now_ms: i64,
    ) -> Result<Member, Error> {
        new.check(&admission.terms)?;
        self.store.within(Kept::Always, || {
            self.check_still_admitted(admission)?;
            if let Some(member) = self.store.member(&new.id)? {
                return self.welcome_back(member, admission, new);
            }
            self.check_room(admission, new)?;
            let invite = admission.invite.as_ref();
            self.store.add_member(new, invite, &admission.visit, now_ms)?;
            // It was written in this transaction.
            self.store.member(&new.id)?.ok_or_else(|| taken(new))
        })
    }

    /// Checks that the invite was not revoked, nor the visit banned, since it was admitted.
    fn check_still_admitted(&self, admission: &Admission) -> Result<(), Error> {
        if self.store.is_banned(&admission.visit)? {
            return Err(Refusal::Banned.into());
        }
        let Some(id) = &admission.invite else { return Ok(()) };
        let invite = self.store.invite(id)?.ok_or(Refusal::UnknownInvite)?;
        if invite.revoked_ms.is_some() {
            return Err(Refusal::RevokedInvite.into());
        }
        Ok(())
    }

    fn welcome_back(
        &self,
        member: Member,
        admission: &Admission,
        new: &NewMember,
    ) -> Result<Member, Error> {
        let is_same = member.name == new.name
            && member.colony == new.colony
            && member.role == new.role
            && member.executor_type == new.executor_type
            && self.store.is_of_visit(&member.id, &admission.visit)?;
        match member.state {
            _ if !is_same => Err(taken(new)),
            MemberState::Leaving => Err(Refusal::StillLeaving.into()),
            MemberState::Joining | MemberState::Joined => Ok(member),
        }
    }

    fn check_room(&self, admission: &Admission, new: &NewMember) -> Result<(), Error> {
        if self.store.has_name(new)? {
            return Err(taken(new));
        }
        let Terms { colony, at_once, .. } = &admission.terms;
        let present = self.store.present(colony, admission.invite.as_ref(), new.role)?;
        if present >= *at_once {
            return Err(Refusal::TooMany(*at_once).into());
        }
        let is_visitor = new.role == LinkRole::Visitor;
        if is_visitor && self.store.present_by_visit(&admission.visit, new.role)? >= VISITORS {
            return Err(Refusal::TooMany(VISITORS).into());
        }
        Ok(())
    }

    /// Says that the colony has taken a member.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn settled(&self, id: &Id) -> Result<(), Error> {
        self.note(|| self.store.set_state(id, MemberState::Joined))
    }

    /// Says which process a member holds now.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn hold(&self, id: &Id, process_id: Option<&str>, now_ms: i64) -> Result<(), Error> {
        self.note(|| self.store.set_held(id, process_id, now_ms))
    }

    /// Says that a member was heard; written down at most once a minute.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn heard(&self, id: &Id, now_ms: i64) -> Result<(), Error> {
        let last = self.store.heard(id)?;
        if last.is_none_or(|last| now_ms < last.saturating_add(SILENCE_MS)) {
            return Ok(());
        }
        self.note(|| self.store.set_heard(id, now_ms))
    }

    /// Says when a member was last heard whose session has ended; nothing if it has gone.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn parted(&self, id: &Id, heard_ms: i64) -> Result<(), Error> {
        self.note(|| self.store.set_heard(id, heard_ms))
    }

    /// Says what became of a process that a member held, which holds it no more.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn count(&self, id: &Id, outcome: Outcome, now_ms: i64) -> Result<(), Error> {
        self.note(|| {
            self.store.add_outcome(id, outcome)?;
            self.store.set_held(id, None, now_ms)
        })
    }

    fn note(&self, work: impl FnOnce() -> rusqlite::Result<()>) -> Result<(), Error> {
        self.store.within(Kept::Usually, || Ok(work()?))
    }

    /// Says that a member is to be taken off the colony. It stays so until it has gone, also over a
    /// restart.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn leaving(&self, id: &Id) -> Result<(), Error> {
        self.store.within(Kept::Always, || Ok(self.store.set_state(id, MemberState::Leaving)?))
    }

    /// Says that the colony does not have a member any more, and will not by a late answer: it is
    /// forgotten, all but its key and what became of its processes.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn gone(&self, id: &Id) -> Result<(), Error> {
        self.note(|| self.store.remove_member(id))
    }

    /// Finds a member; none if it has gone, or never was one.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn member(&self, id: &Id) -> Result<Option<Member>, Error> {
        Ok(self.store.member(id)?)
    }

    /// Lists all who are, or may be, in a colony, in the order in which they came. Of those a server
    /// that starts takes off who was joining or leaving, and waits for who had joined.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn members(&self, colony: &str) -> Result<Vec<Member>, Error> {
        Ok(self.store.members(colony)?)
    }

    /// Lists the keys of those who were members of a colony once, and are not any more.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn former(&self, colony: &str) -> Result<Vec<Id>, Error> {
        Ok(self.store.former(colony)?)
    }

    /// Lists those who came by an invite, or by none.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn members_of(&self, invite: Option<&crate::InviteId>) -> Result<Vec<Member>, Error> {
        Ok(self.store.members_of(invite)?)
    }

    /// Bans a member: its visit cannot come again, by whatever invite, and all of it is leaving
    /// from now on; with [`Ban::Invite`] its invite is revoked too. Returns those: they are to be
    /// taken off the colony. Who has gone cannot be banned: then nobody is returned.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn ban(&self, id: &Id, ban: Ban, now_ms: i64) -> Result<Vec<Member>, Error> {
        self.store.within(Kept::Always, || {
            let Some(member) = self.store.member(id)? else { return Ok(Vec::new()) };
            self.store.ban_visit_of(id.as_str(), now_ms)?;
            let mut banned = self.dismiss(self.store.members_beside(id)?)?;
            if let (Ban::Invite, Some(invite)) = (ban, &member.invite) {
                let all = self.revoke_within(invite, now_ms)?;
                banned.retain(|member| !all.contains(member));
                banned.extend(all);
            }
            Ok(banned)
        })
    }
}

fn taken(new: &NewMember) -> Error {
    Refusal::NameTaken(new.name.clone()).into()
}
