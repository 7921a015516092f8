//! Keys and values attached to processes.

use webpool_colony::request::{AddAttribute, GetAttribute};
use webpool_colony::{ProcessState, types::Attribute};

use super::{Context, Step, reply};
use crate::error::Refusal;
use crate::store::is_duplicate;

pub(super) fn add(context: &Context<'_>, request: &AddAttribute) -> Result<Step, Refusal> {
    let missing = || Refusal::new(404, "Failed to add attribute, process not found");
    let attribute: &Attribute = request.attribute.as_ref().ok_or_else(missing)?;
    let head = context.require_process(&attribute.targetid, missing())?;
    if head.state != ProcessState::Running {
        return Err(Refusal::forbidden("Failed to add attribute, process is not running"));
    }
    if head.executorid != *context.signer {
        let id = &head.executorid;
        return Err(Refusal::forbidden(format!(
            "Failed to add attribute, only executor with id <{id}> is allowed to set attributes"
        )));
    }
    match context.store.add_attribute(attribute) {
        Ok(id) => reply(&context.store.attribute(&id)?),
        Err(error) if is_duplicate(&error) => Err(Refusal::bad(
            "pq: duplicate key value violates unique constraint \"prod_attributes_pkey\"",
        )),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn get(context: &Context<'_>, request: &GetAttribute) -> Result<Step, Refusal> {
    let missing = || Refusal::bad("Attribute does not exists");
    let attribute = context.store.attribute(&request.attributeid)?.ok_or_else(missing)?;
    context.require_process(&attribute.targetid, missing())?;
    reply(&attribute)
}
