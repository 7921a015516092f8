//! Which processes were closed over the proxy, and how often: as the server answers, before a fault.
//!
//! What reached the server but was answered while the proxy was cut off is not seen here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use webpool_colony::Envelope;

/// The types of the messages that end a process.
const CLOSES: [&str; 2] = ["closesuccessfulmsg", "closefailedmsg"];

/// How often a process was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Accepted by the server.
    pub accepted: u32,
    /// Refused by it, or not carried out.
    pub refused: u32,
    /// Of both, after the first that was accepted: it was reported twice.
    pub again: u32,
}

/// All that were closed.
#[derive(Debug, Default)]
pub(super) struct Closes(Mutex<HashMap<String, Closed>>);

impl Closes {
    /// Enters the server's answer.
    pub(super) fn enter(&self, process: &str, is_accepted: bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = all.entry(process.to_owned()).or_default();
        closed.again += u32::from(closed.accepted > 0);
        closed.accepted += u32::from(is_accepted);
        closed.refused += u32::from(!is_accepted);
    }

    pub(super) fn of(&self, process: &str) -> Closed {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(process).copied().unwrap_or_default()
    }
}

/// Whether a message of this type ends a process.
pub(super) fn is_close(kind: &str) -> bool {
    CLOSES.contains(&kind)
}

/// The process that a signed body is about.
pub(super) fn process_in(body: &[u8]) -> Option<String> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    let payload: Value = serde_json::from_slice(&envelope.payload_bytes()).ok()?;
    payload.get("processid")?.as_str().map(str::to_owned)
}

/// The process that a request in a frame of a link is about.
pub(super) fn process_in_frame(frame: &[u8]) -> Option<String> {
    let frame: Value = serde_json::from_slice(frame).ok()?;
    process_in(frame.pointer("/request/body")?.as_str()?.as_bytes())
}
