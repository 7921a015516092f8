//! Keys and values attached to processes. An attribute's state is its process's.

use rusqlite::{Row, params};
use webpool_colony::key;
use webpool_colony::types::Attribute;

use super::Store;

const SELECT: &str = "SELECT attributes.*, coalesce(processes.state, 0) AS state, \
     coalesce(processes.graphid, '') AS graphid FROM attributes LEFT JOIN processes ON processes.processid = attributes.targetid";

fn attribute(row: &Row<'_>) -> rusqlite::Result<Attribute> {
    Ok(Attribute {
        attributeid: row.get("attributeid")?,
        targetid: row.get("targetid")?,
        targetcolonyname: row.get("targetcolony")?,
        targetprocessgraphid: row.get("graphid")?,
        state: row.get("state")?,
        attributetype: row.get("attributetype")?,
        key: row.get("key")?,
        value: row.get("value")?,
    })
}

impl Store {
    /// Stores an attribute under the id that follows from its target, key and type; returns the id.
    pub(crate) fn add_attribute(&self, attribute: &Attribute) -> rusqlite::Result<String> {
        let Attribute { targetid, targetcolonyname, attributetype, key, value, .. } = attribute;
        let id = key::hash(&format!("{targetid}{key}{attributetype}"));
        let sql = "INSERT INTO attributes (attributeid, targetid, targetcolony, attributetype, \
             key, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.execute(sql, params![id, targetid, targetcolonyname, attributetype, key, value])?;
        Ok(id)
    }

    pub(crate) fn attribute(&self, id: &str) -> rusqlite::Result<Option<Attribute>> {
        self.one(&format!("{SELECT} WHERE attributeid = ?1"), [id], attribute)
    }

    /// The attributes of a process, oldest first.
    pub(crate) fn attributes(&self, processid: &str) -> rusqlite::Result<Vec<Attribute>> {
        let sql = format!("{SELECT} WHERE targetid = ?1 ORDER BY attributes.seq");
        self.all(&sql, [processid], attribute)
    }
}
