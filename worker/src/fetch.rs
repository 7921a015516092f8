//! http: one POST, abortable.
//!
//! A plain request on purpose: `text/plain`, no header of ours, so a browser asks no server for
//! permission first. Of a reply over the size limit only the beginning is read. Dropping a
//! [`Request`] aborts it; then nothing is heard.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit,
    Response,
};
use webpool_colony::reply::{HEAD_BYTES, MAX_REPLY_BYTES};
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
    let mut body = Vec::new();
    let Some(stream) = response.body() else { return Ok(Reply::Answered { status, body }) };
    let reader: ReadableStreamDefaultReader = stream.get_reader().dyn_into()?;
    while let Some(part) = next_part(&reader).await? {
        body.extend(part.to_vec());
        let size_bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if size_bytes > MAX_REPLY_BYTES {
            // Nobody waits for the stream to say that it has ended.
            drop(reader.cancel());
            body.truncate(HEAD_BYTES);
            return Ok(Reply::TooLong { head: body, size_bytes });
        }
    }
    Ok(Reply::Answered { status, body })
}

/// What comes next; nothing at the end.
async fn next_part(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, JsValue> {
    let step = JsFuture::from(reader.read()).await?;
    if Reflect::get(&step, &JsValue::from_str("done"))?.is_truthy() {
        return Ok(None);
    }
    Reflect::get(&step, &JsValue::from_str("value"))?.dyn_into().map(Some)
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
