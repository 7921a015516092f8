//! What a worker is made from, in the shape that the pool hands to `src/handle.rs`.

use js_sys::WebAssembly;

/// The modules of one executor.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    pub(crate) executor: Module,
    pub(crate) compute: Module,
}

/// One worker's module.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    /// The absolute address of its script.
    pub(crate) script_url: String,
    /// What the script instantiates.
    pub(crate) compiled: WebAssembly::Module,
}
