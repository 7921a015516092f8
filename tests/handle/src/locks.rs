//! Web Locks, which tell when a thread is gone: the browser frees what it held.
//!
//! Called by name: the bindings of web-sys call them unstable.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The one lock of the rig.
const NAME: &str = "webpool-handle-test";

/// Takes the lock until this thread ends, then does something.
pub(crate) fn hold(then: impl FnOnce() + 'static) {
    let granted = Closure::once_into_js(move |_lock: JsValue| {
        then();
        Promise::new(&mut |_resolve, _reject| {})
    });
    if let Err(thrown) = request(&granted) {
        wasm_bindgen::throw_val(thrown);
    }
}

/// Waits until nobody holds the lock.
pub(crate) async fn freed() -> Result<(), JsValue> {
    let granted = Closure::once_into_js(|_lock: JsValue| {});
    JsFuture::from(request(&granted)?).await.map(drop)
}

fn request(granted: &JsValue) -> Result<Promise, JsValue> {
    let locks = field(&field(&js_sys::global(), "navigator")?, "locks")?;
    let request: Function = field(&locks, "request")?.dyn_into()?;
    request.call2(&locks, &JsValue::from_str(NAME), granted)?.dyn_into()
}

fn field(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &JsValue::from_str(name))
}
