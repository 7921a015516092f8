//! Why a worker could not be started or told something.

use std::fmt;

use wasm_bindgen::{JsCast, JsValue};

/// Why a worker could not be started or told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The browser refuses to construct the worker, in its own words.
    Spawn(String),
    /// The browser refuses to send the value, in its own words.
    Post(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn(text) => write!(f, "the browser does not start a worker: {text}"),
            Self::Post(text) => write!(f, "the browser does not send a message: {text}"),
        }
    }
}

impl std::error::Error for Error {}

/// Puts a thrown value into words.
pub fn text_of(thrown: &JsValue) -> String {
    let words = thrown.dyn_ref::<js_sys::Error>().map(|error| error.to_string().into());
    words.or_else(|| thrown.as_string()).unwrap_or_else(|| format!("{thrown:?}"))
}
