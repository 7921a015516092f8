//! A process given to an executor, taken back, and ended: each change of state is one statement
//! that names the state it starts from.

use rusqlite::{Row, params};
use webpool_colony::{Id, Json, Process};

use super::processes::process;
use super::{Store, unreadable};
use crate::deadlines::{MAX_LIMIT_S, deadline, wait_expires};
use crate::waiters::Demand;

/// An executor that asks for work, and what it has to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Poll {
    pub(crate) colony: String,
    pub(crate) executorid: Id,
    pub(crate) executorname: String,
    pub(crate) executortype: String,
    pub(crate) location: String,
    /// Thousandths of a processor.
    pub(crate) cpu: i64,
    /// Bytes.
    pub(crate) mem: i64,
}

/// A process whose time is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) processid: String,
    pub(crate) executortype: String,
    pub(crate) is_running: bool,
    pub(crate) retries: i64,
    pub(crate) maxretries: i64,
    pub(crate) maxwaittime: i64,
}

fn due(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        processid: row.get("processid")?,
        executortype: row.get("executortype")?,
        is_running: row.get::<_, i64>("state")? == 1,
        retries: row.get("retries")?,
        maxretries: row.get("maxretries")?,
        maxwaittime: row.get("maxwaittime")?,
    })
}

fn demand(row: &Row<'_>) -> rusqlite::Result<Demand> {
    let names: Option<String> = row.get("executornames")?;
    let names = names.as_deref().map(serde_json::from_str).transpose().map_err(unreadable)?;
    Ok(Demand {
        processid: row.get("processid")?,
        colony: row.get("colony")?,
        executortype: row.get("executortype")?,
        executornames: names.unwrap_or_default(),
        location: row.get("location")?,
        cpu: row.get("cpu")?,
        mem: row.get("mem")?,
        storage: row.get("storage")?,
        nodes: row.get("nodes")?,
        processes: row.get("processes")?,
        processespernode: row.get("processespernode")?,
    })
}

impl Store {
    /// Gives the executor the waiting process that is its due, if there is one: same colony and
    /// type, conditions met, smallest `prioritytime`. It has still to be fed ([`Self::feed`]).
    ///
    /// Cost: one look into the index for each different need of those that wait for anyone, for
    /// this executor by name, or for several by name; not for each process.
    pub(crate) fn claim(&self, poll: &Poll, now: i64) -> rusqlite::Result<Option<Process>> {
        // `class` walks from need to need; only the first process of each is looked at.
        let sql = "WITH RECURSIVE class (target, needs) AS ( \
             SELECT column1, (SELECT needs FROM processes WHERE state = 0 AND waits = 0 \
             AND colony = ?1 AND executortype = ?2 AND target IS column1 ORDER BY needs LIMIT 1) \
             FROM (VALUES (''), (?4), (NULL)) \
             UNION ALL \
             SELECT class.target, (SELECT needs FROM processes WHERE state = 0 AND waits = 0 \
             AND colony = ?1 AND executortype = ?2 AND target IS class.target AND needs > class.needs \
             ORDER BY needs LIMIT 1) FROM class WHERE class.needs IS NOT NULL) \
             UPDATE processes SET state = 1, executorid = ?3, started = ?8, \
             execdeadline = iif(maxexectime > 0, ?8 + min(maxexectime, ?9) * 1000000000, NULL), \
             expires = CASE WHEN maxexectime = -1 THEN NULL \
             WHEN maxexectime > 0 THEN ?8 + min(maxexectime, ?9) * 1000000000 ELSE ?8 END \
             WHERE seq = (SELECT first.seq FROM class JOIN processes AS first ON first.seq = \
             (SELECT seq FROM processes WHERE state = 0 AND waits = 0 AND colony = ?1 AND executortype = ?2 \
             AND target IS class.target AND needs = class.needs \
             ORDER BY prioritytime, seq LIMIT 1) \
             WHERE cpu <= ?6 AND mem <= ?7 AND storage <= 0 AND nodes <= 127 \
             AND processes <= 127 AND processespernode <= 127 \
             AND (location = '' OR lower(location) = lower(?5)) \
             AND (executornames IS NULL \
             OR EXISTS (SELECT 1 FROM json_each(executornames) WHERE value = ?4)) \
             ORDER BY prioritytime, first.seq LIMIT 1) RETURNING *";
        let params = params![
            poll.colony,
            poll.executortype,
            poll.executorid.as_str(),
            poll.executorname,
            poll.location,
            poll.cpu,
            poll.mem,
            now,
            MAX_LIMIT_S,
        ];
        let claimed = self.one(sql, params, process)?;
        claimed.map(|process| self.complete(process)).transpose()
    }

