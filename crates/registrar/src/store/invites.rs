//! Invites, the visits by them, and the visits that are banned, in the file.

use rusqlite::{Row, params};

use super::Store;
use crate::invite::{Invite, NewInvite, Terms};
use crate::token::{Digest, InviteId};

/// How much of a secret the index knows, in bytes.
const INDEXED: usize = 8;

fn invite(row: &Row<'_>) -> rusqlite::Result<Invite> {
    Ok(Invite {
        id: InviteId::kept(row.get("id")?),
        label: row.get("label")?,
        terms: Terms {
            colony: row.get("colony")?,
            executor_type: Some(row.get("executortype")?),
            name_prefix: row.get("nameprefix")?,
            at_once: row.get("atonce")?,
        },
        uses: row.get("uses")?,
        created_ms: row.get("created")?,
        expires_ms: row.get("expires")?,
        revoked_ms: row.get("revoked")?,
    })
}

impl Store {
    pub(crate) fn add_invite(
        &self,
        id: &InviteId,
        secret: &Digest,
        new: &NewInvite,
        now_ms: i64,
    ) -> rusqlite::Result<()> {
        let sql = "INSERT INTO invites (id, secret, label, colony, executortype, nameprefix, uses, \
             atonce, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let params = params![
            id.as_str(),
            secret.as_bytes(),
            new.label,
            new.colony,
            new.executor_type,
            new.name_prefix,
            new.uses,
            new.at_once,
            now_ms,
            new.expires_ms,
        ];
        self.execute(sql, params).map(drop)
    }

    /// All invites, the oldest first.
    pub(crate) fn invites(&self) -> rusqlite::Result<Vec<Invite>> {
        self.all("SELECT * FROM invites ORDER BY created, rowid", [], invite)
    }

    pub(crate) fn invite(&self, id: &InviteId) -> rusqlite::Result<Option<Invite>> {
        self.one("SELECT * FROM invites WHERE id = ?1", [id.as_str()], invite)
    }

    /// The invite with this secret. The index finds who shares its first bytes; who it is, is
    /// found in constant time.
    pub(crate) fn invite_by_secret(&self, secret: &Digest) -> rusqlite::Result<Option<Invite>> {
        let sql = "SELECT * FROM invites WHERE substr(secret, 1, 8) = ?1";
        let (clue, _) = secret.as_bytes().split_at(INDEXED);
        let read = |row: &Row<'_>| Ok((row.get::<_, Vec<u8>>("secret")?, invite(row)?));
        let found = self.all(sql, [clue], read)?;
        Ok(found.into_iter().find(|(kept, _)| secret.is(kept)).map(|(_, invite)| invite))
    }

    /// Revokes an invite that is not revoked yet.
    pub(crate) fn revoke(&self, id: &InviteId, now_ms: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE invites SET revoked = coalesce(revoked, ?2) WHERE id = ?1";
        self.execute(sql, params![id.as_str(), now_ms]).map(drop)
    }

    /// How many visits there were by an invite.
    pub(crate) fn used(&self, id: &InviteId) -> rusqlite::Result<u32> {
        self.count("SELECT count(*) FROM visits WHERE invite = ?1", [id.as_str()])
    }

    /// Whether a visit by an invite has begun.
    pub(crate) fn has_begun(&self, id: &InviteId, visit: &Digest) -> rusqlite::Result<bool> {
        let sql = "SELECT count(*) FROM visits WHERE invite = ?1 AND visit = ?2";
        Ok(self.count(sql, params![id.as_str(), visit.as_bytes()])? > 0)
    }

    pub(crate) fn begin(&self, id: &InviteId, visit: &Digest, now_ms: i64) -> rusqlite::Result<()> {
        let sql = "INSERT INTO visits (invite, visit, began) VALUES (?1, ?2, ?3)";
        self.execute(sql, params![id.as_str(), visit.as_bytes(), now_ms]).map(drop)
    }

    pub(crate) fn is_banned(&self, visit: &Digest) -> rusqlite::Result<bool> {
        Ok(self.count("SELECT count(*) FROM bans WHERE visit = ?1", [visit.as_bytes()])? > 0)
    }

    /// Bans the visit of a member.
    pub(crate) fn ban_visit_of(&self, member: &str, now_ms: i64) -> rusqlite::Result<()> {
        let sql = "INSERT INTO bans (visit, banned) SELECT visit, ?2 FROM members WHERE id = ?1 \
             ON CONFLICT DO NOTHING";
        self.execute(sql, params![member, now_ms]).map(drop)
    }
}
