//! Members, and what became of the processes of those who have gone, in the file.

use rusqlite::types::FromSqlError;
use rusqlite::{Row, params};
use webpool_colony::Id;
use webpool_wire::link::LinkRole;

use super::Store;
use crate::member::{Held, Member, MemberState, NewMember, Outcome, Tally};
use crate::token::{Digest, InviteId};

const fn role_code(role: LinkRole) -> i64 {
    match role {
        LinkRole::Executor => 0,
        LinkRole::Visitor => 1,
    }
}

const fn state_code(state: MemberState) -> i64 {
    match state {
        MemberState::Joining => 0,
        MemberState::Joined => 1,
        MemberState::Leaving => 2,
    }
}

fn invite_code(invite: Option<&InviteId>) -> &str {
    invite.map_or("", InviteId::as_str)
}

fn role(row: &Row<'_>) -> rusqlite::Result<LinkRole> {
    match row.get("role")? {
        0 => Ok(LinkRole::Executor),
        1 => Ok(LinkRole::Visitor),
        code => Err(FromSqlError::OutOfRange(code).into()),
    }
}

fn state(row: &Row<'_>) -> rusqlite::Result<MemberState> {
    match row.get("state")? {
        0 => Ok(MemberState::Joining),
        1 => Ok(MemberState::Joined),
        2 => Ok(MemberState::Leaving),
        code => Err(FromSqlError::OutOfRange(code).into()),
    }
}

fn tally(row: &Row<'_>) -> rusqlite::Result<Tally> {
    Ok(Tally {
        done: row.get("done")?,
        failed: row.get("failed")?,
        given_back: row.get("givenback")?,
    })
}

fn member(row: &Row<'_>) -> rusqlite::Result<Member> {
    let invite: String = row.get("invite")?;
    let held: Option<String> = row.get("holds")?;
    let since: Option<i64> = row.get("heldsince")?;
    Ok(Member {
        id: Id::from_text(row.get::<_, String>("id")?),
        name: row.get("name")?,
        executor_type: row.get("executortype")?,
        colony: row.get("colony")?,
        role: role(row)?,
        state: state(row)?,
        invite: (!invite.is_empty()).then(|| InviteId::kept(invite)),
        enlisted_ms: row.get("enlisted")?,
        heard_ms: row.get("heard")?,
        holds: held.zip(since).map(|(process_id, since_ms)| Held { process_id, since_ms }),
        tally: tally(row)?,
    })
}

impl Store {
    pub(crate) fn add_member(
        &self,
        new: &NewMember,
        invite: Option<&InviteId>,
        visit: &Digest,
        now_ms: i64,
    ) -> rusqlite::Result<()> {
        let sql = "INSERT INTO members (id, colony, role, name, executortype, state, invite, visit, \
             enlisted, heard) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)";
        let params = params![
            new.id.as_str(),
            new.colony,
            role_code(new.role),
            new.name,
            new.executor_type,
            state_code(MemberState::Joining),
            invite_code(invite),
            visit.as_bytes(),
            now_ms,
        ];
        self.execute(sql, params).map(drop)
    }

    pub(crate) fn member(&self, id: &Id) -> rusqlite::Result<Option<Member>> {
        self.one("SELECT * FROM members WHERE id = ?1", [id.as_str()], member)
    }

    /// The members of a colony, in the order in which they came.
    pub(crate) fn members(&self, colony: &str) -> rusqlite::Result<Vec<Member>> {
        self.all("SELECT * FROM members WHERE colony = ?1 ORDER BY rowid", [colony], member)
    }

    /// The members that came by an invite, or by none.
    pub(crate) fn members_of(&self, invite: Option<&InviteId>) -> rusqlite::Result<Vec<Member>> {
        let sql = "SELECT * FROM members WHERE invite = ?1 ORDER BY rowid";
        self.all(sql, [invite_code(invite)], member)
    }

    /// The members of the same visit as this one, itself included.
    pub(crate) fn members_beside(&self, id: &Id) -> rusqlite::Result<Vec<Member>> {
        let sql = "SELECT * FROM members \
             WHERE visit = (SELECT visit FROM members WHERE id = ?1) ORDER BY rowid";
        self.all(sql, [id.as_str()], member)
    }

    /// Whether a member is of this visit.
    pub(crate) fn is_of_visit(&self, id: &Id, visit: &Digest) -> rusqlite::Result<bool> {
        let sql = "SELECT count(*) FROM members WHERE id = ?1 AND visit = ?2";
        Ok(self.count(sql, params![id.as_str(), visit.as_bytes()])? > 0)
    }

