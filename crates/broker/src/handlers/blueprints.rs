//! Blueprints: what somebody wants, of a kind that a definition describes, and the processes that
//! ask the definition's executors to bring it about.
//!
//! A process is submitted when a blueprint is added, when its `spec` changes, on request, and when it
//! is removed. Absent on purpose: processes at intervals, schemas, histories.

use serde_json::{Value, json};
use webpool_colony::blueprint::{Blueprint, BlueprintDefinition};
use webpool_colony::request::{
    AddBlueprint, AddBlueprintDefinition, GetBlueprint, GetBlueprintDefinition,
    GetBlueprintDefinitions, GetBlueprints, ReconcileBlueprint, RemoveBlueprint,
    RemoveBlueprintDefinition, UpdateBlueprint, UpdateBlueprintStatus,
};
use webpool_colony::{FunctionSpec, Json, Process};

use super::{Context, Step, done, processes, reply, reply_list};
use crate::error::Refusal;
use crate::store::is_duplicate;

/// The function that undoes a blueprint that was removed.
const CLEANUP: &str = "cleanup";

pub(super) fn add_definition(
    context: &Context<'_>,
    request: &AddBlueprintDefinition,
) -> Result<Step, Refusal> {
    let missing = "Failed to add blueprint definition, blueprint definition is nil";
    let mut new = request.blueprintdefinition.clone().ok_or_else(|| Refusal::bad(missing))?;
    let (colony, name) = (&new.metadata.colonyname, &new.metadata.name);
    context.require_owner(colony)?;
    let is_name_taken = context.store.definition(colony, name)?.is_some();
    if new.blueprintdefinitionid.is_empty() {
        new.blueprintdefinitionid = context.store.fresh_id()?;
    }
    let taken = if is_name_taken { "colony_name_name_key" } else { "pkey" };
    let stored = context.store.add_definition(&new);
    stored.map_err(|error| taken_or_lost(error, "blueprintdefinitions", taken))?;
    reply(&new)
}

pub(super) fn get_definition(
    context: &Context<'_>,
    request: &GetBlueprintDefinition,
) -> Result<Step, Refusal> {
    context.require_insider(&request.colonyname)?;
    let found = context.store.definition(&request.colonyname, &request.name)?;
    reply(&found.ok_or_else(|| Refusal::new(404, "Blueprint definition not found"))?)
}

/// An empty list is `[]` here.
pub(super) fn list_definitions(
    context: &Context<'_>,
    request: &GetBlueprintDefinitions,
) -> Result<Step, Refusal> {
    context.require_insider(&request.colonyname)?;
    reply(&context.store.definitions(&request.colonyname)?)
}

pub(super) fn remove_definition(
    context: &Context<'_>,
    request: &RemoveBlueprintDefinition,
) -> Result<Step, Refusal> {
    let (colony, name) = (&request.namespace, &request.name);
    context.require_owner(colony)?;
    let definition = context.store.definition(colony, name)?.ok_or_else(|| {
        let place = format!("not found in namespace '{colony}'");
        Refusal::new(404, format!("BlueprintDefinition '{name}' {place}"))
    })?;
    let kind = definition.spec.names.kind;
    let users = context.store.blueprints(colony, &kind, "")?;
    // Of a definition without a kind there are no blueprints, whatever their kinds.
    if !kind.is_empty() && !users.is_empty() {
        let count = users.len();
        let reason = format!("{count} blueprint(s) of kind '{kind}' still exist");
        let reason = format!("cannot remove BlueprintDefinition '{name}': {reason}");
        return Err(Refusal::new(409, reason));
    }
    context.store.remove_definition(colony, name)?;
    Ok(done())
}

pub(super) fn add(context: &mut Context<'_>, request: &AddBlueprint) -> Result<Step, Refusal> {
    let missing = || Refusal::bad("Failed to add blueprint, blueprint is nil");
    let mut new = request.blueprint.clone().ok_or_else(missing)?;
    context.require_insider(&new.metadata.colonyname)?;
    let definition = definition_of(context, &new)?;
    let (colony, name) = (&new.metadata.colonyname, &new.metadata.name);
    if context.store.blueprint(colony, name)?.is_some() {
        let reason = format!("blueprint with name '{name}' already exists in colony '{colony}'");
        return Err(Refusal::new(409, reason));
    }
    if new.blueprintid.is_empty() {
        new.blueprintid = context.store.fresh_id()?;
    }
    let stored = context.store.add_blueprint(&new);
    stored.map_err(|error| taken_or_lost(error, "blueprints", "pkey"))?;
    if is_handled(&definition) {
        let function = &definition.spec.handler.function_name;
        submit(context, &new, &definition, (function, kwargs(&new, false)))?;
    }
    reply(&new)
}

pub(super) fn get(context: &Context<'_>, request: &GetBlueprint) -> Result<Step, Refusal> {
    context.require_insider(&request.namespace)?;
    reply(&existing(context, &request.namespace, &request.name)?)
}

/// A place counts only together with a kind.
pub(super) fn list(context: &Context<'_>, request: &GetBlueprints) -> Result<Step, Refusal> {
    context.require_insider(&request.namespace)?;
    let location = if request.kind.is_empty() { "" } else { &request.locationname };
    reply_list(&context.store.blueprints(&request.namespace, &request.kind, location)?)
}

