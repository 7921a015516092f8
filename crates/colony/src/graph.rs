//! Workflows: processes that wait for one another, kept together as a process graph.
//!
//! A workflow names its nodes; `conditions.dependencies` of a node are the names of the nodes whose
//! output it waits for. A graph in a list has neither nodes nor edges; a graph read by its id has
//! both, with places for a drawing: boxes 150 wide, 50 apart, 80 from level to level, without unit.

use serde::{Deserialize, Serialize};

use crate::key::Id;
use crate::process::{FunctionSpec, ProcessState};
use crate::timestamp::Timestamp;
use crate::types::nullable;

/// What is to be run, and what waits for what.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct WorkflowSpec {
    /// The colony of all nodes, whatever their conditions say.
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    /// The nodes: each has a `nodename` of its own.
    #[serde(deserialize_with = "nullable")]
    pub functionspecs: Vec<FunctionSpec>,
}

/// One workflow, as the server keeps it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct ProcessGraph {
    #[serde(deserialize_with = "nullable")]
    pub processgraphid: String,
    #[serde(deserialize_with = "nullable")]
    pub initiatorid: Id,
    #[serde(deserialize_with = "nullable")]
    pub initiatorname: String,
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    pub rootprocessids: Option<Vec<String>>,
    #[serde(deserialize_with = "nullable")]
    pub state: i64,
    pub submissiontime: Timestamp,
    pub starttime: Timestamp,
    pub endtime: Timestamp,
    pub processids: Option<Vec<String>>,
    #[serde(deserialize_with = "nullable")]
    pub nodes: Vec<GraphNode>,
    #[serde(deserialize_with = "nullable")]
    pub edges: Vec<GraphEdge>,
}

impl ProcessGraph {
    /// The state, none if the server says a number we do not know.
    pub fn state(&self) -> Option<ProcessState> {
        ProcessState::from_code(self.state)
    }
}

/// One process of a graph, as a drawing shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct GraphNode {
    /// The process.
    #[serde(deserialize_with = "nullable")]
    pub id: String,
    /// What stands in its box.
    #[serde(deserialize_with = "nullable")]
    pub data: NodeData,
    /// Where its box is.
    #[serde(deserialize_with = "nullable")]
    pub position: Position,
    /// `input` without parents, else `output` without children, else empty.
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    /// How its box looks.
    #[serde(deserialize_with = "nullable")]
    pub style: NodeStyle,
}

/// What stands in a node's box.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct NodeData {
    /// The node's name.
    #[serde(deserialize_with = "nullable")]
    pub label: String,
}

/// The upper left corner of a node's box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Position {
    /// From the left.
    #[serde(deserialize_with = "nullable")]
    pub x: i64,
    /// From above.
    #[serde(deserialize_with = "nullable")]
    pub y: i64,
}

/// How a node's box looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct NodeStyle {
    /// Always empty.
    #[serde(deserialize_with = "nullable")]
    pub color: String,
    /// A CSS colour that shows the process's state.
    #[serde(deserialize_with = "nullable")]
    pub background: String,
}

/// An arrow from a process to one that waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct GraphEdge {
    /// `<source>-<target>`.
    #[serde(deserialize_with = "nullable")]
    pub id: String,
    /// The process that is waited for.
    #[serde(deserialize_with = "nullable")]
    pub source: String,
    /// The process that waits.
    #[serde(deserialize_with = "nullable")]
    pub target: String,
    /// Whether the source is running.
    #[serde(deserialize_with = "nullable")]
    pub animated: bool,
}
