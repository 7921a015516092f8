//! A snapshot as a plain object: names in camel case, words for states, nothing for what is not.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use webpool_wire::{CallState, FunctionInfo, Level, ParamInfo};

use crate::snapshot::{Block, LogEntry, PoolError, SlotView, Snapshot, Submission};

/// The whole snapshot.
pub(super) fn from_snapshot(snapshot: &Snapshot) -> Object {
    object(&[
        ("state", snapshot.state.as_word().into()),
        ("slots", list(&snapshot.slots, from_slot)),
        ("ready", snapshot.ready.into()),
        ("succeeded", snapshot.succeeded.into()),
        ("failed", snapshot.failed.into()),
        ("givenBack", snapshot.given_back.into()),
        ("pending", snapshot.pending.into()),
        ("error", snapshot.error.as_ref().map_or(JsValue::NULL, from_error)),
        ("log", list(&snapshot.log, from_entry)),
        ("submissions", list(&snapshot.submissions, from_submission)),
        ("functions", list(&snapshot.functions, from_function)),
    ])
}

/// An array of strings.
pub(super) fn from_strings(texts: &[String]) -> JsValue {
    list(texts, |text| text.into())
}

fn from_slot(slot: &SlotView) -> JsValue {
    let fields = [
        ("state", slot.state.as_word().into()),
        ("executorName", (&slot.executor_name).into()),
        ("executorId", (&slot.executor_id).into()),
        ("function", (&slot.function).into()),
        ("processId", (&slot.process_id).into()),
        ("progress", slot.progress.into()),
        ("runningSinceMs", number(slot.running_since_ms)),
        ("succeeded", slot.succeeded.into()),
        ("failed", slot.failed.into()),
        ("reason", (&slot.reason).into()),
        ("retryAtMs", number(slot.retry_at_ms)),
        ("blocks", list(&slot.blocks, from_block)),
    ];
    object(&fields).into()
}

fn from_block(block: &Block) -> JsValue {
    let fields = [
        ("function", (&block.function).into()),
        ("fromMs", block.from_ms.into()),
        ("toMs", number(block.to_ms)),
        ("isFailed", block.is_failed.into()),
    ];
    object(&fields).into()
}

fn from_error(error: &PoolError) -> JsValue {
    let fields = [
        ("code", JsValue::from_str(error.trouble.as_code())),
        ("sentence", (&error.sentence).into()),
    ];
    object(&fields).into()
}

fn from_entry(entry: &LogEntry) -> JsValue {
    let level = match entry.level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let fields = [
        ("number", u32::try_from(entry.number).unwrap_or(u32::MAX).into()),
        ("atMs", entry.at_ms.into()),
        ("level", level.into()),
        ("slot", number(entry.slot.map(f64::from))),
        ("text", (&entry.text).into()),
    ];
    object(&fields).into()
}

fn from_submission(submission: &Submission) -> JsValue {
    let (state, output, errors) = match submission.state.as_deref() {
        None => ("submitted", &[][..], Vec::new()),
        Some(CallState::Waiting) => ("waiting", &[][..], Vec::new()),
        Some(CallState::Running) => ("running", &[][..], Vec::new()),
        Some(CallState::Success { output, .. }) => ("success", &output[..], Vec::new()),
        Some(CallState::Failed { errors }) => ("failed", &[][..], errors.clone()),
        Some(CallState::Cancelled) => ("cancelled", &[][..], Vec::new()),
        Some(CallState::Refused { reason }) => ("refused", &[][..], vec![reason.clone()]),
    };
    let fields = [
        ("ticket", submission.ticket.into()),
        ("function", (&submission.function).into()),
        ("processId", (&submission.process_id).into()),
        ("state", state.into()),
        ("output", from_strings(output)),
        ("errors", from_strings(&errors)),
        ("atMs", submission.at_ms.into()),
    ];
    object(&fields).into()
}

fn from_function(function: &FunctionInfo) -> JsValue {
    let fields = [
        ("name", JsValue::from_str(&function.name)),
        ("description", (&function.description).into()),
        ("params", list(&function.params, from_param)),
    ];
    object(&fields).into()
}

fn from_param(param: &ParamInfo) -> JsValue {
    let fields = [
        ("name", JsValue::from_str(&param.name)),
        ("kind", (&param.kind).into()),
        ("description", (&param.description).into()),
        ("required", param.required.into()),
    ];
    object(&fields).into()
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        let is_set = Reflect::set(&object, &JsValue::from_str(name), value);
        debug_assert!(is_set.is_ok(), "a fresh object takes any field");
    }
    object
}

fn list<T>(items: &[T], to_value: impl Fn(&T) -> JsValue) -> JsValue {
    items.iter().map(to_value).collect::<Array>().into()
}

fn number(value: Option<f64>) -> JsValue {
    value.map_or(JsValue::NULL, JsValue::from_f64)
}
