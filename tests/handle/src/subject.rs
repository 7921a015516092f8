//! The worker that goes wrong as it is told, in one word; the same on both borders.
//!
//! - `executor` behind the executor worker's loader: takes orders over gloo-worker
//! - `compute` behind the compute worker's loader: takes orders as they are posted

mod compute;
mod executor;

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use wasm_bindgen::{JsError, JsValue};
use wasm_bindgen_futures::spawn_local;
use webpool_wire::boot;

use crate::{compute_report, executor_report, locks};

/// Messages of one flood: more than a parent can hear before it drops its handle.
const FLOOD: u32 = 20_000;

/// How a subject says words, in a message of its border.
pub(crate) type Say = Rc<dyn Fn(&str)>;

/// Takes orders from now on; what the loader hands over tells which one it is.
pub(crate) fn start(handed: &JsValue) {
    if executor_report::field(handed, boot::COMPUTE_SCRIPT).is_undefined() {
        compute::start();
    } else {
        executor::start();
    }
}

#[expect(clippy::panic, reason = "going wrong is what it is for")]
fn obey(order: &str, say: &Say) {
    let own = Rc::clone(say);
    match order {
        "panic" => panic!("panicked on purpose"),
        "trap" => core::arch::wasm32::unreachable(),
        "throw" => wasm_bindgen::throw_str("thrown on purpose"),
        "reject" => drop(Promise::reject(&JsError::new("rejected on purpose").into())),
        "garble" => garble(),
        "flood" => (0..FLOOD).for_each(|number| say(&number.to_string())),
        "yield" => locks::hold(move || spawn_local(go_on(own))),
        "loop" => locks::hold(move || spin(&own)),
        other => say(other),
    }
}

/// Sends what no parent can decode.
fn garble() {
    if compute_report::scope().post_message(&JsValue::from_str("nonsense")).is_err() {
        compute_report::crash("cannot send garbage");
    }
}

/// Computes for ever, letting other tasks in.
async fn go_on(say: Say) {
    say("held");
    loop {
        TimeoutFuture::new(0).await;
    }
}

/// Computes for ever.
fn spin(say: &Say) {
    say("held");
    loop {
        core::hint::spin_loop();
    }
}
