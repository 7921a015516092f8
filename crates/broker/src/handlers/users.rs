//! The users of a colony.

use webpool_colony::request::{AddUser, GetUser, GetUserById, GetUsers, RemoveUser};

use super::{Context, Step, done, reply, reply_list};
use crate::error::Refusal;
use crate::rules;

pub(super) fn add(context: &Context<'_>, request: &AddUser) -> Result<Step, Refusal> {
    let Some(user) = &request.user else {
        return Err(Refusal::bad("Failed to add user, executor is nil"));
    };
    require_colony(context, &user.colonyname)?;
    context.require_owner(&user.colonyname)?;
    rules::require_plain_name("Failed to add user", &user.name)?;
    if context.store.user(&user.colonyname, &user.name)?.is_some() {
        return Err(Refusal::bad(format!(
            "A user with name <{}> already exists in Colony with name <{}>",
            user.name, user.colonyname
        )));
    }
    context.store.add_user(user)?;
    reply(user)
}

pub(super) fn list(context: &Context<'_>, request: &GetUsers) -> Result<Step, Refusal> {
    require_colony(context, &request.colonyname)?;
    context.require_known(&request.colonyname)?;
    reply_list(&context.store.users(&request.colonyname)?)
}

pub(super) fn get(context: &Context<'_>, request: &GetUser) -> Result<Step, Refusal> {
    require_colony(context, &request.colonyname)?;
    context.require_known(&request.colonyname)?;
    let user = context.store.user(&request.colonyname, &request.name)?;
    reply(&user.ok_or_else(|| Refusal::new(500, "Failed to get user, user is nil"))?)
}

pub(super) fn get_by_id(context: &Context<'_>, request: &GetUserById) -> Result<Step, Refusal> {
    require_colony(context, &request.colonyname)?;
    context.require_known(&request.colonyname)?;
    let user = context.store.user_by_id(&request.colonyname, &request.userid)?;
    reply(&user.ok_or_else(|| Refusal::new(404, "Failed to get user by ID, user is nil"))?)
}

pub(super) fn remove(context: &mut Context<'_>, request: &RemoveUser) -> Result<Step, Refusal> {
    require_colony(context, &request.colonyname)?;
    context.require_owner(&request.colonyname)?;
    if !context.store.remove_user(&request.colonyname, &request.name)? {
        return Err(Refusal::bad(format!("User with name <{}> not found", request.name)));
    }
    context.effects.is_membership_changed = true;
    Ok(done())
}

/// Here an unknown colony is a bad request, not a forbidden one.
fn require_colony(context: &Context<'_>, name: &str) -> Result<(), Refusal> {
    match context.store.colony(name)? {
        Some(_) => Ok(()),
        None => Err(Refusal::bad(rules::no_colony(name))),
    }
}
