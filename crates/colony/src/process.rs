//! Processes, the unit of work, and the function specs they are made from.
//!
//! `args`, `kwargs`, `in` and `out` are any JSON and stay text: see [`Json`]. Times in a spec are
//! whole seconds; `maxexectime` -1 is the only "no limit", 0 means "fails within a second".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json::Json;
use crate::key::Id;
use crate::timestamp::Timestamp;
use crate::types::{Attribute, Gpu, nullable};

/// Where a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProcessState {
    /// 0: nobody works on it.
    Waiting,
    /// 1: assigned to an executor.
    Running,
    /// 2: done, with output.
    Success,
    /// 3: done, with errors.
    Failed,
    /// 4: called off.
    Cancelled,
}

impl ProcessState {
    /// All states, in the order of their codes.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Running, Self::Success, Self::Failed, Self::Cancelled];

    /// The number on the wire.
    pub const fn to_code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Running => 1,
            Self::Success => 2,
            Self::Failed => 3,
            Self::Cancelled => 4,
        }
    }

    /// The state with that number, none if there is none.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.to_code() == code)
    }

    /// Whether nothing more will happen to a process in this state.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Success | Self::Failed | Self::Cancelled => true,
        }
    }
}

/// What an executor must be like to be given a process.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct Conditions {
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    pub executornames: Option<Vec<String>>,
    #[serde(deserialize_with = "nullable")]
    pub executortype: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub locationname: String,
    #[serde(deserialize_with = "nullable")]
    pub dependencies: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub nodes: i64,
    #[serde(deserialize_with = "nullable")]
    pub cpu: String,
    #[serde(deserialize_with = "nullable")]
    pub processes: i64,
    #[serde(deserialize_with = "nullable")]
    pub processespernode: i64,
    #[serde(deserialize_with = "nullable")]
    pub mem: String,
    #[serde(deserialize_with = "nullable")]
    pub storage: String,
    #[serde(deserialize_with = "nullable")]
    pub gpu: Gpu,
    #[serde(deserialize_with = "nullable")]
    pub walltime: i64,
}

/// Files a process wants to see; a browser has none to give.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Filesystem {
    /// Where the files should appear.
    #[serde(deserialize_with = "nullable")]
    pub mount: String,
    /// Snapshots to mount: array or null.
    pub snapshots: Json,
    /// Folders to synchronise: array or null.
    pub dirs: Json,
}

impl Filesystem {
    /// Whether the process asks for any file.
    pub fn is_wanted(&self) -> bool {
        let is_empty = |json: &Json| matches!(json.as_str(), "null" | "[]");
        !self.mount.is_empty() || !is_empty(&self.snapshots) || !is_empty(&self.dirs)
    }
}

/// What is to be run, by whom and within which limits.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's; units in the module doc")]
pub struct FunctionSpec {
    #[serde(deserialize_with = "nullable")]
    pub nodename: String,
    #[serde(deserialize_with = "nullable")]
    pub funcname: String,
    pub args: Json,
    pub kwargs: Json,
    #[serde(deserialize_with = "nullable")]
    pub priority: i64,
    #[serde(deserialize_with = "nullable")]
    pub maxwaittime: i64,
    #[serde(deserialize_with = "nullable")]
    pub maxexectime: i64,
    #[serde(deserialize_with = "nullable")]
    pub maxretries: i64,
    #[serde(deserialize_with = "nullable")]
    pub conditions: Conditions,
    #[serde(deserialize_with = "nullable")]
    pub label: String,
    #[serde(deserialize_with = "nullable")]
    pub fs: Filesystem,
    #[serde(deserialize_with = "nullable")]
    pub env: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
}

impl FunctionSpec {
    /// A call of `funcname` by any executor of `executortype`, without time limits and with three
    /// retries. `args` must be a JSON array, `kwargs` a JSON object.
    pub fn new(
        funcname: &str,
        colonyname: &str,
        executortype: &str,
        args: Json,
        kwargs: Json,
    ) -> Self {
        Self {
            funcname: funcname.to_owned(),
            args,
            kwargs,
            maxwaittime: -1,
            maxexectime: -1,
            maxretries: 3,
            conditions: Conditions {
                colonyname: colonyname.to_owned(),
                executortype: executortype.to_owned(),
                executornames: Some(Vec::new()),
                ..Conditions::default()
            },
            ..Self::default()
        }
    }
}

/// One process, as the server keeps it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct Process {
    #[serde(deserialize_with = "nullable")]
    pub processid: String,
    #[serde(deserialize_with = "nullable")]
    pub initiatorid: Id,
    #[serde(deserialize_with = "nullable")]
    pub initiatorname: String,
    #[serde(deserialize_with = "nullable")]
    pub assignedexecutorid: Id,
    #[serde(deserialize_with = "nullable")]
    pub isassigned: bool,
    #[serde(deserialize_with = "nullable")]
    pub state: i64,
    #[serde(deserialize_with = "nullable")]
    pub prioritytime: i64,
    pub submissiontime: Timestamp,
    pub starttime: Timestamp,
    pub endtime: Timestamp,
    pub waitdeadline: Timestamp,
    pub execdeadline: Timestamp,
    #[serde(deserialize_with = "nullable")]
    pub retries: i64,
    #[serde(deserialize_with = "nullable")]
    pub attributes: Vec<Attribute>,
    #[serde(deserialize_with = "nullable")]
    pub spec: FunctionSpec,
    #[serde(deserialize_with = "nullable")]
    pub waitforparents: bool,
    #[serde(deserialize_with = "nullable")]
    pub parents: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub children: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub processgraphid: String,
    #[serde(rename = "in")]
    pub input: Json,
    #[serde(rename = "out")]
    pub output: Json,
    pub errors: Json,
}

impl Process {
    /// The state, none if the server says a number we do not know.
    pub fn state(&self) -> Option<ProcessState> {
        ProcessState::from_code(self.state)
    }
}
