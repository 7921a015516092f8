//! The promises of a worker handle, tried in a browser.
//!
//! One module in two parts: the parent, on a page or in a worker, tries cases and writes down what
//! it hears; the subject is the worker that goes wrong as it is told. On each border both run as in
//! the product, behind its own files: on a page the pool's `handle.rs` holds what the executor
//! worker's loader starts, in a worker [`webpool_handle::Handle`] holds what the compute worker's
//! loader starts. Judging what was heard is left to the test that opens the page.
//!
//! - `cases` what is tried, by name
//! - `stand` a worker and what was heard of it
//! - `border` who holds a worker where
//! - `locks` Web Locks, which tell when a thread is gone
//! - `subject` the worker
//! - `handle` the pool's `handle.rs`, and the `modules` that it is handed
//! - `executor_report`, `compute_report` the two workers' `report.rs`
#![cfg(target_arch = "wasm32")]

mod border;
mod cases;
#[path = "../../../compute/src/report.rs"]
mod compute_report;
#[path = "../../../worker/src/report.rs"]
mod executor_report;
#[path = "../../../src/handle.rs"]
mod handle;
mod locks;
mod modules;
mod stand;
mod subject;

use js_sys::WebAssembly;
use serde_json::{Map, Value};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::border::Border;
use crate::stand::Rig;

/// Begins as a subject; the loader calls it, the executor's with the boot object, the compute
/// worker's with a part of it.
#[wasm_bindgen]
pub fn start(handed: &JsValue) {
    subject::start(handed);
}

/// Tries the named cases, separated by commas, one after the other; on a page, or in a worker
/// (`is_nested`).
///
/// Returns a JSON object: for each case what was heard, in order, and what was measured.
///
/// # Errors
///
/// A sentence, if a case is unknown or cannot be begun.
#[wasm_bindgen]
pub async fn try_cases(
    module: WebAssembly::Module,
    base_url: String,
    names: String,
    is_nested: bool,
) -> Result<String, String> {
    let border = if is_nested { Border::Nested } else { Border::Page };
    let rig = Rig { module, base_url, border };
    let mut results = Map::new();
    for name in names.split(',') {
        results.insert(name.to_owned(), cases::run(&rig, name).await?);
    }
    Ok(Value::Object(results).to_string())
}
