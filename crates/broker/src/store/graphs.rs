//! Workflows in the file, and what follows in them when one of their processes ends.
//!
//! A graph's state is kept by a trigger of the schema. Its nodes are processes: each counts the
//! parents it still waits for, and may be given away when that is none.

use std::collections::HashMap;

use rusqlite::{Row, params};
use webpool_colony::{Id, Json, Process, ProcessGraph, ProcessState};

use super::{Store, time, unreadable};
use crate::layout::Member;

/// The place of a process in a graph; its links are stored apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) processid: String,
    pub(crate) graphid: String,
    /// How many parents it waits for.
    pub(crate) waits: usize,
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

/// Ids by the id they belong to.
type Ids = HashMap<String, Vec<String>>;

/// A process and the executor type it is for.
type Concerned = (String, String);

fn concerned(row: &Row<'_>) -> rusqlite::Result<Concerned> {
    Ok((row.get("processid")?, row.get("executortype")?))
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
        parents: Vec::new(),
        children: Vec::new(),
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
        let sql = "SELECT processid, json_extract(spec, '$.nodename') AS nodename, state \
             FROM processes WHERE graphid <> '' AND graphid = ?1 ORDER BY seq";
        let mut members = self.all(sql, [graphid], member)?;
        let (mut parents, mut children) = self.links(graphid)?;
        for member in &mut members {
            member.parents = parents.remove(&member.processid).unwrap_or_default();
            member.children = children.remove(&member.processid).unwrap_or_default();
        }
        Ok(members)
    }

    /// The parents of each child, and the children of each parent.
    fn links(&self, graphid: &str) -> rusqlite::Result<(Ids, Ids)> {
        let sql = "SELECT parent, child FROM processes JOIN links ON child = processid \
             WHERE graphid <> '' AND graphid = ?1 ORDER BY links.seq";
        let links: Vec<(String, String)> =
            self.all(sql, [graphid], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (mut parents, mut children) = (Ids::new(), Ids::new());
        for (parent, child) in links {
            children.entry(parent.clone()).or_default().push(child.clone());
            parents.entry(child).or_default().push(parent);
        }
        Ok((parents, children))
    }

    /// What a process waits for.
    pub(super) fn parents(&self, processid: &str) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT parent FROM links WHERE child = ?1 ORDER BY seq";
        self.all(sql, [processid], |row| row.get(0))
    }

    /// What waits for a process.
    pub(crate) fn children(&self, processid: &str) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT child FROM links WHERE parent = ?1 ORDER BY seq";
        self.all(sql, [processid], |row| row.get(0))
    }

    /// How many bytes the parents of a process have put out.
    pub(crate) fn input_bytes(&self, processid: &str) -> rusqlite::Result<i64> {
        let sql = "SELECT coalesce(sum(octet_length(output)), 0) FROM links \
             JOIN processes ON processid = parent WHERE child = ?1";
        Ok(self.one(sql, [processid], |row| row.get(0))?.unwrap_or_default())
    }

    /// Gives a process what its parents have put out, one after the other.
    pub(crate) fn feed(&self, mut process: Process) -> rusqlite::Result<Process> {
        if process.parents.is_empty() {
            return Ok(process);
        }
        let sql = "SELECT output FROM links JOIN processes ON processid = parent \
             WHERE child = ?1 ORDER BY links.seq";
        let outputs = self.all(sql, [&process.processid], |row| row.get::<_, String>(0))?;
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
             AND processid IN (SELECT child FROM links WHERE parent = ?1) \
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
             AND graphid = (SELECT graphid FROM processes WHERE processid = ?1) \
             AND EXISTS (SELECT 1 FROM links WHERE parent = ?1) \
             AND state IN (0, 1) RETURNING processid, executortype";
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
        let of_nodes = format!("IN (SELECT processid {nodes})");
        self.execute(&format!("DELETE FROM attributes WHERE targetid {of_nodes}"), params)?;
        self.execute(&format!("DELETE FROM links WHERE child {of_nodes}"), params)?;
        self.execute(&format!("DELETE {nodes}"), params)?;
        self.execute(&format!("DELETE FROM graphs WHERE {which}"), params).map(drop)
    }

    /// Notes that a node waits for another, after all it waits for already.
    pub(crate) fn add_link(&self, parent: &str, child: &str) -> rusqlite::Result<()> {
        let sql = "INSERT INTO links (parent, child) VALUES (?1, ?2)";
        self.execute(sql, [parent, child]).map(drop)
    }

    /// A waiting node waits for one more.
    pub(crate) fn wait_for_one_more(&self, child: &str) -> rusqlite::Result<()> {
        let sql = "UPDATE processes SET waits = waits + 1 WHERE processid = ?1 AND state = 0";
        self.execute(sql, [child]).map(drop)
    }

    /// Nodes no longer wait for this one.
    pub(crate) fn unlink_children(&self, parent: &str) -> rusqlite::Result<()> {
        self.execute("DELETE FROM links WHERE parent = ?1", [parent]).map(drop)
    }
}
