//! What executors said about processes and about themselves, oldest first.

use rusqlite::{Row, params};
use webpool_colony::request::GetLogs;
use webpool_colony::types::Log;

use super::Store;

fn log(row: &Row<'_>) -> rusqlite::Result<Log> {
    Ok(Log {
        processid: row.get("processid")?,
        colonyname: row.get("colony")?,
        executorname: row.get("executorname")?,
        message: row.get("message")?,
        timestamp: row.get("timestamp")?,
    })
}

impl Store {
    pub(crate) fn add_log(&self, log: &Log) -> rusqlite::Result<()> {
        let sql = "INSERT INTO logs (processid, colony, executorname, message, timestamp) \
             VALUES (?1, ?2, ?3, ?4, ?5)";
        let Log { processid, colonyname, executorname, message, timestamp } = log;
        self.execute(sql, params![processid, colonyname, executorname, message, timestamp])
            .map(drop)
    }

    /// The lines of an executor of the colony if one is named, else those about a process; the
    /// newest `count` of them, or the first `count` after `since`.
    pub(crate) fn logs(&self, wanted: &GetLogs) -> rusqlite::Result<Vec<Log>> {
        let (whose, key) = match wanted.executorname.as_str() {
            "" => ("processid = ?1 AND ?2 = ''", &wanted.processid),
            _ => ("colony = ?1 AND executorname = ?2", &wanted.colonyname),
        };
        let (order, since) = if wanted.latest { ("DESC", i64::MIN) } else { ("ASC", wanted.since) };
        let sql = format!(
            "SELECT * FROM (SELECT * FROM logs WHERE {whose} AND timestamp > ?4 \
             ORDER BY seq {order} LIMIT ?3) ORDER BY seq"
        );
        self.all(&sql, params![key, wanted.executorname, wanted.count, since], log)
    }
}
