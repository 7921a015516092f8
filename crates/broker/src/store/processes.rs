//! Processes in the file: submitting, reading, listing and deleting them.

use rusqlite::{Row, params};
use webpool_colony::types::Attribute;
use webpool_colony::{FunctionSpec, Id, Process, ProcessState};

use super::graphs::Place;
use super::{Store, json, time, unreadable};
use crate::deadlines::{SECOND, deadline, wait_expires};

/// A type of attribute: environment.
const ENV: i64 = 3;

/// A process to store.
#[derive(Debug)]
pub(crate) struct Submission<'a> {
    /// Sizes in its conditions are written as the server writes them.
    pub(crate) spec: &'a FunctionSpec,
    /// Thousandths of a processor.
    pub(crate) cpu: i64,
    /// Bytes.
    pub(crate) mem: i64,
    /// Bytes.
    pub(crate) storage: i64,
    /// Who submits.
    pub(crate) initiator: &'a Id,
    /// The name of who submits.
    pub(crate) initiatorname: &'a str,
    /// Its place in a graph, if it has one.
    pub(crate) place: Option<&'a Place>,
}

/// What has to be known of a process before anything may be done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) processid: String,
    pub(crate) colony: String,
    pub(crate) executorid: Id,
    pub(crate) state: ProcessState,
    /// Empty if it is no node of a graph.
    pub(crate) graphid: String,
    pub(crate) executortype: String,
    pub(crate) funcname: String,
    /// Nanoseconds since 1970.
    pub(crate) submitted: i64,
    /// Nanoseconds since 1970; 0 if it never started.
    pub(crate) started: i64,
}

/// Which processes of a colony are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter<'a> {
    /// All.
    All,
    /// Those for executors of this type.
    ExecutorType(&'a str),
    /// Those submitted by whoever has this id.
    Initiator(&'a str),
    /// Those with this label.
    Label(&'a str),
}

pub(super) fn process(row: &Row<'_>) -> rusqlite::Result<Process> {
    let spec: String = row.get("spec")?;
    let executorid: String = row.get("executorid")?;
    Ok(Process {
        processid: row.get("processid")?,
        initiatorid: Id::from_text(row.get::<_, String>("initiatorid")?),
        initiatorname: row.get("initiatorname")?,
        isassigned: !executorid.is_empty(),
        assignedexecutorid: Id::from_text(executorid),
        state: row.get("state")?,
        prioritytime: row.get("prioritytime")?,
        submissiontime: time(row, "submitted")?,
        starttime: time(row, "started")?,
        endtime: time(row, "ended")?,
        waitdeadline: time(row, "waitdeadline")?,
        execdeadline: time(row, "execdeadline")?,
        retries: row.get("retries")?,
        spec: serde_json::from_str(&spec).map_err(unreadable)?,
        waitforparents: row.get::<_, i64>("waits")? > 0,
        processgraphid: row.get("graphid")?,
        input: json(row, "input")?,
        output: json(row, "output")?,
        errors: json(row, "errors")?,
        ..Process::default()
    })
}

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    let state = row.get("state")?;
    let state =
        ProcessState::from_code(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, state))?;
    Ok(Head {
        processid: row.get("processid")?,
        colony: row.get("colony")?,
        executorid: Id::from_text(row.get::<_, String>("executorid")?),
        state,
        graphid: row.get("graphid")?,
        executortype: row.get("executortype")?,
        funcname: row.get("funcname")?,
        submitted: row.get("submitted")?,
        started: row.get::<_, Option<i64>>("started")?.unwrap_or_default(),
    })
}

/// Names as JSON; none if there are none.
fn array(names: &[String]) -> rusqlite::Result<Option<String>> {
    let text = || serde_json::to_string(names).map_err(unreadable);
    (!names.is_empty()).then(text).transpose()
}

impl Store {
    /// Stores a process, waiting, under its place's id or a fresh one; it comes back as stored.
    pub(crate) fn submit(
        &self,
        submission: &Submission<'_>,
        now: i64,
    ) -> rusqlite::Result<Option<Process>> {
        let Some(process) = self.insert(submission, now)? else { return Ok(None) };
        for (key, value) in &submission.spec.env {
            self.add_attribute(&Attribute {
                targetid: process.processid.clone(),
                targetcolonyname: submission.spec.conditions.colonyname.clone(),
                attributetype: ENV,
                key: key.clone(),
                value: value.clone(),
                ..Attribute::default()
            })?;
        }
        self.complete(process).map(Some)
    }

