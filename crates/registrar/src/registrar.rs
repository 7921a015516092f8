//! The registrar: who is invited, who was let in, and who has to go.
//!
//! Each method is one transaction; what it decides by cannot change meanwhile, whoever else has the
//! file open. The time is an argument, in ms since 1970. Cost: what invites, admits, enlists or
//! takes off waits for the disk (some ms); what is told about a member (settled, hold, heard, count)
//! does not (under 0.1 ms).
//!
//! - this file: invites and visits
//! - `members`: those who were let in

mod members;

use std::path::Path;

use webpool_wire::link::LinkRole;

use crate::error::{Error, Refusal};
use crate::invite::{Invite, Look, NewInvite, Standing, Terms};
use crate::member::{Member, MemberState, Tally};
use crate::store::{Kept, Store};
use crate::token::{Digest, InviteId, Token, random};

/// The open file with everybody in it.
#[derive(Debug)]
pub struct Registrar {
    store: Store,
}

/// Somebody who may come in: the proof that a visit was admitted.
#[derive(Clone, Debug)]
pub struct Admission {
    invite: Option<InviteId>,
    visit: Digest,
    terms: Terms,
}

impl Admission {
    /// The invite; none on this machine.
    pub const fn invite(&self) -> Option<&InviteId> {
        self.invite.as_ref()
    }

    /// What it may do.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }
}