pub(super) fn update(
    context: &mut Context<'_>,
    request: &UpdateBlueprint,
) -> Result<Step, Refusal> {
    let missing = || Refusal::bad("Failed to update blueprint, blueprint is nil");
    let mut new = request.blueprint.clone().ok_or_else(missing)?;
    let (colony, name) = (&new.metadata.colonyname, &new.metadata.name);
    context.require_insider(colony)?;
    let old = context.store.blueprint(colony, name)?.ok_or_else(|| {
        Refusal::new(404, format!("blueprint '{name}' not found in namespace '{colony}'"))
    })?;
    let definition = definition_of(context, &new)?;
    let is_new = request.forcegeneration || parsed(&old.spec) != parsed(&new.spec);
    new.blueprintid = old.blueprintid;
    new.metadata.generation = old.metadata.generation.saturating_add(i64::from(is_new));
    context.store.set_blueprint(&new)?;
    // The owner has no name to submit a process under.
    let is_member = context.require_member(&new.metadata.colonyname).is_ok();
    if is_new && is_member && is_handled(&definition) {
        let function = &definition.spec.handler.function_name;
        submit(context, &new, &definition, (function, kwargs(&new, false)))?;
    }
    reply(&new)
}

pub(super) fn set_status(
    context: &Context<'_>,
    request: &UpdateBlueprintStatus,
) -> Result<Step, Refusal> {
    context.require_member(&request.colonyname)?;
    let mut blueprint = existing(context, &request.colonyname, &request.blueprintname)?;
    blueprint.status = request.status.clone();
    context.store.set_blueprint(&blueprint)?;
    Ok(done())
}

pub(super) fn remove(
    context: &mut Context<'_>,
    request: &RemoveBlueprint,
) -> Result<Step, Refusal> {
    context.require_insider(&request.namespace)?;
    let gone = existing(context, &request.namespace, &request.name)?;
    context.store.remove_blueprint(&gone.blueprintid)?;
    let definition = context.store.definition_of(&request.namespace, &gone.kind)?;
    if let Some(definition) = definition
        && !definition.spec.handler.executor_type.is_empty()
    {
        submit(context, &gone, &definition, (CLEANUP, kwargs(&gone, false)))?;
    }
    Ok(done())
}

pub(super) fn reconcile(
    context: &mut Context<'_>,
    request: &ReconcileBlueprint,
) -> Result<Step, Refusal> {
    context.require_member(&request.namespace)?;
    let mut blueprint = existing(context, &request.namespace, &request.name)?;
    let definition = context.store.definition_of(&request.namespace, &blueprint.kind)?;
    let unhandled = |what| Refusal::bad(format!("Blueprint has no handler with {what} defined"));
    let definition = definition.ok_or_else(|| unhandled("executor type"))?;
    if definition.spec.handler.executor_type.is_empty() {
        return Err(unhandled("executor type"));
    }
    if definition.spec.handler.function_name.is_empty() {
        return Err(unhandled("function name"));
    }
    if request.force {
        blueprint.metadata.generation = blueprint.metadata.generation.saturating_add(1);
        context.store.set_blueprint(&blueprint)?;
    }
    let kwargs = kwargs(&blueprint, request.force);
    let function = &definition.spec.handler.function_name;
    reply(&submit(context, &blueprint, &definition, (function, kwargs))?)
}

fn existing(context: &Context<'_>, colony: &str, name: &str) -> Result<Blueprint, Refusal> {
    let found = context.store.blueprint(colony, name)?;
    found.ok_or_else(|| Refusal::new(404, "Blueprint not found"))
}

fn definition_of(
    context: &Context<'_>,
    blueprint: &Blueprint,
) -> Result<BlueprintDefinition, Refusal> {
    let (colony, kind) = (&blueprint.metadata.colonyname, &blueprint.kind);
    if kind.is_empty() {
        return Err(Refusal::bad("blueprint kind is required"));
    }
    context.store.definition_of(colony, kind)?.ok_or_else(|| {
        let place = format!("not found in namespace '{colony}'");
        Refusal::bad(format!("BlueprintDefinition for kind '{kind}' {place}"))
    })
}

fn is_handled(definition: &BlueprintDefinition) -> bool {
    let handler = &definition.spec.handler;
    !handler.executor_type.is_empty() && !handler.function_name.is_empty()
}

/// What a process is told about its blueprint.
fn kwargs(blueprint: &Blueprint, is_forced: bool) -> Value {
    let (name, kind) = (&blueprint.metadata.name, &blueprint.kind);
    if is_forced {
        json!({"blueprintName": name, "force": true, "kind": kind})
    } else {
        json!({"blueprintName": name, "kind": kind})
    }
}

/// Submits a call for the executors of a definition, where the blueprint is.
fn submit(
    context: &mut Context<'_>,
    blueprint: &Blueprint,
    definition: &BlueprintDefinition,
    (function, kwargs): (&str, Value),
) -> Result<Process, Refusal> {
    let executortype = &definition.spec.handler.executor_type;
    let colony = &blueprint.metadata.colonyname;
    let args = Json::from_strings::<&str>(&[]);
    let kwargs = Json::from_value(&kwargs);
    let mut spec = FunctionSpec::new(function, colony, executortype, args, kwargs);
    spec.nodename = format!("{executortype}-{function}");
    (spec.maxwaittime, spec.maxretries) = (0, -1);
    spec.conditions.executornames = None;
    spec.conditions.locationname.clone_from(&blueprint.metadata.locationname);
    processes::enqueue(context, spec)
}

/// An object; null is an empty one.
fn parsed(object: &Json) -> Value {
    let value = serde_json::from_str(object.as_str()).unwrap_or_default();
    if value == Value::Null { json!({}) } else { value }
}

/// The reference server's words for an id or a name that is there already.
fn taken_or_lost(error: rusqlite::Error, table: &str, key: &str) -> Refusal {
    if is_duplicate(&error) {
        let reason = "pq: duplicate key value violates unique constraint";
        return Refusal::new(500, format!("{reason} \"prod_{table}_{key}\""));
    }
    error.into()
}
