//! Who asks the server for work next.
//!
//! Executors that wait stand in a line for their type. A request for work has no nonce, so it can be
//! sent to the server again and again; at most so many of one type are there at once, and thousands
//! of idle tabs do not poll it. Who has asked in vain goes to the end of the line; a request that
//! brought work makes room for the next at once. When the server cannot be reached everybody stays in
//! line, and it is tried again after a while.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Number of a request for work that waits, chosen by the driver.
pub type Ticket = u64;

/// Number of one attempt to get it answered.
pub type PollNumber = u64;

/// How long a request waits at most.
pub const PATIENCE: Duration = Duration::from_mins(4);

/// The first and the longest pause after the server was not reached.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled {
    /// There was no work.
    Nothing,
    /// Work, or an answer that concerns who asked.
    Answered,
    /// The server was not reached.
    Lost,
}

/// What the driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the request with this ticket to the server.
    Poll {
        /// Whose.
        ticket: Ticket,
        /// The number to come back with.
        number: PollNumber,
    },
    /// Tell who waits with this ticket that there is no work.
    Nothing(Ticket),
}

#[derive(Debug)]
struct Wait {
    kind: String,
    until: Duration,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Ticket>,
    /// How many requests are at the server, those included that nobody waits for any more.
    open: usize,
    pause: Option<Pause>,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    until: Duration,
    length: Duration,
}

/// The lines: see the module.
#[derive(Debug)]
pub struct Queue {
    /// How many requests of one type may be at the server.
    limit: usize,
    lines: BTreeMap<String, Line>,
    waits: BTreeMap<Ticket, Wait>,
    polls: BTreeMap<PollNumber, (Ticket, String)>,
    next: PollNumber,
}

impl Queue {
    /// Empty lines; `limit` requests of one type may be at the server at once.
    pub fn new(limit: usize) -> Self {
        let (lines, waits, polls) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { limit: limit.max(1), lines, waits, polls, next: 0 }
    }

    /// Somebody of the type `kind` waits for work.
    pub fn wait(&mut self, now: Duration, ticket: Ticket, kind: &str) -> Vec<Step> {
        self.waits.insert(ticket, Wait { kind: kind.to_owned(), until: now + PATIENCE });
        self.lines.entry(kind.to_owned()).or_default().waiting.push_back(ticket);
        self.pump(now, kind)
    }

    /// Nobody waits with this ticket any more. The attempt that is at the server, if there is one:
    /// it ends as it ends, or the driver ends it.
    pub fn withdraw(&mut self, ticket: Ticket) -> Option<PollNumber> {
        let wait = self.waits.remove(&ticket)?;
        if let Some(line) = self.lines.get_mut(&wait.kind) {
            line.waiting.retain(|waiting| *waiting != ticket);
        }
        self.forget_empty(&wait.kind);
        let polls = self.polls.iter();
        polls.filter(|(_, (asked, _))| *asked == ticket).map(|(number, _)| *number).next()
    }

    /// An attempt has ended. Whether somebody still waits for what it brought, and what is next.
    pub fn ended(
        &mut self,
        now: Duration,
        number: PollNumber,
        polled: Polled,
    ) -> (Option<Ticket>, Vec<Step>) {
        let Some((ticket, kind)) = self.polls.remove(&number) else { return (None, Vec::new()) };
        let line = self.lines.entry(kind.clone()).or_default();
        line.open = line.open.saturating_sub(1);
        let mut steps = Vec::new();
        let until = self.waits.get(&ticket).map(|wait| wait.until);
        match polled {
            Polled::Answered => {
                line.pause = None;
                self.waits.remove(&ticket);
            }
            Polled::Nothing => {
                line.pause = None;
                match until {
                    Some(until) if until <= now => {
                        self.waits.remove(&ticket);
                        steps.push(Step::Nothing(ticket));
                    }
                    Some(_) => line.waiting.push_back(ticket),
                    None => {}
                }
            }
            Polled::Lost => {
                line.pause = Some(Pause::after(now, line.pause));
                if until.is_some() {
                    line.waiting.push_front(ticket);
                }
            }
        }
        steps.extend(self.pump(now, &kind));
        self.forget_empty(&kind);
        let waits = until.filter(|_| polled == Polled::Answered);
        (waits.map(|_| ticket), steps)
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Duration) -> Vec<Step> {
        let is_over =
            |ticket: &Ticket| self.waits.get(ticket).is_some_and(|wait| wait.until <= now);
        let standing = self.lines.values().flat_map(|line| &line.waiting);
        let over: Vec<Ticket> = standing.filter(|ticket| is_over(ticket)).copied().collect();
        for ticket in &over {
            self.withdraw(*ticket);
        }
        let mut steps: Vec<Step> = over.into_iter().map(Step::Nothing).collect();
        for kind in self.lines.keys().cloned().collect::<Vec<_>>() {
            steps.extend(self.pump(now, &kind));
        }
        steps
    }

    /// When something is due.
    pub fn due(&self) -> Option<Duration> {
        let standing = self.lines.values().flat_map(|line| &line.waiting);
        let over = standing.filter_map(|ticket| Some(self.waits.get(ticket)?.until));
        let waiting = self.lines.values().filter(|line| !line.waiting.is_empty());
        over.chain(waiting.filter_map(|line| Some(line.pause?.until))).min()
    }

    /// How many wait, those included whose request is at the server.
    pub fn waiting(&self) -> usize {
        self.waits.len()
    }

    /// How many requests are at the server.
    pub fn open(&self) -> usize {
        self.polls.len()
    }

    fn pump(&mut self, now: Duration, kind: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        let Some(line) = self.lines.get_mut(kind) else { return steps };
        if line.pause.is_some_and(|pause| pause.until > now) {
            return steps;
        }
        // after a pause one goes ahead, to see whether the server is back
        let limit = if line.pause.is_some() { 1 } else { self.limit };
        while line.open < limit
            && let Some(ticket) = line.waiting.pop_front()
        {
            line.open += 1;
            self.next += 1;
            self.polls.insert(self.next, (ticket, kind.to_owned()));
            steps.push(Step::Poll { ticket, number: self.next });
        }
        steps
    }

    fn forget_empty(&mut self, kind: &str) {
        let is_empty =
            |line: &Line| line.open == 0 && line.waiting.is_empty() && line.pause.is_none();
        if self.lines.get(kind).is_some_and(is_empty) {
            self.lines.remove(kind);
        }
    }
}

impl Pause {
    fn after(now: Duration, last: Option<Self>) -> Self {
        let length = match last {
            // several that were lost together are one failure
            Some(last) if last.until > now => return last,
            Some(last) => (last.length * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        Self { until: now + length, length }
    }
}

#[cfg(test)]
mod tests;
