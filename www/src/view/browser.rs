//! The few questions that the page asks its window, what it has it remember, and the words it shows
//! when it breaks.

use std::panic::PanicHookInfo;

use js_sys::{Date, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, Storage, UrlSearchParams};
use webpool_wire::{Pass, Secret};

use crate::arguments::Kind;
use crate::numbers::{self, MOST_WORKERS};

/// What stands before the secret of an invite in the address.
const INVITE: &str = "#invite=";

/// Under what name the mark of a page load is kept.
const VISIT: &str = "webpool-visit";

/// Under what name it is kept that this page load was let in by its invite.
const LET_IN: &str = "webpool-let-in";

/// Under what name the build is kept for which the page has loaded itself anew.
const RENEWED: &str = "webpool-renewed";

/// Under what name it is kept, while the page loads itself anew, with what it goes on.
const GO_ON: &str = "webpool-go-on";

/// Under what name the worker count is kept from one visit to the next.
const WORKERS: &str = "webpool-workers";

/// The page's clock, in ms.
pub(super) fn now_ms() -> f64 {
    Date::now()
}

/// A time of the page's clock as the person's own calendar and clock show it.
pub(super) fn exact_time(at_ms: f64) -> String {
    Date::new(&JsValue::from_f64(at_ms)).to_locale_string("default", &JsValue::UNDEFINED).into()
}

/// The address that everything the page loads stands beside.
pub(super) fn base_url() -> String {
    document().base_uri().ok().flatten().unwrap_or_default()
}

/// What the address says for a field; its name is the field's id with `_`. What the page goes on
/// with after it has loaded itself anew comes before that.
pub(super) fn asked_for(field: &str) -> Option<String> {
    let (name, address) = (field.replace('-', "_"), window().location().search().ok());
    let queries = [recalled(for_this_visit(), GO_ON), address].into_iter().flatten();
    queries
        .filter_map(|query| UrlSearchParams::new_with_str(&query).ok())
        .find_map(|query| query.get(&name))
}

/// The server that the page came from.
pub(super) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The secret of an invite, if the address has one behind its `#`. It is kept nowhere else.
pub(super) fn invite() -> Option<Secret> {
    let fragment = window().location().hash().ok()?;
    let invite = fragment.strip_prefix(INVITE)?.trim();
    (!invite.is_empty()).then(|| Secret::new(invite))
}

/// What is shown to the page's own server: the secret of an invite, if there is one, and what marks
/// this page load and its reloads.
pub(super) fn pass() -> Pass {
    Pass { invite: invite().unwrap_or_default(), visit: Secret::new(visit()) }
}

/// Loads the page anew.
pub(super) fn reload() {
    // Where it cannot, the person can.
    drop(window().location().reload());
}

/// Loads the page anew for this build; it goes on with what these fields say, as the same visit.
/// Where the browser keeps nothing it waits for a click, and is not loaded anew by itself again.
pub(super) fn renew(build: &str, fields: &[(&str, String)]) {
    if let Ok(query) = UrlSearchParams::new() {
        for (field, text) in fields {
            query.append(&field.replace('-', "_"), text);
        }
        keep(for_this_visit(), GO_ON, &String::from(query.to_string()));
    }
    keep(for_this_visit(), RENEWED, build);
    reload();
}

/// The build for which this page was loaded anew by itself; empty if it was not.
pub(super) fn renewed_for() -> String {
    recalled(for_this_visit(), RENEWED).unwrap_or_default()
}

/// Whether the page is to go on by itself; it is so once.
pub(super) fn take_go_on() -> bool {
    let is_kept = recalled(for_this_visit(), GO_ON).is_some();
    drop(for_this_visit().map(|storage| storage.remove_item(GO_ON)));
    is_kept
}

/// The mark of this page load, kept over reloads where the browser keeps anything: where it keeps
/// nothing a reload counts as another visit.
fn visit() -> String {
    recalled(for_this_visit(), VISIT).unwrap_or_else(|| {
        let fresh = webpool::fresh_visit();
        keep(for_this_visit(), VISIT, &fresh);
        fresh
    })
}

/// Keeps that this page load was let in by this invite, as far as a reload.
pub(super) fn keep_let_in() {
    keep(for_this_visit(), LET_IN, "yes");
}

/// Whether this page load was let in by its invite.
pub(super) fn was_let_in() -> bool {
    recalled(for_this_visit(), LET_IN).is_some()
}

/// Keeps the worker count for the next visit.
pub(super) fn keep_workers(workers: u32) {
    keep(for_good(), WORKERS, &workers.to_string());
}

/// The worker count that the person chose last.
pub(super) fn kept_workers() -> Option<String> {
    let kept = recalled(for_good(), WORKERS)?;
    numbers::workers(&kept, MOST_WORKERS).ok().map(|workers| workers.to_string())
}

fn for_this_visit() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn for_good() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn recalled(storage: Option<Storage>, name: &str) -> Option<String> {
    storage?.get_item(name).ok().flatten()
}

/// Keeps a text that is no secret, where the browser keeps anything.
fn keep(storage: Option<Storage>, name: &str, text: &str) {
    drop(storage.map(|storage| storage.set_item(name, text)));
}

/// How many cores the browser says there are.
pub(super) fn cores() -> u32 {
    format!("{:.0}", window().navigator().hardware_concurrency()).parse().unwrap_or(1)
}

/// How many workers this machine is asked for at first.
pub(super) fn default_workers() -> u32 {
    let query = "(pointer: coarse), (max-width: 30rem)";
    let is_phone = window().match_media(query).ok().flatten().is_some_and(|media| media.matches());
    numbers::default_workers(cores(), is_phone)
}

/// Moves the focus to an element, once what is being shown or hidden stands.
pub(super) fn focus(id: &'static str) {
    leptos::prelude::request_animation_frame(move || {
        let element = document().get_element_by_id(id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // Without a focus the person still sees everything.
            drop(element.focus());
        }
    });
}

/// The id of the element that has the focus.
pub(super) fn focused_id() -> Option<String> {
    document().active_element().map(|element| element.id())
}

/// Whether an element is not rendered.
pub(super) fn is_hidden(id: &str) -> bool {
    let element = document().get_element_by_id(id);
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_none_or(|element| element.offset_width() == 0)
}

/// Judges a JSON text with the browser's own parser.
pub(super) fn judge_json(text: &str) -> Result<Kind, String> {
    match js_sys::JSON::parse(text) {
        Ok(value) if js_sys::Array::is_array(&value) => Ok(Kind::Array),
        Ok(value) if value.is_object() => Ok(Kind::Object),
        Ok(_) => Ok(Kind::Other),
        Err(error) => Err(message(&error)),
    }
}

/// A field of an object, if it is one.
pub(super) fn property(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &JsValue::from_str(name)).ok()
}

/// What an error of the browser says.
fn message(error: &JsValue) -> String {
    property(error, "message").and_then(|text| text.as_string()).unwrap_or_default()
}

/// Takes the words about loading away.
pub(super) fn hide_boot() {
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
}

/// Says that the page broke, and what to do: nothing after a panic can be relied upon.
pub(super) fn report_panic(panic: &PanicHookInfo<'_>) {
    web_sys::console::error_1(&JsValue::from_str(&panic.to_string()));
    let Ok(line) = document().create_element("p") else { return };
    line.set_class_name("broken");
    line.set_text_content(Some(
        "This page has broken down; that is a fault of ours. Reload it to go on. Unfinished \
         processes go back to the colony by themselves.",
    ));
    if let Some(body) = document().body() {
        drop(body.prepend_with_node_1(&line));
    }
}
