//! The pool: ColonyOS executors in the Web Workers of a page, as a library without user interface.
//!
//! `ExecutorPool` starts, holds and stops executors and submits calls; what it is up to comes
//! as [`snapshot::Snapshot`]s. Decisions are made in pure modules that take a moment and an event
//! and return commands; only the edge touches the browser. No cryptography and no requests to a
//! server happen here: executors sign and send for themselves, and the page posts what they signed
//! ahead when it goes away.
//!
//! Pure:
//! - [`settings`]: what a pool is started with, validated
//! - [`access`]: what the browser forbids between a page and a server
//! - [`snapshot`]: what a pool looks like
//! - `pool`: the supervisor: which slot starts, stops, waits
//! - `slot`, `past`: the states of one slot, and its last minute
//! - `worker`: one worker in a seat, from its spawn to its drop
//! - `client`: the seat of the client, and submissions
//! - `permits`: the right to long-poll, where there are no Web Locks
//! - `backoff`: capped, jittered delays
//! - `pace`: when somebody is shown snapshots
//! - `log`, `words`: the activity log, and its sentences
//!
//! The edge, on wasm32 only:
//! - `drive`: `ExecutorPool`: owns the workers, runs the supervisor's commands
//! - `audience`: who is shown snapshots
//! - `config`: what the page's server says about itself
//! - `browser`: the clock, the device, beacons, the page coming and going
//! - `handle`: one executor worker
//! - `modules`: loads what workers are made from
//! - `js`: the class `ExecutorPool` for JavaScript (feature `js`)

pub mod access;
pub mod settings;
pub mod snapshot;

pub use settings::{FieldError, Settings};

// Private and used by the edge alone: compiled natively for their tests.
#[cfg(any(target_arch = "wasm32", test))]
mod backoff;
#[cfg(any(target_arch = "wasm32", test))]
mod client;
#[cfg(any(target_arch = "wasm32", test))]
mod log;
#[cfg(any(target_arch = "wasm32", test))]
mod pace;
#[cfg(any(target_arch = "wasm32", test))]
mod past;
#[cfg(any(target_arch = "wasm32", test))]
mod permits;
#[cfg(any(target_arch = "wasm32", test))]
mod pool;
#[cfg(any(target_arch = "wasm32", test))]
mod slot;
#[cfg(any(target_arch = "wasm32", test))]
mod words;
#[cfg(any(target_arch = "wasm32", test))]
mod worker;

#[cfg(target_arch = "wasm32")]
mod audience;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
pub mod config;
#[cfg(target_arch = "wasm32")]
mod drive;
#[cfg(target_arch = "wasm32")]
mod handle;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
pub mod js;
#[cfg(target_arch = "wasm32")]
pub mod modules;

#[cfg(target_arch = "wasm32")]
pub use audience::Subscription;
#[cfg(target_arch = "wasm32")]
pub use browser::fresh_visit;
#[cfg(target_arch = "wasm32")]
pub use drive::ExecutorPool;
