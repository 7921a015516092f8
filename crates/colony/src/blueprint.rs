//! Blueprints as they stand on the wire: what somebody wants, of a kind that a definition describes.
//!
//! A definition names the executors that bring a blueprint about. `spec` and `status` are the
//! user's own JSON objects. Some names have capitals on the wire; they are read in any case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json::Json;
use crate::timestamp::Timestamp;
use crate::types::{is_zero, nullable};

/// What a blueprint or a definition is called, and where it belongs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct BlueprintMetadata {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[serde(deserialize_with = "nullable")]
    pub colonyname: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub locationname: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_zero")]
    pub generation: i64,
    #[serde(rename = "createdAt", alias = "createdat")]
    pub created: Timestamp,
    #[serde(rename = "updatedAt", alias = "updatedat")]
    pub updated: Timestamp,
    #[serde(
        rename = "lastReconciliationProcess",
        alias = "lastreconciliationprocess",
        deserialize_with = "nullable",
        skip_serializing_if = "String::is_empty"
    )]
    pub reconciled_by: String,
    #[serde(rename = "lastReconciliationTime", alias = "lastreconciliationtime")]
    pub reconciled: Timestamp,
}

/// What somebody wants, and what has become of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct Blueprint {
    #[serde(deserialize_with = "nullable")]
    pub blueprintid: String,
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    #[serde(deserialize_with = "nullable")]
    pub metadata: BlueprintMetadata,
    /// An object, or null.
    pub spec: Json,
    /// An object, or null.
    #[serde(skip_serializing_if = "is_empty")]
    pub status: Json,
}

/// What a kind of blueprint is, and who brings it about.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct BlueprintDefinition {
    #[serde(deserialize_with = "nullable")]
    pub blueprintdefinitionid: String,
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    #[serde(deserialize_with = "nullable")]
    pub metadata: BlueprintMetadata,
    #[serde(deserialize_with = "nullable")]
    pub spec: DefinitionSpec,
}

/// The description in a definition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct DefinitionSpec {
    #[serde(deserialize_with = "nullable")]
    pub group: String,
    #[serde(deserialize_with = "nullable")]
    pub version: String,
    #[serde(deserialize_with = "nullable")]
    pub names: DefinitionNames,
    #[serde(deserialize_with = "nullable")]
    pub scope: String,
    /// A JSON schema, or null.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub schema: Json,
    #[serde(deserialize_with = "nullable")]
    pub handler: DefinitionHandler,
}

/// What a kind is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct DefinitionNames {
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    #[serde(rename = "listKind", alias = "listkind", deserialize_with = "nullable")]
    pub list_kind: String,
    #[serde(deserialize_with = "nullable")]
    pub singular: String,
    #[serde(deserialize_with = "nullable")]
    pub plural: String,
    #[serde(
        rename = "shortNames",
        alias = "shortnames",
        deserialize_with = "nullable",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub short_names: Vec<String>,
}

/// Which executors bring a kind about, by which function; the interval is in s.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the protocol's and say it all")]
pub struct DefinitionHandler {
    #[serde(rename = "executorType", alias = "executortype", deserialize_with = "nullable")]
    pub executor_type: String,
    #[serde(rename = "functionName", alias = "functionname", deserialize_with = "nullable")]
    pub function_name: String,
    #[serde(
        rename = "reconcileInterval",
        alias = "reconcileinterval",
        deserialize_with = "nullable",
        skip_serializing_if = "is_zero"
    )]
    pub interval_s: i64,
}

/// Whether there is nothing in an object.
fn is_empty(object: &Json) -> bool {
    matches!(object.as_str(), "null" | "{}")
}
