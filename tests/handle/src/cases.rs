//! What is tried, by name.

use gloo_timers::future::TimeoutFuture;
use serde_json::{Value, json};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::locks;
use crate::stand::{DEADLINE_MS, Rig, Stand};

/// A time that is up before a worker that never answers could be taken for a slow one, in ms.
const SHORT_MS: u32 = 500;
/// How long a case listens on after the end, for what must not come, in ms.
const AFTER_MS: u32 = 200;
/// Panics in a row.
const PANICS: u32 = 100;
/// Every end that a case may wait for.
const END: [&str; 2] = ["crashed", "outdated"];

/// Tries one case.
pub(crate) async fn run(rig: &Rig, name: &str) -> Result<Value, String> {
    match name {
        "good" => good(rig).await,
        "missing" => script(rig, "missing.js", DEADLINE_MS).await,
        "hang" => script(rig, "hang.js", SHORT_MS).await,
        "silent" => script(rig, "silent.js", SHORT_MS).await,
        "babble" => script(rig, "babble.js", DEADLINE_MS).await,
        "early" => script(rig, rig.border.early(), DEADLINE_MS).await,
        "other" => script(rig, "other.js", DEADLINE_MS).await,
        "boot" => ended(&Stand::subject(&rig.broken())?).await,
        "panic" | "trap" | "throw" | "reject" | "garble" => order(rig, name).await,
        "panics" => panics(rig).await,
        "lent" => lent(&rig.bare()).await,
        "flood" => flood(rig).await,
        "drop_at_ready" => drop_at(rig, "ready").await,
        "drop_at_message" => drop_at(rig, "message: 10").await,
        "drop_at_crash" => drop_at(rig, "crashed").await,
        "yield" | "loop" => gone(rig, name, Stand::close).await,
        "retire" => gone(rig, "yield", Stand::retire).await,
        other => Err(format!("there is no case {other}")),
    }
}

/// A good worker is ready, and stays so when the deadline has passed.
async fn good(rig: &Rig) -> Result<Value, String> {
    let stand = Stand::spawn(rig, rig.border.subject(), SHORT_MS, None)?;
    TimeoutFuture::new(2 * SHORT_MS).await;
    stand.tell("hello")?;
    stand.until(&["message", "crashed"]).await;
    Ok(json!({ "heard": stand.heard() }))
}

async fn script(rig: &Rig, script: &str, deadline_ms: u32) -> Result<Value, String> {
    ended(&Stand::spawn(rig, script, deadline_ms, None)?).await
}

async fn order(rig: &Rig, order: &str) -> Result<Value, String> {
    let stand = Stand::subject(rig)?;
    stand.tell(order)?;
    ended(&stand).await
}

/// Waits for the end, and for what must not follow it.
async fn ended(stand: &Stand) -> Result<Value, String> {
    stand.until(&END).await;
    TimeoutFuture::new(AFTER_MS).await;
    Ok(json!({ "heard": stand.heard() }))
}

async fn panics(rig: &Rig) -> Result<Value, String> {
    let mut heard = Vec::new();
    for _ in 0..PANICS {
        let stand = Stand::subject(rig)?;
        stand.tell("panic")?;
        stand.until(&END).await;
        heard.push(stand.heard().join(", "));
    }
    Ok(json!({ "heard": heard }))
}

/// A later listener is given the good messages alone, and nothing after the end.
async fn lent(rig: &Rig) -> Result<Value, String> {
    let stand = Stand::subject(rig)?;
    let worker = stand.worker().ok_or("the handle is gone")?;
    let note = stand.note();
    let later = Closure::<dyn FnMut(JsValue)>::new(move |_event| note("later"));
    worker.set_onmessage(Some(later.as_ref().unchecked_ref()));
    stand.tell("hello")?;
    stand.tell("garble")?;
    stand.until(&END).await;
    TimeoutFuture::new(AFTER_MS).await;
    Ok(json!({ "heard": stand.heard(), "is_cleared": worker.onmessage().is_none() }))
}

/// The handle is dropped while messages pour in, from outside of any event.
async fn flood(rig: &Rig) -> Result<Value, String> {
    let stand = Stand::subject(rig)?;
    stand.tell("flood")?;
    stand.until(&["message: 10"]).await;
    stand.close();
    let heard = stand.heard().len();
    TimeoutFuture::new(AFTER_MS).await;
    Ok(json!({ "heard": heard, "after": stand.heard().len() - heard }))
}

/// The handle is dropped from within an event.
async fn drop_at(rig: &Rig, start: &'static str) -> Result<Value, String> {
    let stand = Stand::spawn(rig, rig.border.subject(), DEADLINE_MS, Some(start))?;
    stand.tell("flood")?;
    stand.tell("panic")?;
    stand.until(&[start]).await;
    TimeoutFuture::new(AFTER_MS).await;
    let heard = stand.heard();
    let last = heard.last().cloned().unwrap_or_default();
    Ok(json!({ "last": last, "heard": heard.len() }))
}

/// How long a thread lives on when its handle is let go of, and what is heard of it.
async fn gone(rig: &Rig, order: &str, let_go: fn(&Stand)) -> Result<Value, String> {
    let stand = Stand::subject(rig)?;
    stand.tell(order)?;
    stand.until(&["message: held", "crashed"]).await;
    let_go(&stand);
    let begun_ms = js_sys::Date::now();
    locks::freed().await.map_err(|thrown| format!("{thrown:?}"))?;
    let gone_ms = js_sys::Date::now() - begun_ms;
    Ok(json!({ "heard": stand.heard(), "gone_ms": gone_ms }))
}
