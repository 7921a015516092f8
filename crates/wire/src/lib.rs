//! What crosses between page, executor and compute worker; no logic.
//!
//! Two enums a border: [`ToExecutor`]/[`FromExecutor`] (page and executor worker) and
//! [`ToCompute`]/[`FromCompute`] (executor worker and compute worker). Before any of these, a parent
//! sends its worker a boot object with the compiled module, and the worker answers with its
//! [`BUILD`]; both sides of a border must be of one build. What is out of the ordinary (a panic, a
//! wrong build) goes beside these enums, as the objects that [`boot`] names.
//!
//! Units stand in the names; fractions are 0..=1; JSON travels as text. No `usize`, and no type
//! shared with the crate that speaks ColonyOS.
//!
//! - [`boot`]: names of the fields of the objects that are exchanged before the first message
//! - [`executor`]: page and executor worker
//! - [`compute`]: executor worker and compute worker
//! - [`link`]: executor worker and gateway
//! - [`invite`]: page and gateway: what an invite is about
//! - [`secret`]: a text that does not show itself

pub mod boot;
pub mod compute;
pub mod executor;
pub mod invite;
pub mod link;
pub mod reload;
pub mod secret;

pub use compute::{FromCompute, FunctionInfo, ParamInfo, ToCompute};
pub use executor::{
    Access, Activity, Call, CallState, Ended, Farewell, FromExecutor, Join, Level, Outcome, Pass,
    Role, Start, ToExecutor, Trouble,
};
pub use reload::Reload;
pub use secret::Secret;

/// Identifies the sources that page, executor and compute worker were built from.
pub const BUILD: &str = match option_env!("WEBPOOL_BUILD") {
    Some(build) => build,
    None => "unreleased",
};
