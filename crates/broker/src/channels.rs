//! Channels: what the initiator and the executor of a process say to each other. Nothing here
//! touches the file or a clock.
//!
//! A channel is declared in the process's spec and kept in memory only: it is empty after a restart,
//! and deleted when its process has ended. What a transaction changes here can be taken back until
//! it is durable ([`changes`]). Limits are the reference server's, but for the bytes:
//!
//! - a message of at most 10 MiB, at most 10 000 messages in a channel, 100 channels a process
//! - 100 messages a second for each process, 500 at once
//! - 64 MiB for each process and 256 MiB in all, counted as they are kept (base64 and 256 bytes for
//!   each message); the reference server has no such limit

mod changes;

use std::collections::HashMap;
use std::sync::Arc;

use changes::Change;
use webpool_colony::{ChannelEntry, Id};

use crate::deadlines::SECOND;
use crate::error::Refusal;

/// How many of its channels a process can use.
pub(crate) const MAX_CHANNELS: u64 = 100;

/// How long the names of a process's channels may be together, in bytes, with 3 for each: they are
/// read with each message.
pub(crate) const MAX_NAMES_BYTES: usize = 64 << 10;

const MAX_ENTRIES: usize = 10_000;

/// How many bytes there may be.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// In one message, as its sender counts.
    payload: usize,
    /// In all messages about one process, as they are kept.
    process: usize,
    /// In all messages, as they are kept.
    total: usize,
}

const LIMITS: Limits = Limits { payload: 10 << 20, process: 64 << 20, total: 256 << 20 };

/// What a message costs besides its JSON.
const ENTRY_BYTES: usize = 256;

/// What a message takes of its process's allowance, in nanoseconds: 100 a second.
const PRICE: i64 = SECOND / 100;

/// The allowance of a process that was silent: 500 messages.
const ALLOWANCE: i64 = 500 * PRICE;

/// Where something is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) processid: String,
    /// The channel.
    pub(crate) name: String,
}

/// All that is said about all processes.
#[derive(Debug)]
pub(crate) struct Channels {
    rooms: HashMap<String, Room>,
    bytes: usize,
    limits: Limits,
    /// What is not durable yet, in the order it was made.
    changes: Vec<Change>,
}

impl Default for Channels {
    fn default() -> Self {
        Self { rooms: HashMap::new(), bytes: 0, limits: LIMITS, changes: Vec::new() }
    }
}

/// What is said about one process.
#[derive(Debug, Default)]
struct Room {
    /// Who was given the process last, if anybody was.
    executor: Option<Id>,
    /// By the channel's name.
    logs: HashMap<String, Vec<Said>>,
    /// Until when the allowance is spent, in nanoseconds since 1970.
    spent_until: i64,
    bytes: usize,
}

/// One message.
#[derive(Debug)]
struct Said {
    sender: Id,
    sequence: i64,
    /// Nanoseconds since 1970.
    at: i64,
    json: Arc<str>,
}

impl Channels {
    /// Notes that an executor was given a process.
    pub(crate) fn give(&mut self, processid: &str, executor: &Id) {
        let before = self.open(processid).executor.replace(executor.clone());
        self.changes.push(Change::Given { processid: processid.to_owned(), before });
    }

    /// The room of a process; a new one if it has none.
    fn open(&mut self, processid: &str) -> &mut Room {
        self.rooms.entry(processid.to_owned()).or_insert_with(|| {
            self.changes.push(Change::Opened { processid: processid.to_owned() });
            Room::default()
        })
    }

    /// Who was given a process last, as far as is known.
    pub(crate) fn last_executor(&self, processid: &str) -> Option<&Id> {
        self.rooms.get(processid)?.executor.as_ref()
    }

    /// Puts a message into a log; its JSON. `now` is in nanoseconds since 1970.
    ///
    /// # Errors
    ///
    /// The message is too long, comes too soon, or finds no room.
    pub(crate) fn append(
        &mut self,
        address: &Address,
        entry: &ChannelEntry,
        now: i64,
    ) -> Result<Arc<str>, Refusal> {
        let refuse = |sentence: &str| Refusal::new(500, sentence);
        let length = entry.payload.as_ref().map_or(0, |payload| payload.as_slice().len());
        if length > self.limits.payload {
            return Err(refuse("message payload exceeds maximum size"));
        }
        let (total, limits) = (self.bytes, self.limits);
        let room = self.open(&address.processid);
        let spent_until = room.spent_until;
        if !room.spend(now) {
            return Err(refuse("rate limit exceeded"));
        }
        let json: Arc<str> = serde_json::to_string(entry).unwrap_or_default().into();
        let bytes = json.len().saturating_add(ENTRY_BYTES);
        let log = room.logs.entry(address.name.clone()).or_default();
        if log.len() >= MAX_ENTRIES || room.bytes.saturating_add(bytes) > limits.process {
            return Err(refuse("channel log is full"));
        }
        if total.saturating_add(bytes) > limits.total {
            return Err(refuse("the channels of this server are full"));
        }
        room.bytes = room.bytes.saturating_add(bytes);
        let (sender, sequence) = (entry.senderid.clone(), entry.sequence);
        let place = insert(log, Said { sender, sequence, at: now, json: Arc::clone(&json) });
        self.bytes = total.saturating_add(bytes);
        self.changes.push(Change::Said { address: address.clone(), place, spent_until });
        Ok(json)
    }

    /// The messages of a channel behind the first `skipped`, at most `limit` of them (0: all), as a
    /// JSON array.
    pub(crate) fn read(&self, address: &Address, skipped: i64, limit: i64) -> String {
        let room = self.rooms.get(&address.processid);
        let log = room.and_then(|room| room.logs.get(&address.name)).into_iter().flatten();
        let skipped = usize::try_from(skipped.max(0)).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        let mut array = String::from("[");
        for said in log.skip(skipped).take(limit) {
            if array.len() > 1 {
                array.push(',');
            }
            array.push_str(&said.json);
        }
        array.push(']');
        array
    }

    /// Deletes the channels of a process.
    pub(crate) fn end(&mut self, processid: &str) {
        if let Some((processid, room)) = self.rooms.remove_entry(processid) {
            self.changes.push(Change::Ended { processid, room });
        }
    }

    /// The processes with channels in memory.
    pub(crate) fn processes(&self) -> Vec<String> {
        self.rooms.keys().cloned().collect()
    }
}

impl Room {
    /// Takes a message's price off the allowance, if there is enough.
    fn spend(&mut self, now: i64) -> bool {
        let full = now.saturating_add(ALLOWANCE);
        // A clock that was put back leaves the allowance spent, not more than spent.
        self.spent_until = self.spent_until.clamp(now, full);
        let spent = self.spent_until.saturating_add(PRICE);
        let is_enough = spent <= full;
        if is_enough {
            self.spent_until = spent;
        }
        is_enough
    }
}

/// Puts a message at the end, then before each neighbour by the same sender with a larger number,
/// and before each by another sender with a later time. This is no total order; it is the
/// reference server's. Returns its place.
fn insert(log: &mut Vec<Said>, new: Said) -> usize {
    let is_before = |other: &Said| {
        if other.sender == new.sender { new.sequence < other.sequence } else { new.at < other.at }
    };
    let behind = log.iter().rev().take_while(|other| is_before(other)).count();
    let place = log.len().saturating_sub(behind);
    log.insert(place, new);
    place
}

#[cfg(test)]
mod tests;
