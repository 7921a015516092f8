//! Colonies in the file, who belongs to them, and how much there is of everything.

use rusqlite::{Row, params};
use webpool_colony::Id;
use webpool_colony::types::{Colony, Statistics};

use super::Store;

/// What somebody is in a colony.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The id of the colony's owner; none if there is no such colony.
    pub(crate) owner: Option<String>,
    /// Whether there is a user of that id.
    pub(crate) is_user: bool,
    /// Whether there is an executor of that id, in any state.
    pub(crate) is_executor: bool,
    /// Whether there is an approved executor of that id.
    pub(crate) is_approved: bool,
}

fn colony(row: &Row<'_>) -> rusqlite::Result<Colony> {
    Ok(Colony { colonyid: row.get("colonyid")?, name: row.get("name")? })
}

impl Store {
    /// Looks up what `id` is in `colony`.
    pub(crate) fn standing(&self, colony: &str, id: &Id) -> rusqlite::Result<Standing> {
        let sql = "SELECT (SELECT colonyid FROM colonies WHERE name = ?1), \
             EXISTS (SELECT 1 FROM users WHERE colony = ?1 AND userid = ?2), \
             (SELECT count(*) FROM executors WHERE executorid = ?2 AND colony = ?1), \
             EXISTS (SELECT 1 FROM executors WHERE executorid = ?2 AND colony = ?1 AND state = 1)";
        let standing = self.one(sql, params![colony, id.as_str()], |row| {
            Ok(Standing {
                owner: row.get(0)?,
                is_user: row.get(1)?,
                is_executor: row.get::<_, i64>(2)? > 0,
                is_approved: row.get(3)?,
            })
        })?;
        Ok(standing.unwrap_or_default())
    }

    pub(crate) fn add_colony(&self, colony: &Colony) -> rusqlite::Result<()> {
        let sql = "INSERT INTO colonies (name, colonyid) VALUES (?1, ?2)";
        self.execute(sql, params![colony.name, colony.colonyid]).map(drop)
    }

    pub(crate) fn colony(&self, name: &str) -> rusqlite::Result<Option<Colony>> {
        self.one("SELECT * FROM colonies WHERE name = ?1", [name], colony)
    }

    pub(crate) fn colonies(&self) -> rusqlite::Result<Vec<Colony>> {
        self.all("SELECT * FROM colonies ORDER BY rowid", [], colony)
    }

    /// Deletes a colony with all it holds.
    pub(crate) fn remove_colony(&self, name: &str) -> rusqlite::Result<()> {
        for sql in [
            "DELETE FROM attributes WHERE targetid IN \
             (SELECT processid FROM processes WHERE colony = ?1)",
            "DELETE FROM links WHERE child IN \
             (SELECT processid FROM processes WHERE graphid <> '' AND colony = ?1)",
            "DELETE FROM processes WHERE colony = ?1",
            "DELETE FROM graphs WHERE colony = ?1",
            "DELETE FROM blueprints WHERE colony = ?1",
            "DELETE FROM definitions WHERE colony = ?1",
            "DELETE FROM logs WHERE colony = ?1",
            "DELETE FROM functions WHERE colony = ?1",
            "DELETE FROM executors WHERE colony = ?1",
            "DELETE FROM users WHERE colony = ?1",
            "DELETE FROM colonies WHERE name = ?1",
        ] {
            self.execute(sql, [name])?;
        }
        Ok(())
    }

    /// Holds back the work of a colony.
    pub(crate) fn pause(&self, name: &str) -> rusqlite::Result<()> {
        self.execute("INSERT OR IGNORE INTO pauses (colony) VALUES (?1)", [name]).map(drop)
    }

    /// Hands out the work of a colony again.
    pub(crate) fn resume(&self, name: &str) -> rusqlite::Result<()> {
        self.execute("DELETE FROM pauses WHERE colony = ?1", [name]).map(drop)
    }

    /// Whether the work of a colony is held back.
    pub(crate) fn is_paused(&self, name: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM pauses WHERE colony = ?1)";
        Ok(self.one(sql, [name], |row| row.get(0))?.unwrap_or_default())
    }

    /// Counts what a colony holds.
    pub(crate) fn colony_statistics(&self, name: &str) -> rusqlite::Result<Statistics> {
        let sql = "SELECT count(*) AS executors, coalesce(sum(state = 1), 0) AS active, \
             coalesce(sum(state = 3), 0) AS unregistered FROM executors WHERE colony = ?1";
        let executors = self.one(sql, [name], |row| {
            Ok(Statistics {
                colonies: 1,
                executors: row.get("executors")?,
                activeexecutors: row.get("active")?,
                unregisteredexecutors: row.get("unregistered")?,
                ..Statistics::default()
            })
        })?;
        let sql = "SELECT state, count(*) FROM processes WHERE colony = ?1 GROUP BY state";
        let counts = self.all(sql, [name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let statistics = with_counts(executors.unwrap_or_default(), counts);
        let sql = "SELECT state, count(*) FROM graphs WHERE colony = ?1 GROUP BY state";
        let graphs = self.all(sql, [name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(with_graph_counts(statistics, graphs))
    }

    /// Counts what the server holds.
    pub(crate) fn statistics(&self) -> rusqlite::Result<Statistics> {
        let sql = "SELECT (SELECT count(*) FROM colonies) AS colonies, \
             (SELECT count(*) FROM executors WHERE state <> 3) AS executors";
        let totals = self.one(sql, [], |row| {
            Ok(Statistics {
                colonies: row.get("colonies")?,
                executors: row.get("executors")?,
                ..Statistics::default()
            })
        })?;
        let sql = "SELECT state, count(*) FROM processes WHERE state <> 4 GROUP BY state";
        let counts = self.all(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(with_counts(totals.unwrap_or_default(), counts))
    }
}

fn with_counts(mut statistics: Statistics, counts: Vec<(i64, i64)>) -> Statistics {
    for (state, count) in counts {
        match state {
            0 => statistics.waitingprocesses = count,
            1 => statistics.runningprocesses = count,
            2 => statistics.successfulprocesses = count,
            3 => statistics.failedprocesses = count,
            _ => statistics.cancelledprocesses = count,
        }
    }
    statistics
}

fn with_graph_counts(mut statistics: Statistics, counts: Vec<(i64, i64)>) -> Statistics {
    for (state, count) in counts {
        match state {
            0 => statistics.waitingworkflows = count,
            1 => statistics.runningworkflows = count,
            2 => statistics.successfulworkflows = count,
            3 => statistics.failedworkflows = count,
            _ => statistics.cancelledworkflows = count,
        }
    }
    statistics
}
