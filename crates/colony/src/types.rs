//! Colonies, users, executors, functions, attributes, logs and statistics as they stand on the wire.
//!
//! Reading is as tolerant as the reference server: a missing or `null` field takes its zero value,
//! unknown fields are ignored. Writing gives every field its clients expect, in the server's order.
//! Hardware and software are the `colonyos` crate's types.

pub use colonyos::core::{Capabilities, Colony, Hardware, Software};
use serde::{Deserialize, Deserializer, Serialize};

use crate::json::Json;
use crate::key::Id;
use crate::timestamp::Timestamp;

/// Reads `null` as the type's zero value.
///
/// # Errors
///
/// The deserializer's own, for a value of another type.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Whether a number is left out, as zero is in some places.
pub(crate) fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// What a process asks of graphics cards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct Gpu {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[serde(deserialize_with = "nullable")]
    pub mem: String,
    #[serde(deserialize_with = "nullable")]
    pub count: i64,
    #[serde(deserialize_with = "nullable")]
    pub nodecount: i64,
}

/// A person or program that submits processes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct User {
    /// The colony the user belongs to.
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    /// The id of the user's key.
    #[serde(deserialize_with = "nullable")]
    pub userid: Id,
    /// Unique in the colony.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Free text.
    #[serde(deserialize_with = "nullable")]
    pub email: String,
    /// Free text.
    #[serde(deserialize_with = "nullable")]
    pub phone: String,
}

/// Where an executor stands; only an approved one may work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorState {
    /// 0: added, not yet approved.
    Pending,
    /// 1: may work.
    Approved,
    /// 2: refused by the colony's owner.
    Rejected,
    /// 3: removed, or not heard from for too long.
    Unregistered,
}

impl ExecutorState {
    /// The number on the wire.
    pub const fn to_code(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Approved => 1,
            Self::Rejected => 2,
            Self::Unregistered => 3,
        }
    }
}

/// A worker of a colony, as the server keeps it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Executor {
    /// The id of the executor's key.
    #[serde(deserialize_with = "nullable")]
    pub executorid: Id,
    /// What processes are matched against.
    #[serde(deserialize_with = "nullable")]
    pub executortype: String,
    /// Unique in the colony; no `:`.
    #[serde(deserialize_with = "nullable")]
    pub executorname: String,
    /// The colony it belongs to.
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    /// See [`ExecutorState`].
    #[serde(deserialize_with = "nullable")]
    pub state: i64,
    /// Stored, without effect on matching.
    #[serde(deserialize_with = "nullable")]
    pub requirefuncreg: bool,
    /// When it was added.
    pub commissiontime: Timestamp,
    /// When it last asked for work.
    pub lastheardfromtime: Timestamp,
    /// Where it is.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub locationname: String,
    /// An object with `hardware` and `software`: see [`Capabilities`].
    pub capabilities: Json,
    /// An object with `projects`.
    pub allocations: Json,
    /// The blueprint it was made by, if any.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub blueprintid: String,
    /// That blueprint's generation.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_zero")]
    pub blueprintgen: i64,
}

/// One parameter of a registered function.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct FunctionArg {
    /// Its name.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Its type, in words.
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    /// What it means.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it must be given.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The allowed values, if they can be listed.
    #[serde(rename = "enum", deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
}

/// A function that an executor says it offers, with the server's counters (times in seconds).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct Function {
    #[serde(deserialize_with = "nullable")]
    pub functionid: String,
    #[serde(deserialize_with = "nullable")]
    pub executorname: String,
    #[serde(deserialize_with = "nullable")]
    pub executortype: String,
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    #[serde(deserialize_with = "nullable")]
    pub funcname: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<FunctionArg>,
    #[serde(deserialize_with = "nullable")]
    pub counter: i64,
    #[serde(deserialize_with = "nullable")]
    pub minwaittime: f64,
    #[serde(deserialize_with = "nullable")]
    pub maxwaittime: f64,
    #[serde(deserialize_with = "nullable")]
    pub minexectime: f64,
    #[serde(deserialize_with = "nullable")]
    pub maxexectime: f64,
    #[serde(deserialize_with = "nullable")]
    pub avgwaittime: f64,
    #[serde(deserialize_with = "nullable")]
    pub avgexectime: f64,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub locationname: String,
}

/// A key and a value attached to a process. Types: 0 in, 1 out, 2 err, 3 env.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct Attribute {
    #[serde(deserialize_with = "nullable")]
    pub attributeid: String,
    #[serde(deserialize_with = "nullable")]
    pub targetid: String,
    #[serde(deserialize_with = "nullable")]
    pub targetcolonyname: String,
    #[serde(deserialize_with = "nullable")]
    pub targetprocessgraphid: String,
    #[serde(deserialize_with = "nullable")]
    pub state: i64,
    #[serde(deserialize_with = "nullable")]
    pub attributetype: i64,
    #[serde(deserialize_with = "nullable")]
    pub key: String,
    #[serde(deserialize_with = "nullable")]
    pub value: String,
}

/// One line that an executor wrote about a process, or about itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Log {
    /// Empty if the line is about the executor itself.
    #[serde(deserialize_with = "nullable")]
    pub processid: String,
    /// The colony.
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    /// Who wrote it.
    #[serde(deserialize_with = "nullable")]
    pub executorname: String,
    /// The line.
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    /// Nanoseconds since 1970, UTC.
    #[serde(deserialize_with = "nullable")]
    pub timestamp: i64,
}

/// Whether a colony's work is held back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct PauseStatus {
    /// The reply's type once more.
    #[serde(deserialize_with = "nullable")]
    pub msgtype: String,
    /// The colony.
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    /// Whether nothing is handed out.
    #[serde(deserialize_with = "nullable")]
    pub ispaused: bool,
}

/// How many of everything there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct Statistics {
    pub colonies: i64,
    pub executors: i64,
    pub activeexecutors: i64,
    pub unregisteredexecutors: i64,
    pub waitingprocesses: i64,
    pub runningprocesses: i64,
    pub successfulprocesses: i64,
    pub failedprocesses: i64,
    pub cancelledprocesses: i64,
    pub waitingworkflows: i64,
    pub runningworkflows: i64,
    pub successfulworkflows: i64,
    pub failedworkflows: i64,
    pub cancelledworkflows: i64,
}
