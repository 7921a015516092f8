//! Blueprints and their definitions in the file: each as its JSON, beside what it is looked up by.

use rusqlite::{Row, ToSql, params};
use serde::de::DeserializeOwned;
use webpool_colony::Json;
use webpool_colony::blueprint::{Blueprint, BlueprintDefinition};

use super::{Store, unreadable};

fn content<T: DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>("content")?).map_err(unreadable)
}

fn blueprint(row: &Row<'_>) -> rusqlite::Result<Blueprint> {
    let mut blueprint: Blueprint = content(row)?;
    if blueprint.spec.is_null() {
        blueprint.spec = Json::from_value(&serde_json::Map::new());
    }
    Ok(blueprint)
}

impl Store {
    /// Stores a definition.
    pub(crate) fn add_definition(&self, new: &BlueprintDefinition) -> rusqlite::Result<()> {
        let sql = "INSERT INTO definitions (definitionid, colony, name, kind, content) \
             VALUES (?1, ?2, ?3, ?4, ?5)";
        let (id, metadata) = (&new.blueprintdefinitionid, &new.metadata);
        let content = Json::from_value(new);
        let params =
            params![id, metadata.colonyname, metadata.name, new.spec.names.kind, content.as_str()];
        self.execute(sql, params).map(drop)
    }

    pub(crate) fn definition(
        &self,
        colony: &str,
        name: &str,
    ) -> rusqlite::Result<Option<BlueprintDefinition>> {
        let sql = "SELECT * FROM definitions WHERE colony = ?1 AND name = ?2";
        self.one(sql, [colony, name], content)
    }

    /// The definition of a kind; of several, the first by name.
    pub(crate) fn definition_of(
        &self,
        colony: &str,
        kind: &str,
    ) -> rusqlite::Result<Option<BlueprintDefinition>> {
        let sql = "SELECT * FROM definitions WHERE colony = ?1 AND kind = ?2 ORDER BY name LIMIT 1";
        self.one(sql, [colony, kind], content)
    }

    pub(crate) fn definitions(&self, colony: &str) -> rusqlite::Result<Vec<BlueprintDefinition>> {
        self.all("SELECT * FROM definitions WHERE colony = ?1 ORDER BY name", [colony], content)
    }

    pub(crate) fn remove_definition(&self, colony: &str, name: &str) -> rusqlite::Result<()> {
        let sql = "DELETE FROM definitions WHERE colony = ?1 AND name = ?2";
        self.execute(sql, [colony, name]).map(drop)
    }

    /// Stores a blueprint.
    pub(crate) fn add_blueprint(&self, new: &Blueprint) -> rusqlite::Result<()> {
        let sql = "INSERT INTO blueprints (colony, name, kind, location, content, blueprintid) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.put_blueprint(sql, new)
    }

    /// Replaces the blueprint of that id.
    pub(crate) fn set_blueprint(&self, new: &Blueprint) -> rusqlite::Result<()> {
        let sql = "UPDATE blueprints SET colony = ?1, name = ?2, kind = ?3, location = ?4, \
             content = ?5 WHERE blueprintid = ?6";
        self.put_blueprint(sql, new)
    }

    fn put_blueprint(&self, sql: &str, new: &Blueprint) -> rusqlite::Result<()> {
        let Blueprint { blueprintid, kind, metadata, .. } = new;
        let content = Json::from_value(new);
        let location = &metadata.locationname;
        let params: [&dyn ToSql; 6] =
            [&metadata.colonyname, &metadata.name, kind, location, &content.as_str(), blueprintid];
        self.execute(sql, params).map(drop)
    }

    pub(crate) fn blueprint(
        &self,
        colony: &str,
        name: &str,
    ) -> rusqlite::Result<Option<Blueprint>> {
        let sql = "SELECT * FROM blueprints WHERE colony = ?1 AND name = ?2";
        self.one(sql, [colony, name], blueprint)
    }

    /// The blueprints of a colony by name; those of a kind, and in a place, if these are not empty.
    pub(crate) fn blueprints(
        &self,
        colony: &str,
        kind: &str,
        location: &str,
    ) -> rusqlite::Result<Vec<Blueprint>> {
        let sql = "SELECT * FROM blueprints WHERE colony = ?1 AND (?2 = '' OR kind = ?2) \
             AND (?3 = '' OR lower(location) = lower(?3)) ORDER BY name";
        self.all(sql, [colony, kind, location], blueprint)
    }

    pub(crate) fn remove_blueprint(&self, id: &str) -> rusqlite::Result<()> {
        self.execute("DELETE FROM blueprints WHERE blueprintid = ?1", [id]).map(drop)
    }
}
