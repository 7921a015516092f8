//! The functions that executors offer, with what the broker counts about them.

use rusqlite::{Row, params};
use webpool_colony::types::Function;

use super::{Head, Store, unreadable};

fn function(row: &Row<'_>) -> rusqlite::Result<Function> {
    let args: String = row.get("args")?;
    Ok(Function {
        functionid: row.get("functionid")?,
        executorname: row.get("executorname")?,
        executortype: row.get("executortype")?,
        colonyname: row.get("colony")?,
        funcname: row.get("funcname")?,
        description: row.get("description")?,
        args: serde_json::from_str(&args).map_err(unreadable)?,
        counter: row.get("counter")?,
        minwaittime: row.get("minwait")?,
        maxwaittime: row.get("maxwait")?,
        minexectime: row.get("minexec")?,
        maxexectime: row.get("maxexec")?,
        avgwaittime: row.get("avgwait")?,
        avgexectime: row.get("avgexec")?,
        locationname: row.get("location")?,
    })
}

impl Store {
    /// Stores a function, under a fresh random id if it has none; it comes back as stored.
    pub(crate) fn add_function(&self, new: &Function) -> rusqlite::Result<Option<Function>> {
        let sql = "INSERT INTO functions (functionid, colony, executorname, executortype, \
             funcname, description, args, location, counter, minwait, maxwait, minexec, maxexec, \
             avgwait, avgexec) VALUES (iif(?1 = '', lower(hex(randomblob(32))), ?1), \
             ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) RETURNING *";
        let args = serde_json::to_string(&new.args).map_err(unreadable)?;
        let params = params![
            new.functionid,
            new.colonyname,
            new.executorname,
            new.executortype,
            new.funcname,
            new.description,
            args,
            new.locationname,
            new.counter,
            new.minwaittime,
            new.maxwaittime,
            new.minexectime,
            new.maxexectime,
            new.avgwaittime,
            new.avgexectime,
        ];
        self.one(sql, params, function)
    }

    pub(crate) fn function(&self, id: &str) -> rusqlite::Result<Option<Function>> {
        self.one("SELECT * FROM functions WHERE functionid = ?1", [id], function)
    }

    /// The functions of an executor, or of the whole colony if its name is empty.
    pub(crate) fn functions(
        &self,
        colony: &str,
        executorname: &str,
    ) -> rusqlite::Result<Vec<Function>> {
        let sql = "SELECT * FROM functions WHERE colony = ?1 AND (?2 = '' OR executorname = ?2) \
             ORDER BY rowid";
        self.all(sql, [colony, executorname], function)
    }

    pub(crate) fn remove_function(&self, id: &str) -> rusqlite::Result<()> {
        self.execute("DELETE FROM functions WHERE functionid = ?1", [id]).map(drop)
    }

    /// Counts one more success of a function: `wait` and `exec` in seconds.
    pub(crate) fn count_success(
        &self,
        head: &Head,
        executorname: &str,
        wait: f64,
        exec: f64,
    ) -> rusqlite::Result<()> {
        let sql = "UPDATE functions SET counter = counter + 1, \
             minwait = iif(counter = 0, ?4, min(minwait, ?4)), maxwait = max(maxwait, ?4), \
             minexec = iif(counter = 0, ?5, min(minexec, ?5)), maxexec = max(maxexec, ?5), \
             avgwait = iif(counter = 0, ?4, (avgwait + ?4) / 2), \
             avgexec = iif(counter = 0, ?5, (avgexec + ?5) / 2) \
             WHERE colony = ?1 AND executorname = ?2 AND funcname = ?3";
        self.execute(sql, params![head.colony, executorname, head.funcname, wait, exec]).map(drop)
    }
}
