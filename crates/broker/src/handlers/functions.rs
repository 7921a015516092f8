//! The functions that executors offer.

use webpool_colony::request::{AddFunction, GetFunctions, RemoveFunction};
use webpool_colony::types::Function;

use super::{Context, Step, done, reply, reply_list};
use crate::error::Refusal;
use crate::store::is_duplicate;

pub(super) fn add(context: &Context<'_>, request: &AddFunction) -> Result<Step, Refusal> {
    let Some(function) = &request.fun else {
        return Err(Refusal::bad("Failed to add function, msg.Function is nil"));
    };
    context.require_member(&function.colonyname)?;
    let executor = context.store.executor(&function.colonyname, &function.executorname)?;
    let executor = executor.ok_or_else(|| {
        let name = &function.executorname;
        Refusal::bad(format!("Failed to add function, Executor with name <{name}> does not exist"))
    })?;
    if executor.executorid != *context.signer {
        return Err(Refusal::forbidden("Not allowed to add a function to another executor"));
    }
    // A function is where its executor is.
    let function = Function { locationname: executor.locationname, ..function.clone() };
    match context.store.add_function(&function) {
        Ok(stored) => reply(&stored),
        Err(error) if is_duplicate(&error) => Err(Refusal::new(
            500,
            "pq: duplicate key value violates unique constraint \"prod_functions_pkey\"",
        )),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn list(context: &Context<'_>, request: &GetFunctions) -> Result<Step, Refusal> {
    context.require_member(&request.colonyname)?;
    reply_list(&context.store.functions(&request.colonyname, &request.executorname)?)
}

pub(super) fn remove(context: &Context<'_>, request: &RemoveFunction) -> Result<Step, Refusal> {
    if request.functionid.is_empty() {
        return Err(Refusal::bad("Failed to remove function, msg.FunctionID is empty"));
    }
    let missing = || Refusal::new(404, "Failed to remove function, function does not exist");
    let function = context.store.function(&request.functionid)?.ok_or_else(missing)?;
    context.require_member(&function.colonyname)?;
    let executor = context.store.executor(&function.colonyname, &function.executorname)?;
    if executor.is_none_or(|executor| executor.executorid != *context.signer) {
        return Err(Refusal::forbidden("Not allowed to remove a function from another executor"));
    }
    context.store.remove_function(&function.functionid)?;
    Ok(done())
}
