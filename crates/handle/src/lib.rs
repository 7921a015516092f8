//! A worker held by its parent: spawned, listened to, dropped; the same for both borders (page to
//! executor, executor to compute).
//!
//! A `Handle` keeps four promises: it yields [`Event::Ready`], [`Event::Crashed`] or
//! [`Event::Outdated`] within a deadline; whatever ends a worker is `Crashed` with its text; a
//! message that does not decode is `Crashed`, never a panic; once dropped it is deaf. A fifth,
//! refilling the place of a dead worker, is its holder's: nothing here tries again.
//!
//! - [`watch`]: what a worker's words mean, given what it said before; pure
//! - `handle`: the worker, its listeners and its deadline; wasm only
//! - `codec`: messages to JavaScript values and back; wasm only
//! - `error`: why a worker could not be started or told; wasm only

#[cfg(target_arch = "wasm32")]
pub mod codec;
#[cfg(target_arch = "wasm32")]
pub mod error;
#[cfg(target_arch = "wasm32")]
pub mod handle;
pub mod watch;

#[cfg(target_arch = "wasm32")]
pub use error::Error;
#[cfg(target_arch = "wasm32")]
pub use handle::{Handle, Script, boot_object};
pub use watch::Event;
