//! Workflows in the file, and what follows in them when one of their processes ends.
//!
//! A graph's state is kept by a trigger of the schema. Its nodes are processes: each counts the
//! parents it still waits for, and may be given away when that is none.

use rusqlite::{Row, params};
use webpool_colony::{Id, Json, Process, ProcessGraph, ProcessState};

use super::{Store, time, unreadable};
use crate::layout::Member;

/// The place of a process in a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) processid: String,
    pub(crate) graphid: String,
    pub(crate) parents: Vec<String>,
    pub(crate) children: Vec<String>,
}

/// A graph to store, before its nodes.
#[derive(Debug)]
pub(crate) struct NewGraph<'a> {
    pub(crate) colony: &'a str,
    /// Who submits.
    pub(crate) initiator: &'a Id,
    /// The name of who submits.
    pub(crate) initiatorname: &'a str,
    /// Waiting, or successful if it will have no nodes.
    pub(crate) state: ProcessState,
}

/// A process and the executor type it is for.
type Concerned = (String, String);

fn concerned(row: &Row<'_>) -> rusqlite::Result<Concerned> {
    Ok((row.get("processid")?, row.get("executortype")?))
}

/// The ids of a column.
pub(super) fn ids(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<String>> {
    serde_json::from_str(&row.get::<_, String>(column)?).map_err(unreadable)
}

/// Ids as a column keeps them.
pub(super) fn id_list(ids: &[String]) -> String {
    Json::from_strings(ids).as_str().to_owned()
}

fn graph(row: &Row<'_>) -> rusqlite::Result<ProcessGraph> {
    Ok(ProcessGraph {
        processgraphid: row.get("graphid")?,
        initiatorid: Id::from_text(row.get::<_, String>("initiatorid")?),
        initiatorname: row.get("initiatorname")?,
        colonyname: row.get("colony")?,
        state: row.get("state")?,
        submissiontime: time(row, "submitted")?,
        starttime: time(row, "started")?,
        endtime: time(row, "ended")?,
        ..ProcessGraph::default()
    })
}

fn member(row: &Row<'_>) -> rusqlite::Result<Member> {
    let state = row.get("state")?;
    let state =
        ProcessState::from_code(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, state))?;
    Ok(Member {
        processid: row.get("processid")?,
        nodename: row.get("nodename")?,
        state,
        parents: ids(row, "parents")?,
        children: ids(row, "children")?,
    })
}

