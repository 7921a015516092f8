//! Executors in the file, from pending to unregistered.

use rusqlite::{Row, params};
use webpool_colony::types::{Executor, ExecutorState};
use webpool_colony::{Id, Json};

use super::{Store, from_time, json, time};

fn executor(row: &Row<'_>) -> rusqlite::Result<Executor> {
    Ok(Executor {
        executorid: Id::from_text(row.get::<_, String>("executorid")?),
        executortype: row.get("executortype")?,
        executorname: row.get("name")?,
        colonyname: row.get("colony")?,
        state: row.get("state")?,
        requirefuncreg: row.get("requirefuncreg")?,
        commissiontime: time(row, "commissioned")?,
        lastheardfromtime: time(row, "heard")?,
        locationname: row.get("location")?,
        capabilities: json(row, "capabilities")?,
        allocations: json(row, "allocations")?,
        blueprintid: row.get("blueprintid")?,
        blueprintgen: row.get("blueprintgen")?,
    })
}

impl Store {
    /// Stores an executor as pending; one of the same name gives up its place, but keeps
    /// `requirefuncreg`.
    pub(crate) fn put_executor(&self, executor: &Executor, now: i64) -> rusqlite::Result<()> {
        let sql = "INSERT INTO executors (colony, name, executorid, executortype, state, \
             requirefuncreg, commissioned, heard, location, capabilities, allocations, \
             blueprintid, blueprintgen) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
             ON CONFLICT (colony, name) DO UPDATE SET executorid = ?3, executortype = ?4, \
             state = 0, commissioned = ?6, heard = ?7, location = ?8, capabilities = ?9, \
             allocations = ?10, blueprintid = ?11, blueprintgen = ?12";
        let params = params![
            executor.colonyname,
            executor.executorname,
            executor.executorid.as_str(),
            executor.executortype,
            executor.requirefuncreg,
            now,
            from_time(executor.lastheardfromtime),
            executor.locationname,
            executor.capabilities.as_str(),
            executor.allocations.as_str(),
            executor.blueprintid,
            executor.blueprintgen,
        ];
        self.execute(sql, params).map(drop)
    }

    pub(crate) fn executor(&self, colony: &str, name: &str) -> rusqlite::Result<Option<Executor>> {
        let sql = "SELECT * FROM executors WHERE colony = ?1 AND name = ?2";
        self.one(sql, [colony, name], executor)
    }

    /// The executor of that id in that colony.
    pub(crate) fn member(&self, colony: &str, id: &Id) -> rusqlite::Result<Option<Executor>> {
        let sql = "SELECT * FROM executors WHERE executorid = ?2 AND colony = ?1 \
             ORDER BY state <> 1, rowid LIMIT 1";
        self.one(sql, [colony, id.as_str()], executor)
    }

    /// The executors of that id, in any colony.
    pub(crate) fn executors_by_id(&self, id: &Id) -> rusqlite::Result<Vec<Executor>> {
        let sql = "SELECT * FROM executors WHERE executorid = ?1 ORDER BY rowid";
        self.all(sql, [id.as_str()], executor)
    }

    pub(crate) fn executors(&self, colony: &str) -> rusqlite::Result<Vec<Executor>> {
        self.all("SELECT * FROM executors WHERE colony = ?1 ORDER BY rowid", [colony], executor)
    }

    /// Sets the state of all of the colony's executors with that id.
    pub(crate) fn set_executor_state(
        &self,
        colony: &str,
        id: &Id,
        state: ExecutorState,
    ) -> rusqlite::Result<()> {
        let sql = "UPDATE executors SET state = ?3 WHERE executorid = ?2 AND colony = ?1";
        self.execute(sql, params![colony, id.as_str(), state.to_code()]).map(drop)
    }

    /// Notes that an executor asked for work.
    pub(crate) fn touch_executor(
        &self,
        colony: &str,
        name: &str,
        now: i64,
    ) -> rusqlite::Result<()> {
        let sql = "UPDATE executors SET heard = ?3 WHERE colony = ?1 AND name = ?2";
        self.execute(sql, params![colony, name, now]).map(drop)
    }

    /// An executor, known by its id, has been heard from.
    pub(crate) fn hear(&self, colony: &str, id: &Id, now: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE executors SET heard = ?3 WHERE executorid = ?2 AND colony = ?1";
        self.execute(sql, params![colony, id.as_str(), now]).map(drop)
    }

    pub(crate) fn set_capabilities(
        &self,
        colony: &str,
        name: &str,
        capabilities: &Json,
    ) -> rusqlite::Result<()> {
        let sql = "UPDATE executors SET capabilities = ?3 WHERE colony = ?1 AND name = ?2";
        self.execute(sql, [colony, name, capabilities.as_str()]).map(drop)
    }

    pub(crate) fn set_allocations(
        &self,
        colony: &str,
        name: &str,
        allocations: &Json,
    ) -> rusqlite::Result<()> {
        let sql = "UPDATE executors SET allocations = ?3 WHERE colony = ?1 AND name = ?2";
        self.execute(sql, [colony, name, allocations.as_str()]).map(drop)
    }

    /// Marks an executor unregistered and deletes its functions.
    pub(crate) fn unregister(&self, executor: &Executor) -> rusqlite::Result<()> {
        let names = [executor.colonyname.as_str(), executor.executorname.as_str()];
        self.execute("UPDATE executors SET state = 3 WHERE colony = ?1 AND name = ?2", names)?;
        self.execute("DELETE FROM functions WHERE colony = ?1 AND executorname = ?2", names)?;
        Ok(())
    }

    /// The executors, not yet unregistered, that asked for work before `limit` and not since; the
    /// most silent first.
    pub(crate) fn stale_executors(&self, limit: i64) -> rusqlite::Result<Vec<Executor>> {
        let sql = "SELECT * FROM executors WHERE state <> 3 AND heard < ?1 ORDER BY heard, rowid";
        self.all(sql, [limit], executor)
    }
}
