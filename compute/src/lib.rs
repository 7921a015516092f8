//! The compute worker: runs functions, one at a time; no key, no network.
//!
//! Its loader instantiates this module and calls [`start`], which says `{ ready: build }` and what
//! is on offer. A panic, and a message that cannot be read, end it with `{ crashed: text }`; its
//! parent replaces it. It ends a run on nobody's word: its parent kills it.
//!
//! - `run` messages in, one run at a time
//! - `host` what a running function may ask of this place: clock, breath, log
//! - `pace` when a running function goes on
//! - `signal` something to wait for, within this worker
//! - `report` everything it says to its parent
//!
//! Linked with a memory of at most 256 MiB. Compiled for wasm32 only; elsewhere it is empty.
#![cfg(target_arch = "wasm32")]

mod host;
mod pace;
mod report;
mod run;
mod signal;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use webpool_wire::{BUILD, FromCompute, FunctionInfo, ParamInfo};

/// Begins to take messages, if the parent is of this build; else the parent ends this worker.
///
/// # Errors
///
/// What the browser throws if it has no message channels.
#[wasm_bindgen]
pub fn start(parent_build: &str) -> Result<(), JsValue> {
    report::install_panic_hook();
    if parent_build == BUILD {
        run::listen()?;
    }
    report::ready();
    if parent_build == BUILD {
        report::say(&FromCompute::Offers { functions: functions() });
    }
    Ok(())
}

fn functions() -> Vec<FunctionInfo> {
    let kernels = webpool_kernels::ALL.iter();
    kernels
        .map(|kernel| FunctionInfo {
            name: kernel.name.to_owned(),
            description: kernel.description.to_owned(),
            params: kernel.params.iter().map(param).collect(),
        })
        .collect()
}

fn param(param: &webpool_kernels::Param) -> ParamInfo {
    ParamInfo {
        name: param.name.to_owned(),
        kind: param.kind.as_str().to_owned(),
        description: param.description.to_owned(),
        required: param.required,
    }
}