    fn insert(&self, submission: &Submission<'_>, now: i64) -> rusqlite::Result<Option<Process>> {
        let Submission { spec, place, .. } = *submission;
        let conditions = &spec.conditions;
        let names = array(conditions.executornames.as_deref().unwrap_or_default())?;
        let channels = array(&spec.channels)?;
        let sql = "INSERT INTO processes (processid, colony, initiatorid, initiatorname, \
             prioritytime, submitted, waitdeadline, expires, executortype, executornames, \
             location, cpu, mem, storage, nodes, processes, processespernode, funcname, label, \
             maxwaittime, maxexectime, maxretries, spec, graphid, waits, channels) \
             VALUES (coalesce(?23, lower(hex(randomblob(32)))), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, \
             ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
             coalesce(?24, ''), coalesce(?25, 0), ?26) RETURNING *";
        let params = params![
            conditions.colonyname,
            submission.initiator.as_str(),
            submission.initiatorname,
            now.saturating_sub(spec.priority.saturating_mul(86_400 * SECOND)),
            now,
            deadline(now, spec.maxwaittime),
            wait_expires(now, spec.maxwaittime),
            conditions.executortype,
            names,
            conditions.locationname,
            submission.cpu,
            submission.mem,
            submission.storage,
            conditions.nodes,
            conditions.processes,
            conditions.processespernode,
            spec.funcname,
            spec.label,
            spec.maxwaittime,
            spec.maxexectime,
            spec.maxretries,
            serde_json::to_string(spec).map_err(unreadable)?,
            place.map(|place| &place.processid),
            place.map(|place| &place.graphid),
            place.map(|place| place.waits),
            channels,
        ];
        self.one(sql, params, process)
    }

    /// Adds what is not in the row of a process: its attributes, and what is around it in a graph.
    pub(super) fn complete(&self, mut process: Process) -> rusqlite::Result<Process> {
        process.attributes = self.attributes(&process.processid)?;
        if !process.processgraphid.is_empty() {
            process.parents = self.parents(&process.processid)?;
            process.children = self.children(&process.processid)?;
        }
        Ok(process)
    }

    fn complete_all(&self, processes: Vec<Process>) -> rusqlite::Result<Vec<Process>> {
        processes.into_iter().map(|process| self.complete(process)).collect()
    }

    /// Reads a process.
    pub(crate) fn process(&self, id: &str) -> rusqlite::Result<Option<Process>> {
        let found = self.one("SELECT * FROM processes WHERE processid = ?1", [id], process)?;
        found.map(|process| self.complete(process)).transpose()
    }

    /// Reads what has to be known of a process before anything may be done to it.
    pub(crate) fn head(&self, id: &str) -> rusqlite::Result<Option<Head>> {
        let sql = "SELECT processid, colony, executorid, state, graphid, executortype, funcname, \
             submitted, started FROM processes WHERE processid = ?1";
        self.one(sql, [id], head)
    }

    /// Lists processes in one state: waiting ones first to be served first, running ones oldest
    /// first, ended ones newest first.
    pub(crate) fn processes(
        &self,
        colony: &str,
        state: ProcessState,
        filter: Filter<'_>,
        count: i64,
    ) -> rusqlite::Result<Vec<Process>> {
        let (column, value) = match filter {
            Filter::All => ("''", ""),
            Filter::ExecutorType(name) => ("executortype", name),
            Filter::Initiator(id) => ("initiatorid", id),
            Filter::Label(label) => ("label", label),
        };
        let order = match state {
            ProcessState::Waiting => "prioritytime, seq",
            ProcessState::Running => "started, seq",
            ProcessState::Success | ProcessState::Failed | ProcessState::Cancelled => {
                "ended DESC, seq DESC"
            }
        };
        // The state is no parameter: an index over the waiting ones only is used by its name.
        let state = state.to_code();
        let sql = format!(
            "SELECT * FROM processes WHERE colony = ?1 AND state = {state} AND {column} = ?2 \
             ORDER BY {order} LIMIT ?3"
        );
        let found = self.all(&sql, params![colony, value, count], process)?;
        self.complete_all(found)
    }

    /// Lists the processes in one state that were submitted since `since`, oldest first; those of
    /// one executor, or all if the id is empty.
    pub(crate) fn history(
        &self,
        colony: &str,
        executorid: &Id,
        state: i64,
        since: i64,
    ) -> rusqlite::Result<Vec<Process>> {
        let sql = "SELECT * FROM processes WHERE colony = ?1 AND state = ?2 AND submitted >= ?3 \
             AND (?4 = '' OR executorid = ?4) ORDER BY submitted, seq";
        let params = params![colony, state, since, executorid.as_str()];
        let found = self.all(sql, params, process)?;
        self.complete_all(found)
    }

    /// Deletes a process with its attributes.
    pub(crate) fn remove_process(&self, id: &str) -> rusqlite::Result<()> {
        self.execute("DELETE FROM attributes WHERE targetid = ?1", [id])?;
        self.execute("DELETE FROM processes WHERE processid = ?1", [id]).map(drop)
    }

    /// Deletes the colony's processes in one state, or all of them, with their attributes; nodes of
    /// graphs stay.
    pub(crate) fn remove_processes(
        &self,
        colony: &str,
        state: Option<ProcessState>,
    ) -> rusqlite::Result<()> {
        let state = state.map(ProcessState::to_code);
        self.execute(
            "DELETE FROM attributes WHERE targetid IN (SELECT processid FROM processes \
             WHERE colony = ?1 AND graphid = '' AND (?2 IS NULL OR state = ?2))",
            params![colony, state],
        )?;
        let sql = "DELETE FROM processes WHERE colony = ?1 AND graphid = '' \
             AND (?2 IS NULL OR state = ?2)";
        self.execute(sql, params![colony, state]).map(drop)
    }
}
