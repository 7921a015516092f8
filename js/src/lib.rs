//! The pool as a JavaScript module: exports the class `ExecutorPool`, and nothing else.
//!
//! Everything is in the crate `webpool` with its feature `js`; this crate exists because a crate
//! that becomes a wasm module is a `cdylib` and nothing but that, and so that the page does not
//! carry the class. Natively it is empty.

#[cfg(target_arch = "wasm32")]
pub use webpool::js::JsExecutorPool;