impl Registrar {
    /// Opens the file; makes it and its tables when missing, and brings an older one up to date.
    /// Other processes may have it open too.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`], or [`Error::Newer`] and [`Error::Foreign`] for a file of another release.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { store: Store::open(path)? })
    }

    /// Whether another process has changed something since this was last asked: then members may
    /// have to go. Cost: a few µs, so it can be asked each second.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn has_changed(&self) -> Result<bool, Error> {
        Ok(self.store.has_changed()?)
    }

    /// Makes an invite, and its secret, which is not kept and cannot be shown again.
    ///
    /// # Errors
    ///
    /// [`Error::Invite`] for one that cannot be made so, [`Error::Random`], [`Error::Storage`].
    pub fn create(&self, new: &NewInvite, now_ms: i64) -> Result<(Invite, Token), Error> {
        new.check(now_ms)?;
        let (id, token) = (InviteId::from_bytes(random()?), Token::generate()?);
        self.store.within(Kept::Always, || {
            Ok(self.store.add_invite(&id, &token.digest(), new, now_ms)?)
        })?;
        let invite = Invite {
            id,
            label: new.label.clone(),
            terms: Terms {
                colony: new.colony.clone(),
                executor_type: Some(new.executor_type.clone()),
                name_prefix: new.name_prefix.clone(),
                at_once: new.at_once,
            },
            uses: new.uses,
            created_ms: now_ms,
            expires_ms: new.expires_ms,
            revoked_ms: None,
        };
        Ok((invite, token))
    }

    /// Lists all invites, the oldest first, of whatever colony.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn list(&self) -> Result<Vec<Standing>, Error> {
        self.store.invites()?.into_iter().map(|invite| self.standing(invite)).collect()
    }

    /// Shows one invite; none if there is no such one.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn show(&self, id: &InviteId) -> Result<Option<Standing>, Error> {
        self.store.invite(id)?.map(|invite| self.standing(invite)).transpose()
    }

    fn standing(&self, invite: Invite) -> Result<Standing, Error> {
        let colony = &invite.terms.colony;
        Ok(Standing {
            used: self.store.used(&invite.id)?,
            present: self.store.present(colony, Some(&invite.id), LinkRole::Executor)?,
            tally: self.store.tally(Some(&invite.id))?,
            invite,
        })
    }

    /// What became of the processes of those who came without an invite.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn local_tally(&self) -> Result<Tally, Error> {
        Ok(self.store.tally(None)?)
    }

    /// Revokes an invite: nobody can come by it any more, and who has is leaving from now on.
    /// Returns those: they are to be taken off the colony; none if there is no such invite. Done in
    /// another process, the server finds them among [`Self::members`] once
    /// [`Self::has_changed`].
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn revoke(&self, id: &InviteId, now_ms: i64) -> Result<Option<Vec<Member>>, Error> {
        self.store.within(Kept::Always, || {
            if self.store.invite(id)?.is_none() {
                return Ok(None);
            }
            self.revoke_within(id, now_ms).map(Some)
        })
    }

    fn revoke_within(&self, id: &InviteId, now_ms: i64) -> Result<Vec<Member>, Error> {
        self.store.revoke(id, now_ms)?;
        self.dismiss(self.store.members_of(Some(id))?)
    }

    /// Marks members as leaving.
    fn dismiss(&self, mut members: Vec<Member>) -> Result<Vec<Member>, Error> {
        for member in &mut members {
            member.state = MemberState::Leaving;
            self.store.set_state(&member.id, member.state)?;
        }
        Ok(members)
    }

    /// Says what a secret stands for in `colony`, without using it up.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`]; that the invite is of no use is no error.
    pub fn look(&self, colony: &str, token: &str, now_ms: i64) -> Result<Look, Error> {
        let invite = match self.find(colony, token) {
            Ok(invite) => invite,
            Err(Error::Refused(refusal)) => {
                return Ok(Look { invite: None, refusal: Some(refusal) });
            }
            Err(error) => return Err(error),
        };
        let refusal = invite.admits(self.store.used(&invite.id)?, false, now_ms).err();
        Ok(Look { invite: Some(invite), refusal })
    }

    fn find(&self, colony: &str, token: &str) -> Result<Invite, Error> {
        if token.is_empty() {
            return Err(Refusal::NoInvite.into());
        }
        let token = Token::from_text(token).ok_or(Refusal::UnknownInvite)?;
        let invite = self.store.invite_by_secret(&token.digest())?;
        let invite = invite.ok_or(Refusal::UnknownInvite)?;
        if invite.terms.colony != colony {
            return Err(Refusal::OtherColony(invite.terms.colony).into());
        }
        Ok(invite)
    }

    /// Admits a visit to `colony` by an invite. A visit uses the invite once, however often it
    /// comes again; it goes on when the invite has expired or was used up, and ends when it is
    /// revoked. `visit` is its mark, 32 hex digits.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Storage`].
    pub fn admit(
        &self,
        colony: &str,
        token: &str,
        visit: &str,
        now_ms: i64,
    ) -> Result<Admission, Error> {
        let visit = Digest::of_visit(visit)?;
        let invite = self.find(colony, token)?;
        self.store.within(Kept::Always, || self.begin(&invite.id, visit, now_ms))
    }

    fn begin(&self, id: &InviteId, visit: Digest, now_ms: i64) -> Result<Admission, Error> {
        if self.store.is_banned(&visit)? {
            return Err(Refusal::Banned.into());
        }
        // Read again: it may have been revoked since it was found.
        let invite = self.store.invite(id)?.ok_or(Refusal::UnknownInvite)?;
        let has_begun = self.store.has_begun(id, &visit)?;
        invite.admits(self.store.used(id)?, has_begun, now_ms)?;
        if !has_begun {
            self.store.begin(id, &visit, now_ms)?;
        }
        Ok(Admission { invite: Some(invite.id), visit, terms: invite.terms })
    }

    /// Admits a visit that needs no invite: of somebody on this machine.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if its mark is none or it is banned, [`Error::Storage`].
    pub fn admit_local(&self, terms: &Terms, visit: &str) -> Result<Admission, Error> {
        let visit = Digest::of_visit(visit)?;
        if self.store.is_banned(&visit)? {
            return Err(Refusal::Banned.into());
        }
        Ok(Admission { invite: None, visit, terms: terms.clone() })
    }
}
