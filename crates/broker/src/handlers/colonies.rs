//! Colonies: made, read, counted and deleted.

use webpool_colony::request::{AddColony, GetColony, GetColonyStats, RemoveColony};

use super::{Context, Step, done, reply, reply_list};
use crate::error::Refusal;
use crate::rules;

/// Hex digits in an id.
const ID_DIGITS: usize = 64;

pub(super) fn statistics(context: &Context<'_>) -> Result<Step, Refusal> {
    context.require_server_owner()?;
    reply(&context.store.statistics()?)
}

pub(super) fn add(context: &Context<'_>, request: &AddColony) -> Result<Step, Refusal> {
    context.require_server_owner()?;
    let Some(colony) = &request.colony else {
        return Err(Refusal::bad("Failed to add colony, colony is <nil>"));
    };
    if colony.colonyid.chars().count() != ID_DIGITS {
        return Err(Refusal::bad("Failed to add colony, invalid colony Id length"));
    }
    rules::require_plain_name("Failed to add colony", &colony.name)?;
    if context.store.colony(&colony.name)?.is_some() {
        let name = &colony.name;
        return Err(Refusal::bad(format!("A Colony with name <{name}> already exists")));
    }
    context.store.add_colony(colony)?;
    reply(colony)
}

pub(super) fn remove(context: &mut Context<'_>, request: &RemoveColony) -> Result<Step, Refusal> {
    context.require_server_owner()?;
    let name = &request.colonyname;
    if context.store.colony(name)?.is_none() {
        return Err(Refusal::bad(format!("Colony with name <{name}> not found")));
    }
    context.store.remove_colony(name)?;
    context.effects.is_membership_changed = true;
    Ok(done())
}

pub(super) fn list(context: &Context<'_>) -> Result<Step, Refusal> {
    context.require_server_owner()?;
    reply_list(&context.store.colonies()?)
}

pub(super) fn get(context: &Context<'_>, request: &GetColony) -> Result<Step, Refusal> {
    context.require_member(&request.colonyname)?;
    reply(&context.store.colony(&request.colonyname)?)
}

pub(super) fn colony_statistics(
    context: &Context<'_>,
    request: &GetColonyStats,
) -> Result<Step, Refusal> {
    let name = &request.colonyname;
    if context.store.colony(name)?.is_none() {
        return Err(Refusal::bad(format!("Colony with name <{name}> not found")));
    }
    context.require_member(name)?;
    reply(&context.store.colony_statistics(name)?)
}
