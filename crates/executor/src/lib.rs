//! One executor of a colony as a state machine: join, wait, run, report, leave.
//!
//! Nothing here does IO, reads a clock or makes a random number. A [`Machine`] is fed an [`Event`]
//! with the time it happened and answers with [`Command`]s: what to send, compute, follow, and what
//! to tell whom it works for. So the same machine runs in a web worker, natively, and in a table
//! test. It speaks ColonyOS in signed envelopes; what carries them is the driver's business.
//!
//! A [`Client`] is the other role: a user of the colony that submits and follows processes.
//!
//! - [`machine`]: the executor
//! - [`client`]: the user
//! - [`event`]: what happens to a machine, and what it wants done
//! - [`link`]: the socket to a gateway, which both roles may use
//! - [`outbox`]: finished results until the server has them
//! - [`clock`]: the time that events carry, and the server's clock
//! - [`backoff`]: capped, jittered delays
//! - [`requests`]: what an open request was for

pub mod backoff;
pub mod client;
pub mod clock;
pub mod event;
pub mod link;
pub mod machine;
pub mod outbox;
pub mod requests;

pub use client::{CallState, Client, ClientCommand, ClientEvent, ClientReport, ClientSettings};
pub use clock::Now;
pub use event::{Activity, Command, Ended, Event, Outcome, Reply, Report, Trouble};
pub use link::{Link, LinkCommand, LinkSettings};
pub use machine::{Machine, Settings};
pub use requests::RequestId;
