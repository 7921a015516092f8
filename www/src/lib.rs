//! The volunteer page: a client of the pool's public interface, like any other.
//!
//! State flows one way: event, pool, snapshot, signals, view. What decides or words anything
//! is pure and tested natively; what touches the document is in `view`, for browsers only.
//!
//! - [`words`]: the sentence for every state
//! - [`numbers`]: numbers with units, relative times, worker counts
//! - [`arguments`]: what a person writes as arguments, made into JSON
//! - [`examples`]: the functions, and arguments that show them at work
//! - [`strip`], [`hues`], [`rate`]: the last minute of a slot, its colours, and of the pool
//! - [`guest`]: who comes by an invite, and what the server says about it
//! - [`way`]: with the colony's key, or through the page's own server
//! - [`palette`], [`base64`]: a Mandelbrot result as pixels
//! - `view`: the components, one a file
//!
//! Absent on purpose: network, keys other than the one in the form's field, and anything secret in
//! storage: it has the worker count, the mark of this visit, and what the page goes on with while it
//! loads itself anew.

pub mod arguments;
pub mod base64;
pub mod examples;
pub mod guest;
pub mod hues;
pub mod numbers;
pub mod palette;
pub mod rate;
pub mod strip;
pub mod way;
pub mod words;

#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "the macro `component` writes `pub` itself")]
mod view;
