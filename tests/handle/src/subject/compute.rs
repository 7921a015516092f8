//! The subject behind the compute worker's loader: orders are plain strings.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::MessageEvent;
use webpool_wire::FromCompute;

use super::{Say, obey};
use crate::compute_report as report;

/// Starts as the compute worker does.
pub(super) fn start() {
    report::install_panic_hook();
    let say: Say = Rc::new(|words: &str| {
        report::say(&FromCompute::Log { run: 0, message: words.to_owned() });
    });
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        obey(&event.data().as_string().unwrap_or_default(), &say);
    });
    report::scope().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    report::ready();
}
