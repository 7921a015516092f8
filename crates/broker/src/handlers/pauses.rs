//! Holding back all work of a colony.
//!
//! The flag belongs to the colony's name: it outlives the colony. What is submitted or reported goes
//! on as usual; only nothing is handed out.

use webpool_colony::request::{GetPauseStatus, PauseAssignments, ResumeAssignments};
use webpool_colony::types::PauseStatus;

use super::{Context, Step, done, reply};
use crate::error::Refusal;
use crate::intake::PAUSE_STATUS;

pub(super) fn pause(context: &Context<'_>, request: &PauseAssignments) -> Result<Step, Refusal> {
    context.require_owner(&request.colonyname)?;
    context.store.pause(&request.colonyname)?;
    Ok(done())
}

pub(super) fn resume(
    context: &mut Context<'_>,
    request: &ResumeAssignments,
) -> Result<Step, Refusal> {
    context.require_owner(&request.colonyname)?;
    context.store.resume(&request.colonyname)?;
    context.effects.resumed = Some(request.colonyname.clone());
    Ok(done())
}

pub(super) fn status(context: &Context<'_>, request: &GetPauseStatus) -> Result<Step, Refusal> {
    context.require_known(&request.colonyname)?;
    reply(&PauseStatus {
        msgtype: PAUSE_STATUS.to_owned(),
        colonyname: request.colonyname.clone(),
        ispaused: context.store.is_paused(&request.colonyname)?,
    })
}
