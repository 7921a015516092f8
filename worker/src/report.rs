//! The first and the last word to the page, beside the messages.
//!
//! A panic becomes `{ crashed: text }` before the trap that follows it; what the browser throws
//! reaches the page as an error of the worker, without our help.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;
use webpool_wire::{BUILD, boot};

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

/// Reads a field of an object; undefined if there is none.
pub(crate) fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

fn tell(name: &str, text: &str) {
    let words = Object::new();
    let is_set = Reflect::set(&words, &JsValue::from_str(name), &JsValue::from_str(text));
    debug_assert!(is_set.is_ok(), "a fresh object takes any field");
    let posted = scope().post_message(&words);
    debug_assert!(posted.is_ok(), "plain objects can be cloned");
}
