//! The worker that goes wrong as it is told, in one word.

use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;
use webpool_wire::FromCompute;

use crate::{locks, report};

/// Messages of one flood: more than a parent can hear before it drops its handle.
const FLOOD: u32 = 20_000;

/// Takes orders from now on.
pub(crate) fn listen() {
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        obey(&event.data().as_string().unwrap_or_default());
    });
    report::scope().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
}

#[expect(clippy::panic, reason = "going wrong is what it is for")]
fn obey(order: &str) {
    match order {
        "panic" => panic!("panicked on purpose"),
        "trap" => core::arch::wasm32::unreachable(),
        "throw" => wasm_bindgen::throw_str("thrown on purpose"),
        "reject" => drop(Promise::reject(&JsError::new("rejected on purpose").into())),
        "garble" => garble(),
        "flood" => (0..FLOOD).for_each(|number| say(&number.to_string())),
        "yield" => locks::hold(|| spawn_local(go_on())),
        "loop" => locks::hold(spin),
        other => say(other),
    }
}

fn say(words: &str) {
    report::say(&FromCompute::Log { run: 0, message: words.to_owned() });
}

/// Sends what no parent can decode.
fn garble() {
    let garbage = JsValue::from_str("nonsense");
    if report::scope().post_message(&garbage).is_err() {
        report::crash("cannot send garbage");
    }
}

/// Computes for ever, letting other tasks in.
async fn go_on() {
    say("held");
    loop {
        TimeoutFuture::new(0).await;
    }
}

/// Computes for ever.
fn spin() {
    say("held");
    loop {
        core::hint::spin_loop();
    }
}
