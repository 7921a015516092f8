//! Which processes were closed over the proxy, and how often: as the server answers, before a fault;
//! and whether the process was read before its close was sent again.
//!
//! A browser sends a request again by itself, without telling the page, when a connection that it had
//! kept ready ends without a byte of an answer. That is told apart here: the very same bytes over
//! another connection, after one that ended so, while nobody has read the process.
//!
//! What reached the server but was answered while the proxy was cut off is not seen here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use webpool_colony::Envelope;

/// The types of the messages that end a process.
const CLOSES: [&str; 2] = ["closesuccessfulmsg", "closefailedmsg"];

/// The type of the message that reads a process.
const READ: &str = "getprocessmsg";

/// How often a process was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Accepted by the server.
    pub accepted: u32,
    /// Refused by it, or not carried out.
    pub refused: u32,
    /// Sent again by the browser, not by the page.
    pub resent: u32,
    /// The longest time from the end of a connection until the browser sent it again.
    pub resent_after: Duration,
    /// Sent again otherwise, although the process was not read.
    pub unread: u32,
}

/// What carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// A request of its own.
    Request,
    /// A frame of a link.
    Frame,
}

/// What a message does to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Close(String),
    Read(String),
}

impl Deed {
    /// What a signed body of a type is to do, if it is one of both.
    pub(super) fn find(kind: &str, body: &[u8]) -> Option<Self> {
        if CLOSES.contains(&kind) {
            return process_in(body).map(Self::Close);
        }
        (kind == READ).then(|| process_in(body).map(Self::Read)).flatten()
    }
}

/// What is known of a process.
#[derive(Debug, Default)]
struct Known {
    closed: Closed,
    last: Option<Sent>,
}

/// The last close of a process.
#[derive(Debug)]
struct Sent {
    body: Vec<u8>,
    /// Whether a byte of an answer was sent back.
    is_answered: bool,
    /// When its connection ended without one.
    ended: Option<Instant>,
    /// Whether the process was read since.
    is_read: bool,
}

/// All that were closed.
#[derive(Debug, Default)]
pub(super) struct Closes(Mutex<HashMap<String, Known>>);

impl Closes {
    /// Enters what has come from a browser.
    pub(super) fn begin(&self, deed: &Deed, body: &[u8], carrier: Carrier) {
        let Deed::Close(process) = deed else { return };
        self.with(process, |known| {
            let next =
                Sent { body: body.to_vec(), is_answered: false, ended: None, is_read: false };
            let last = known.last.replace(next);
            let Some(last) = last.filter(|last| last.body == body && !last.is_read) else { return };
            match last.ended.filter(|_| carrier == Carrier::Request && !last.is_answered) {
                Some(ended) => {
                    known.closed.resent += 1;
                    let after = ended.elapsed();
                    known.closed.resent_after = known.closed.resent_after.max(after);
                }
                None => known.closed.unread += 1,
            }
        });
    }

    /// Enters the server's answer.
    pub(super) fn enter(&self, deed: &Deed, is_accepted: bool) {
        match deed {
            Deed::Close(process) => self.with(process, |known| {
                known.closed.accepted += u32::from(is_accepted);
                known.closed.refused += u32::from(!is_accepted);
            }),
            Deed::Read(process) => self.with(process, |known| {
                if let Some(last) = known.last.as_mut().filter(|_| is_accepted) {
                    last.is_read = true;
                }
            }),
        }
    }

    /// Enters that an answer, whichever, is about to be sent back.
    pub(super) fn answer(&self, deed: &Deed) {
        let Deed::Close(process) = deed else { return };
        self.with(process, |known| {
            if let Some(last) = &mut known.last {
                last.is_answered = true;
            }
        });
    }

    /// A connection that carries a deed: its end is entered when this is dropped.
    pub(super) fn carried<'a>(&'a self, deed: Option<&'a Deed>) -> Carried<'a> {
        Carried { closes: self, deed }
    }

    pub(super) fn of(&self, process: &str) -> Closed {
        self.with(process, |known| known.closed)
    }

    fn with<T>(&self, process: &str, act: impl FnOnce(&mut Known) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(process.to_owned()).or_default())
    }
}

/// A connection, however it ends.
pub(super) struct Carried<'a> {
    closes: &'a Closes,
    deed: Option<&'a Deed>,
}

impl Drop for Carried<'_> {
    fn drop(&mut self) {
        let Some(Deed::Close(process)) = self.deed else { return };
        self.closes.with(process, |known| {
            if let Some(last) = &mut known.last {
                last.ended = Some(Instant::now());
            }
        });
    }
}

/// The process that a signed body is about.
fn process_in(body: &[u8]) -> Option<String> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    let payload: Value = serde_json::from_slice(&envelope.payload_bytes()).ok()?;
    payload.get("processid")?.as_str().map(str::to_owned)
}

/// The signed body of a request in a frame of a link.
pub(super) fn body_in_frame(frame: &[u8]) -> Option<Vec<u8>> {
    let frame: Value = serde_json::from_slice(frame).ok()?;
    Some(frame.pointer("/request/body")?.as_str()?.as_bytes().to_vec())
}
