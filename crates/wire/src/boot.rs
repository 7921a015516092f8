//! The objects that are exchanged before, and beside, the messages of a border.
//!
//! Parent to worker, once: `{ module, build, … }`: the compiled `WebAssembly.Module`, the parent's
//! build, and what this border adds (the executor is given [`COMPUTE_SCRIPT`] and
//! [`COMPUTE_MODULE`]). Worker to parent: `{ ready: build }` once it can take messages, and
//! `{ crashed: text }` as the last thing a worker says.

/// Field: the compiled module of the worker itself.
pub const MODULE: &str = "module";
/// Field: the build of the sender.
pub const BUILD: &str = "build";
/// Field: the address of the compute worker's script.
pub const COMPUTE_SCRIPT: &str = "computeScript";
/// Field: the compute worker's compiled module.
pub const COMPUTE_MODULE: &str = "computeModule";
/// Field of a worker's first answer: its build.
pub const READY: &str = "ready";
/// Field of a worker's last words: what ended it.
pub const CRASHED: &str = "crashed";
