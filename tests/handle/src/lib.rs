//! The promises of a worker handle, tried in a browser.
//!
//! One module in two parts: the parent, on a page or in a worker, tries cases with
//! [`webpool_handle::Handle`] and writes down what it hears; the subject is the worker that goes
//! wrong as it is told. A subject runs behind the compute worker's own loader and report, which
//! are part of the promises. Judging what was heard is left to the test that opens the page.
//!
//! - `cases` what is tried, by name
//! - `stand` a handle and what was heard of its worker
//! - `locks` Web Locks, which tell when a thread is gone
//! - `subject` the worker
//! - `report` the compute worker's `report.rs`
#![cfg(target_arch = "wasm32")]

mod cases;
mod locks;
#[path = "../../../compute/src/report.rs"]
mod report;
mod stand;
mod subject;

use js_sys::WebAssembly;
use serde_json::{Map, Value};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::stand::Rig;

/// Begins as a subject; the loader calls it.
///
/// # Errors
///
/// None.
#[wasm_bindgen]
pub fn start(_parent_build: &str) -> Result<(), JsValue> {
    report::install_panic_hook();
    subject::listen();
    report::ready();
    Ok(())
}

/// Tries the named cases, separated by commas, one after the other.
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
) -> Result<String, String> {
    let rig = Rig::new(module, base_url);
    let mut results = Map::new();
    for name in names.split(',') {
        results.insert(name.to_owned(), cases::run(&rig, name).await?);
    }
    Ok(Value::Object(results).to_string())
}