impl Store {
    /// A fresh random id.
    pub(crate) fn fresh_id(&self) -> rusqlite::Result<String> {
        let id = self.one("SELECT lower(hex(randomblob(32)))", [], |row| row.get(0))?;
        id.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Stores a graph without nodes; returns its id.
    pub(crate) fn add_graph(&self, new: &NewGraph<'_>, now: i64) -> rusqlite::Result<String> {
        let sql = "INSERT INTO graphs (graphid, colony, initiatorid, initiatorname, state, \
             submitted, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let id = self.fresh_id()?;
        let NewGraph { colony, initiator, initiatorname, state } = *new;
        let ended = state.is_final().then_some(now);
        let state = state.to_code();
        let initiator = initiator.as_str();
        self.execute(sql, params![id, colony, initiator, initiatorname, state, now, ended])?;
        Ok(id)
    }

    /// Reads a graph, without its nodes.
    pub(crate) fn graph(&self, id: &str) -> rusqlite::Result<Option<ProcessGraph>> {
        self.one("SELECT * FROM graphs WHERE graphid = ?1", [id], graph)
    }

    /// Lists the colony's graphs in one state, newest first, without their nodes.
    pub(crate) fn graphs(
        &self,
        colony: &str,
        state: ProcessState,
        count: i64,
    ) -> rusqlite::Result<Vec<ProcessGraph>> {
        let sql = "SELECT * FROM graphs WHERE colony = ?1 AND state = ?2 \
             ORDER BY seq DESC LIMIT ?3";
        self.all(sql, params![colony, state.to_code(), count], graph)
    }

    /// The nodes of a graph, oldest first.
    pub(crate) fn members(&self, graphid: &str) -> rusqlite::Result<Vec<Member>> {
        let sql = "SELECT processid, json_extract(spec, '$.nodename') AS nodename, state, \
             parents, children FROM processes WHERE graphid <> '' AND graphid = ?1 ORDER BY seq";
        self.all(sql, [graphid], member)
    }

    /// Gives a process what its parents have put out, one after the other.
    pub(super) fn with_input(&self, mut process: Process) -> rusqlite::Result<Process> {
        if process.parents.is_empty() {
            return Ok(process);
        }
        let sql = "SELECT output FROM json_each(?1) JOIN processes ON processid = value \
             ORDER BY key";
        let outputs = self.all(sql, [id_list(&process.parents)], |row| row.get::<_, String>(0))?;
        let mut input: Vec<Json> = Vec::new();
        for output in outputs {
            input.extend(serde_json::from_str::<Vec<Json>>(&output).map_err(unreadable)?);
        }
        process.input = Json::from_value(&input);
        let sql = "UPDATE processes SET input = ?2 WHERE processid = ?1";
        self.execute(sql, [&process.processid, process.input.as_str()])?;
        Ok(process)
    }

    /// A process has succeeded: its children wait for one parent less. Returns those that wait for
    /// none now.
    pub(crate) fn release_children(&self, processid: &str) -> rusqlite::Result<Vec<Concerned>> {
        let sql = "UPDATE processes SET waits = waits - 1 WHERE state = 0 AND waits > 0 \
             AND processid IN (SELECT value FROM json_each( \
             (SELECT children FROM processes WHERE processid = ?1))) \
             RETURNING processid, executortype, waits";
        let children =
            self.all(sql, [processid], |row| Ok((concerned(row)?, row.get::<_, i64>("waits")?)))?;
        let is_free = |(child, waits)| (waits == 0).then_some(child);
        Ok(children.into_iter().filter_map(is_free).collect())
    }

    /// A process has failed: if others wait for it, all of its graph that has not ended fails too.
    /// Returns what failed; times and errors stay as they are.
    pub(crate) fn fail_with(&self, processid: &str) -> rusqlite::Result<Vec<Concerned>> {
        let sql = "UPDATE processes SET state = 3, expires = NULL WHERE graphid <> '' \
             AND graphid = (SELECT graphid FROM processes WHERE processid = ?1 \
             AND children <> '[]') AND state IN (0, 1) RETURNING processid, executortype";
        self.all(sql, [processid], concerned)
    }

    /// Calls off what of a graph has not ended; returns what that was.
    pub(crate) fn cancel_graph(&self, id: &str, now: i64) -> rusqlite::Result<Vec<Concerned>> {
        let sql = "UPDATE processes SET state = 4, ended = ?2, expires = NULL \
             WHERE graphid <> '' AND graphid = ?1 AND state IN (0, 1) \
             RETURNING processid, executortype";
        self.all(sql, params![id, now], concerned)
    }

    /// Whether any node of a graph runs.
    pub(crate) fn has_running_node(&self, id: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM processes WHERE graphid <> '' AND graphid = ?1 AND state = 1";
        Ok(self.one(sql, [id], |_| Ok(()))?.is_some())
    }

    /// Deletes a graph with its nodes.
    pub(crate) fn remove_graph(&self, id: &str) -> rusqlite::Result<()> {
        self.remove_graphs_where("graphid = ?1", params![id])
    }

    /// Deletes the colony's graphs in one state of which no node runs; or all its graphs.
    pub(crate) fn remove_graphs(
        &self,
        colony: &str,
        state: Option<ProcessState>,
    ) -> rusqlite::Result<()> {
        let state = state.map(ProcessState::to_code);
        let which = "colony = ?1 AND (?2 IS NULL OR (state = ?2 AND NOT EXISTS ( \
             SELECT 1 FROM processes WHERE processes.graphid <> '' \
             AND processes.graphid = graphs.graphid AND processes.state = 1)))";
        self.remove_graphs_where(which, params![colony, state])
    }

    fn remove_graphs_where(
        &self,
        which: &str,
        params: &[&dyn rusqlite::ToSql],
    ) -> rusqlite::Result<()> {
        let ids = format!("SELECT graphid FROM graphs WHERE {which}");
        let nodes = format!("FROM processes WHERE graphid <> '' AND graphid IN ({ids})");
        let sql = format!("DELETE FROM attributes WHERE targetid IN (SELECT processid {nodes})");
        self.execute(&sql, params)?;
        self.execute(&format!("DELETE {nodes}"), params)?;
        self.execute(&format!("DELETE FROM graphs WHERE {which}"), params).map(drop)
    }

    /// A new node stands between its parent and all children the parent had.
    pub(crate) fn put_between(&self, place: &Place, parent: &str) -> rusqlite::Result<()> {
        let sql = "UPDATE processes SET parents = json_insert((SELECT json_group_array(value) \
             FROM json_each(processes.parents) WHERE value <> ?2), '$[#]', ?3) \
             WHERE processid IN (SELECT value FROM json_each(?1))";
        self.execute(sql, params![id_list(&place.children), parent, place.processid])?;
        let sql = "UPDATE processes SET children = json_array(?2) WHERE processid = ?1";
        self.execute(sql, [parent, &place.processid]).map(drop)
    }

    /// A new node stands beside the other children of its parent; its own children wait for it too.
    pub(crate) fn put_beside(&self, place: &Place, parent: &str) -> rusqlite::Result<()> {
        let sql = "UPDATE processes SET parents = json_insert(parents, '$[#]', ?2), \
             waits = waits + 1 WHERE processid IN (SELECT value FROM json_each(?1))";
        self.execute(sql, params![id_list(&place.children), place.processid])?;
        let sql = "UPDATE processes SET children = json_insert(children, '$[#]', ?2) \
             WHERE processid = ?1";
        self.execute(sql, [parent, &place.processid]).map(drop)
    }
}
