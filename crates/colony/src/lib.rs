//! ColonyOS as bytes: types, keys, signing, requests, replies and errors.
//!
//! Everything here is sans-IO: a request becomes the text of an HTTP body, a reply is read from
//! a status and a body. Who carries them is somebody else's business. The same types serve the
//! clients (executor, command line) and the embedded broker.
//!
//! - [`key`]: private keys, ids, signatures and the recovery of a signer
//! - [`envelope`]: the signed envelope around every request, and the envelope of replies
//! - [`types`]: colonies, users, executors, functions, attributes, logs
//! - [`process`]: processes and what they are asked to do
//! - [`graph`]: workflows, processes that wait for one another
//! - [`channel`]: messages between the two parties of a process
//! - [`blueprint`]: blueprints and their definitions
//! - [`json`]: JSON that passes through untouched
//! - [`request`]: one struct a request, with the name and the reply it has on the wire
//! - [`reply`]: what a status and a body mean
//! - [`timestamp`]: RFC 3339 times as the server writes them
//! - [`error`]: what can go wrong, and what to do then
//!
//! Keys, signing and the stable core types are the `colonyos` crate's. Its RPC functions are not
//! used: they panic on arguments that are not strings, and they bring an HTTP client along.

pub mod blueprint;
pub mod channel;
pub mod envelope;
pub mod error;
pub mod graph;
pub mod json;
pub mod key;
pub mod process;
pub mod reply;
pub mod request;
pub mod timestamp;
pub mod types;

pub use channel::{Bytes, ChannelEntry};
pub use envelope::Envelope;
pub use error::{Advice, Error};
pub use graph::{ProcessGraph, WorkflowSpec};
pub use json::Json;
pub use key::{Id, PrivateKey};
pub use process::{Conditions, FunctionSpec, Process, ProcessState};
pub use reply::Assigned;
pub use request::Request;
pub use timestamp::Timestamp;
