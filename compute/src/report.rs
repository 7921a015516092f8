//! Everything the compute worker says to its parent.
//!
//! A panic becomes `{ crashed: text }` before the trap that follows it; what the browser throws
//! reaches the parent as an error of the worker, without our help.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;
use webpool_wire::{BUILD, FromCompute, boot};

/// Returns the worker itself.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Makes a panic say its text.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| tell(boot::CRASHED, &info.to_string())));
}

/// Says that messages are taken.
pub(crate) fn ready() {
    tell(boot::READY, BUILD);
}

/// Says a message.
pub(crate) fn say(message: &FromCompute) {
    match serde_wasm_bindgen::to_value(message) {
        Ok(value) => post(&value),
        Err(error) => crash(&format!("the compute worker cannot say {message:?}: {error}")),
    }
}

/// Says its last words and ends.
pub(crate) fn crash(text: &str) {
    tell(boot::CRASHED, text);
    scope().close();
}

fn tell(field: &str, text: &str) {
    let words = Object::new();
    let is_set = Reflect::set(&words, &JsValue::from_str(field), &JsValue::from_str(text));
    debug_assert!(is_set.is_ok(), "a fresh object takes any field");
    post(&words);
}

fn post(value: &JsValue) {
    let posted = scope().post_message(value);
    debug_assert!(posted.is_ok(), "plain objects can be cloned");
}
