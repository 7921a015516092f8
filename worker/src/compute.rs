//! The compute worker of this executor: spawned, told, killed.
//!
//! A kill is dropping it: nothing is heard from it afterwards.

use js_sys::WebAssembly;
use wasm_bindgen::{JsCast, JsValue};
use webpool_handle::{Event, Handle, Script, boot_object, codec};
use webpool_wire::{FromCompute, ToCompute, boot};

use crate::report::field;

/// How long a compute worker may take to say that it is ready, in ms.
const DEADLINE_MS: u32 = 20_000;

/// What compute workers are made from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    script: String,
    module: WebAssembly::Module,
}

impl Source {
    /// Reads what the page has sent along; none if it is not there.
    pub(crate) fn from_boot(object: &JsValue) -> Option<Self> {
        Some(Self {
            script: field(object, boot::COMPUTE_SCRIPT).as_string()?,
            module: field(object, boot::COMPUTE_MODULE).dyn_into().ok()?,
        })
    }
}

/// A running compute worker.
#[derive(Debug)]
pub(crate) struct Compute {
    handle: Handle,
}

impl Compute {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// The browser's words.
    pub(crate) fn spawn(
        source: &Source,
        name: &str,
        hear: impl FnMut(Event<FromCompute>) + 'static,
    ) -> Result<Self, String> {
        let boot = boot_object(&source.module, &[]);
        let script = Script { url: &source.script, name, boot };
        let decode = |value| codec::decode(value).map(Some);
        Handle::spawn(&script, DEADLINE_MS, decode, hear)
            .map(|handle| Self { handle })
            .map_err(|error| error.to_string())
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// The browser's words.
    pub(crate) fn tell(&self, message: &ToCompute) -> Result<(), String> {
        let value = codec::encode(message)?;
        self.handle.post(&value).map_err(|error| error.to_string())
    }
}
