//! http: one POST, abortable.
//!
//! A plain request on purpose: `text/plain`, no header of ours, so a browser asks no server for
//! permission first. A reply over the size limit is not read. Dropping a [`Request`] aborts it; then
//! nothing is heard.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, RequestCache, RequestCredentials, RequestInit, Response};
use webpool_colony::reply::MAX_REPLY_BYTES;
use webpool_executor::Reply;

use crate::clock::delay_ms;
use crate::report::scope;

/// An open request.
#[derive(Debug)]
pub(crate) struct Request {
    controller: Option<AbortController>,
    _timeout: Option<Timeout>,
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(controller) = &self.controller {
            controller.abort();
        }
    }
}

/// Posts `body`; `hear` is told the reply, or that none came within `timeout`.
pub(crate) fn post(
    url: &str,
    body: &str,
    timeout: Duration,
    hear: impl FnOnce(Reply) + 'static,
) -> Request {
    let controller = AbortController::new().ok();
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(body));
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    let signal = controller.as_ref().map(AbortController::signal);
    init.set_signal(signal.as_ref());
    let response = JsFuture::from(scope().fetch_with_str_and_init(url, &init));
    spawn_local(async move {
        let reply = match read(response).await {
            Ok(reply) => reply,
            Err(thrown) => Reply::Lost { reason: reason(&thrown, timeout) },
        };
        hear(reply);
    });
    let on_timeout = controller.clone();
    let timer = Timeout::new(delay_ms(timeout), move || {
        if let Some(controller) = on_timeout {
            controller.abort();
        }
    });
    Request { controller, _timeout: Some(timer) }
}

async fn read(response: JsFuture) -> Result<Reply, JsValue> {
    let response: Response = response.await?.dyn_into()?;
    let status = response.status();
    let announced = response.headers().get("content-length")?.and_then(|text| text.parse().ok());
    if announced.is_some_and(|size_bytes: u64| size_bytes > MAX_REPLY_BYTES) {
        let reason = format!("its reply is longer than {MAX_REPLY_BYTES} bytes");
        return Ok(Reply::Lost { reason });
    }
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Reply::Answered { status, body: Uint8Array::new(&buffer).to_vec() })
}

/// Puts what the browser throws into words; it never tells more than that it failed.
fn reason(thrown: &JsValue, timeout: Duration) -> String {
    let error = thrown.dyn_ref::<js_sys::Error>();
    let name = error.map(|error| String::from(error.name()));
    match name.as_deref() {
        Some("AbortError") => format!("no answer within {} s", timeout.as_secs()),
        _ => error.map_or_else(
            || "the browser could not send the request".to_owned(),
            |error| String::from(error.message()),
        ),
    }
}