    /// What a waiting process asks for; none if it does not wait, or waits for its parents.
    pub(crate) fn demand(&self, processid: &str) -> rusqlite::Result<Option<Demand>> {
        let sql = "SELECT processid, colony, executortype, executornames, location, cpu, mem, \
             storage, nodes, processes, processespernode FROM processes \
             WHERE processid = ?1 AND state = 0 AND waits = 0";
        self.one(sql, [processid], demand)
    }

    /// Takes back what an executor holds: one process, or all if `processid` is empty. Retries,
    /// deadlines and output stay as they are. Returns id and executor type of what waits again.
    pub(crate) fn take_back(
        &self,
        colony: &str,
        executorid: &Id,
        processid: &str,
        now: i64,
    ) -> rusqlite::Result<Vec<(String, String)>> {
        let sql = "UPDATE processes SET state = 0, executorid = '', started = NULL, ended = NULL, \
             expires = CASE WHEN maxwaittime IN (0, -1) THEN NULL \
             WHEN maxwaittime > 0 THEN waitdeadline ELSE ?4 END \
             WHERE executorid = ?2 AND colony = ?1 AND state = 1 \
             AND (?3 = '' OR processid = ?3) RETURNING processid, executortype";
        let params = params![colony, executorid.as_str(), processid, now];
        self.all(sql, params, |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Stores output of a running process; whether its holder asked.
    pub(crate) fn set_output(&self, id: &str, holder: &Id, out: &Json) -> rusqlite::Result<bool> {
        let sql = "UPDATE processes SET output = ?3 \
             WHERE processid = ?1 AND executorid = ?2 AND state = 1";
        Ok(self.execute(sql, [id, holder.as_str(), out.as_str()])? > 0)
    }

    /// Ends a process as successful, with `out` if there is any; whether its holder asked. Ending
    /// it again is allowed.
    pub(crate) fn succeed(
        &self,
        id: &str,
        holder: &Id,
        out: Option<&Json>,
        now: i64,
    ) -> rusqlite::Result<bool> {
        let sql = "UPDATE processes SET state = 2, ended = ?4, expires = NULL, \
             output = coalesce(?3, output) \
             WHERE processid = ?1 AND executorid = ?2 AND state IN (1, 2)";
        Ok(self.execute(sql, params![id, holder.as_str(), out.map(Json::as_str), now])? > 0)
    }

    /// Ends a running process as failed; whether its holder asked.
    pub(crate) fn fail(
        &self,
        id: &str,
        holder: &Id,
        errors: &Json,
        now: i64,
    ) -> rusqlite::Result<bool> {
        let sql = "UPDATE processes SET state = 3, ended = ?4, expires = NULL, errors = ?3 \
             WHERE processid = ?1 AND executorid = ?2 AND state = 1";
        Ok(self.execute(sql, params![id, holder.as_str(), errors.as_str(), now])? > 0)
    }

    /// Calls a waiting or running process off; whether it was one.
    pub(crate) fn cancel(&self, id: &str, now: i64) -> rusqlite::Result<bool> {
        let sql = "UPDATE processes SET state = 4, ended = ?2, expires = NULL \
             WHERE processid = ?1 AND state IN (0, 1)";
        Ok(self.execute(sql, params![id, now])? > 0)
    }

    /// When the next process has to be looked at.
    pub(crate) fn next_expiry(&self) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT expires FROM processes WHERE expires IS NOT NULL \
             ORDER BY expires LIMIT 1";
        self.one(sql, [], |row| row.get(0))
    }

    /// At most 1000 processes whose time was up before `past`.
    pub(crate) fn due(&self, past: i64) -> rusqlite::Result<Vec<Due>> {
        let sql = "SELECT processid, executortype, state, retries, maxretries, maxwaittime \
             FROM processes WHERE expires IS NOT NULL AND expires < ?1 ORDER BY expires LIMIT 1000";
        self.all(sql, [past], due)
    }

    /// A running process has overrun: it waits again, with one more retry counted. Whether it ran.
    pub(crate) fn requeue(&self, due: &Due, now: i64) -> rusqlite::Result<bool> {
        let sql = "UPDATE processes SET state = 0, executorid = '', ended = ?2, \
             retries = retries + 1, waitdeadline = coalesce(?3, waitdeadline), expires = ?4 \
             WHERE processid = ?1 AND state = 1";
        let waitdeadline = deadline(now, due.maxwaittime);
        let expires = wait_expires(now, due.maxwaittime);
        Ok(self.execute(sql, params![due.processid, now, waitdeadline, expires])? > 0)
    }

    /// A process has waited or run for too long: it has failed. Whether it had not ended.
    pub(crate) fn expire(&self, id: &str, reason: &str, now: i64) -> rusqlite::Result<bool> {
        let sql = "UPDATE processes SET state = 3, ended = ?2, expires = NULL, errors = ?3 \
             WHERE processid = ?1 AND state IN (0, 1)";
        let errors = Json::from_strings(&[reason]);
        Ok(self.execute(sql, params![id, now, errors.as_str()])? > 0)
    }
}
