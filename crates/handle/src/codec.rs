//! Messages to JavaScript values and back, as plain objects that the browser clones.
//!
//! Decoding is total: whatever the other side sent is a message or an error with a reason.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// Turns a message into a value that can be posted.
///
/// # Errors
///
/// The encoder's sentence, if the message holds an integer beyond 2^53.
pub fn encode<T: Serialize + ?Sized>(message: &T) -> Result<JsValue, String> {
    serde_wasm_bindgen::to_value(message).map_err(|error| error.to_string())
}

/// Reads a value that was posted.
///
/// # Errors
///
/// The decoder's sentence, if the value is no such message.
pub fn decode<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    serde_wasm_bindgen::from_value(value).map_err(|error| error.to_string())
}