    pub(crate) fn has_name(&self, new: &NewMember) -> rusqlite::Result<bool> {
        let sql = "SELECT count(*) FROM members WHERE colony = ?1 AND role = ?2 AND name = ?3";
        Ok(self.count(sql, params![new.colony, role_code(new.role), new.name])? > 0)
    }

    /// How many of a role are there by an invite, or by none, those that are leaving aside.
    pub(crate) fn present(
        &self,
        colony: &str,
        invite: Option<&InviteId>,
        role: LinkRole,
    ) -> rusqlite::Result<u32> {
        let sql = "SELECT count(*) FROM members \
             WHERE invite = ?1 AND colony = ?2 AND role = ?3 AND state <> ?4";
        let leaving = state_code(MemberState::Leaving);
        self.count(sql, params![invite_code(invite), colony, role_code(role), leaving])
    }

    /// The same for one visit.
    pub(crate) fn present_by_visit(&self, visit: &Digest, role: LinkRole) -> rusqlite::Result<u32> {
        let sql = "SELECT count(*) FROM members WHERE visit = ?1 AND role = ?2 AND state <> ?3";
        let leaving = state_code(MemberState::Leaving);
        self.count(sql, params![visit.as_bytes(), role_code(role), leaving])
    }

    /// Sets where a member stands; who is leaving stays so.
    pub(crate) fn set_state(&self, id: &Id, state: MemberState) -> rusqlite::Result<()> {
        let sql = "UPDATE members SET state = max(state, ?2) WHERE id = ?1";
        self.execute(sql, params![id.as_str(), state_code(state)]).map(drop)
    }

    /// Sets what a member holds; the same process once more is held since it was.
    pub(crate) fn set_held(
        &self,
        id: &Id,
        process: Option<&str>,
        now_ms: i64,
    ) -> rusqlite::Result<()> {
        let sql = "UPDATE members SET holds = ?2, heldsince = iif(?2 IS NULL, NULL, ?3), heard = ?3 \
             WHERE id = ?1 AND holds IS NOT ?2";
        self.execute(sql, params![id.as_str(), process, now_ms]).map(drop)
    }

    pub(crate) fn heard(&self, id: &Id) -> rusqlite::Result<Option<i64>> {
        self.one("SELECT heard FROM members WHERE id = ?1", [id.as_str()], |row| row.get(0))
    }

    pub(crate) fn set_heard(&self, id: &Id, now_ms: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE members SET heard = ?2 WHERE id = ?1";
        self.execute(sql, params![id.as_str(), now_ms]).map(drop)
    }

    pub(crate) fn add_outcome(&self, id: &Id, outcome: Outcome) -> rusqlite::Result<()> {
        let sql = match outcome {
            Outcome::Done => "UPDATE members SET done = done + 1 WHERE id = ?1",
            Outcome::Failed => "UPDATE members SET failed = failed + 1 WHERE id = ?1",
            Outcome::GivenBack => "UPDATE members SET givenback = givenback + 1 WHERE id = ?1",
        };
        self.execute(sql, [id.as_str()]).map(drop)
    }

    /// Forgets a member, but not what became of its processes.
    pub(crate) fn remove_member(&self, id: &Id) -> rusqlite::Result<()> {
        let sql = "INSERT INTO totals (invite, done, failed, givenback) \
             SELECT invite, done, failed, givenback FROM members WHERE id = ?1 \
             ON CONFLICT (invite) DO UPDATE SET done = done + excluded.done, \
             failed = failed + excluded.failed, givenback = givenback + excluded.givenback";
        self.execute(sql, [id.as_str()])?;
        let sql = "INSERT OR IGNORE INTO former (id, colony) \
             SELECT id, colony FROM members WHERE id = ?1";
        self.execute(sql, [id.as_str()])?;
        self.execute("DELETE FROM members WHERE id = ?1", [id.as_str()]).map(drop)
    }

    /// The keys of those who were members of a colony once.
    pub(crate) fn former(&self, colony: &str) -> rusqlite::Result<Vec<Id>> {
        let id = |row: &Row<'_>| Ok(Id::from_text(row.get::<_, String>("id")?));
        self.all("SELECT id FROM former WHERE colony = ?1", [colony], id)
    }

    /// What became of the processes of an invite's members, gone ones included.
    pub(crate) fn tally(&self, invite: Option<&InviteId>) -> rusqlite::Result<Tally> {
        let sql = "SELECT coalesce(sum(done), 0) AS done, coalesce(sum(failed), 0) AS failed, \
             coalesce(sum(givenback), 0) AS givenback FROM ( \
             SELECT done, failed, givenback FROM members WHERE invite = ?1 \
             UNION ALL SELECT done, failed, givenback FROM totals WHERE invite = ?1)";
        Ok(self.one(sql, [invite_code(invite)], tally)?.unwrap_or_default())
    }
}
