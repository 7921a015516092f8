//! Which processes were closed over the proxy, and how often: as the server answers, before a fault.
//!
//! What reached the server but was answered while the proxy was cut off is not seen here. An executor
//! reads a process before it closes it again. What comes again without that was sent by the browser
//! itself: Chromium sends a request again if a connection that it had open already ends without an
//! answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use webpool_colony::Envelope;

/// The types of the messages that end a process, and of the one that reads it.
const CLOSES: [&str; 2] = ["closesuccessfulmsg", "closefailedmsg"];
const READ: &str = "getprocessmsg";

/// What a message does to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Ends this process.
    Close(String),
    /// Reads it.
    Read(String),
}

/// How often a process was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Accepted by the server.
    pub accepted: u32,
    /// Refused by it, or not carried out.
    pub refused: u32,
    /// Of both, after the first that was accepted, and after the process was read since: it was
    /// reported twice.
    pub again: u32,
    /// The same without a read: the browser sent it twice.
    pub resent: u32,
    is_read: bool,
}

/// All that were closed.
#[derive(Debug, Default)]
pub(super) struct Closes(Mutex<HashMap<String, Closed>>);

impl Closes {
    /// Enters the server's answer.
    pub(super) fn enter(&self, process: &str, is_accepted: bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = all.entry(process.to_owned()).or_default();
        let is_over = closed.accepted > 0;
        closed.again += u32::from(is_over && closed.is_read);
        closed.resent += u32::from(is_over && !closed.is_read);
        closed.accepted += u32::from(is_accepted);
        closed.refused += u32::from(!is_accepted);
        closed.is_read = false;
    }

    /// Notes that a process is about to be read.
    pub(super) fn note_read(&self, process: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(process).or_default().is_read = true;
    }

    pub(super) fn of(&self, process: &str) -> Closed {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(process).copied().unwrap_or_default()
    }
}

/// What a signed body of this type does to a process.
pub(super) fn about(kind: &str, body: &[u8]) -> Option<About> {
    if CLOSES.contains(&kind) {
        process_in(body).map(About::Close)
    } else if kind == READ {
        process_in(body).map(About::Read)
    } else {
        None
    }
}

/// The same of a request in a frame of a link.
pub(super) fn about_frame(kind: &str, frame: &[u8]) -> Option<About> {
    let frame: Value = serde_json::from_slice(frame).ok()?;
    about(kind, frame.pointer("/request/body")?.as_str()?.as_bytes())
}

fn process_in(body: &[u8]) -> Option<String> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    let payload: Value = serde_json::from_slice(&envelope.payload_bytes()).ok()?;
    payload.get("processid")?.as_str().map(str::to_owned)
}
