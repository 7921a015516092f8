//! Finished results until the server has accepted or finally refused them.
//!
//! An entry is sent at once. If no answer comes it is kept, and before it is sent again the process
//! is read: the first attempt may have been accepted, or the process given to somebody else, and the
//! server would store the output even of a close it refuses.

use std::time::Duration;

use webpool_colony::Timestamp;

use crate::backoff::Backoff;
use crate::event::Outcome;

/// How many results may wait before no new process is taken.
pub const CAPACITY: usize = 16;

/// How long an entry that the server answers with errors of its own is retried.
const PATIENCE: Duration = Duration::from_mins(10);

/// How often an entry may be sent without an answer while reads of its process are answered.
const MAX_UNANSWERED: u32 = 5;

/// Number of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(u64);

/// What is known of a finished result.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The process.
    pub process_id: String,
    /// Its function.
    pub function: String,
    /// When the server gave it to us: tells this run from a later one.
    pub starttime: Timestamp,
    /// The signed close.
    pub body: String,
    /// What becomes of the process once the server accepts.
    pub outcome: Outcome,
    /// From assignment to result.
    pub elapsed: Duration,
}

/// One finished result on its way.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// The result.
    pub finished: Finished,
    /// Whether the process must be read before the next attempt.
    pub is_doubtful: bool,
    /// What the server said as it refused it.
    pub refusal: Option<String>,
    /// Attempts to send it that ended without an answer.
    unanswered: u32,
    is_open: bool,
    retry_at: Duration,
    give_up_at: Duration,
    backoff: Backoff,
}

impl Entry {
    /// What became of it if nothing more will be heard, for that reason.
    pub fn to_unsettled(&self, reason: String) -> Outcome {
        let is_being_sent = self.is_open && !self.is_doubtful;
        if is_being_sent { Outcome::Unheard(reason) } else { self.to_refused(reason) }
    }

    /// What became of it if the server refuses what was asked last, for that reason.
    pub fn to_refused(&self, reason: String) -> Outcome {
        if self.unanswered > 0 { Outcome::Unheard(reason) } else { Outcome::Discarded(reason) }
    }
}

/// The finished results of one executor.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
    next: u64,
}

impl Outbox {
    /// Puts a result in; it is due at once. A doubtful one is preceded by reading the process.
    pub fn push(&mut self, mono: Duration, finished: Finished, is_doubtful: bool) {
        self.next += 1;
        self.entries.push(Entry {
            id: EntryId(self.next),
            finished,
            is_doubtful,
            refusal: None,
            unanswered: 0,
            is_open: false,
            retry_at: mono,
            give_up_at: mono + PATIENCE,
            backoff: Backoff::new(Duration::from_millis(500), Duration::from_secs(30), self.next),
        });
    }

    /// How many results wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the result of this process waits.
    pub fn holds(&self, process_id: &str) -> bool {
        self.entries.iter().any(|entry| entry.finished.process_id == process_id)
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The next entry to be sent now, marked as being sent.
    pub fn take_due(&mut self, mono: Duration) -> Option<Entry> {
        let due = |entry: &&mut Entry| !entry.is_open && entry.retry_at <= mono;
        let entry = self.entries.iter_mut().find(due)?;
        entry.is_open = true;
        Some(entry.clone())
    }

    /// When the next entry is due, if none is being sent.
    pub fn next_due(&self) -> Option<Duration> {
        self.entries.iter().filter(|entry| !entry.is_open).map(|entry| entry.retry_at).min()
    }

    /// Takes an entry out: it is settled.
    pub fn settle(&mut self, id: EntryId) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.id == id)?;
        Some(self.entries.remove(index))
    }

    /// Sends an entry again later. If its patience is at an end it is taken out and returned.
    pub fn postpone(&mut self, id: EntryId, mono: Duration) -> Option<Entry> {
        let entry = self.entries.iter_mut().find(|entry| entry.id == id)?;
        if mono >= entry.give_up_at {
            return self.settle(id);
        }
        entry.is_open = false;
        entry.is_doubtful = true;
        entry.retry_at = mono + entry.backoff.next_delay();
        None
    }

    /// Keeps an entry while the server cannot be reached; it is due as soon as it can again.
    pub fn keep(&mut self, id: EntryId, mono: Duration) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            if !entry.is_doubtful {
                entry.unanswered += 1;
            }
            entry.is_open = false;
            entry.is_doubtful = true;
            entry.retry_at = mono;
        }
    }

    /// Whether something on the way swallows this entry: the server answers, but never to it.
    pub fn is_swallowed(&self, id: EntryId) -> bool {
        self.get(id).is_some_and(|entry| entry.unanswered >= MAX_UNANSWERED)
    }

    /// The server refused it: its process is read, to tell what became of it. False if it has been
    /// refused before.
    pub fn refuse(&mut self, id: EntryId, reason: String, mono: Duration) -> bool {
        let entry = self.entries.iter_mut().find(|entry| entry.id == id);
        let Some(entry) = entry.filter(|entry| entry.refusal.is_none()) else { return false };
        entry.refusal = Some(reason);
        entry.is_open = false;
        entry.is_doubtful = true;
        entry.retry_at = mono;
        true
    }

    /// Whether the server refused this entry.
    pub fn is_refused(&self, id: EntryId) -> bool {
        self.get(id).is_some_and(|entry| entry.refusal.is_some())
    }

    /// The process was read and is still ours: send the close itself next.
    pub fn trust(&mut self, id: EntryId, mono: Duration) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.is_open = false;
            entry.is_doubtful = false;
            entry.retry_at = mono;
        }
    }

    /// Puts another result in an entry's place; it is due at once.
    pub fn replace(&mut self, id: EntryId, body: String, outcome: Outcome, mono: Duration) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.finished.body = body;
            entry.finished.outcome = outcome;
            entry.unanswered = 0;
            entry.refusal = None;
        }
        self.trust(id, mono);
    }

    /// Time has passed that nobody watched: read every process before closing it.
    pub fn doubt_all(&mut self) {
        for entry in &mut self.entries {
            entry.is_doubtful = true;
        }
    }

    /// An entry that has not been settled yet.
    pub fn get(&self, id: EntryId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Takes everything out.
    pub fn drain(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }
}
