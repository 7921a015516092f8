//! A user of the colony: joins, submits processes, follows them, leaves.
//!
//! The page's run form works through one of these, so it needs no slot. The key is generated; the
//! owner's key adds the user and signs its farewell, then it is forgotten. A submitted process is
//! read with a growing delay; one that takes longer than a second is followed besides, over sockets
//! (one per final state, since a server may crash on several subscriptions on one).

mod call;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use webpool_colony::request::{AddUser, CancelProcess, RemoveUser};
use webpool_colony::types::User;
use webpool_colony::{Advice, Error, FunctionSpec, PrivateKey, Request};
use webpool_wire::link::RefusalCode;

use crate::backoff::Backoff;
use crate::clock::Now;
use crate::event::{Reply, Trouble};
use crate::requests::{RequestId, Requests};

pub use call::CallState;
use call::{Call, Step};

/// How many requests may be open: executors need the browser's connections too.
const MAX_OPEN: usize = 3;

/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// What a client is made from.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The colony.
    pub colony: String,
    /// What the user's name begins with.
    pub name: String,
    /// The user's own key.
    pub key: PrivateKey,
    /// The key that signs joining and leaving: the colony owner's, forgotten once joined, or behind
    /// a gateway the user's own.
    pub owner_key: PrivateKey,
}

/// What happens to a client.
#[derive(Clone, Debug)]
pub enum ClientEvent {
    /// Begin: join.
    Start,
    /// A request came to an end.
    Replied {
        /// Which.
        id: RequestId,
        /// With what.
        reply: Reply,
    },
    /// The time asked for has come.
    Woke,
    /// Submit this.
    Submit {
        /// Chosen by the page.
        ticket: u32,
        /// What to run.
        spec: Box<FunctionSpec>,
    },
    /// Call a submitted process off.
    Cancel {
        /// Of the submission.
        ticket: u32,
    },
    /// Something happened to a followed process.
    Hint {
        /// Which.
        process_id: String,
    },
    /// The gateway will not let us in: its reason, and its sentence.
    Barred {
        /// Which reason.
        code: RefusalCode,
        /// One sentence.
        reason: String,
    },
    /// The gateway has taken us off.
    Dismissed {
        /// One sentence.
        reason: String,
    },
    /// Leave.
    Stop,
}

/// What a client wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientCommand {
    /// Post this and bring the reply back.
    Send {
        /// Its number.
        id: RequestId,
        /// The body.
        body: String,
        /// After this the reply counts as lost.
        timeout: Duration,
    },
    /// Send [`ClientEvent::Woke`] at this `mono` time (replaces an earlier wish).
    WakeAt(Duration),
    /// Tell when something happens to this process; each body wants a socket of its own.
    Follow {
        /// Which.
        process_id: String,
        /// The signed subscriptions.
        bodies: Vec<String>,
    },
    /// No need to follow any more.
    Unfollow {
        /// Which.
        process_id: String,
    },
    /// Tell the page.
    Report(ClientReport),
}

/// What a client tells.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientReport {
    /// The server knows it now.
    Joined {
        /// Its id.
        id: webpool_colony::Id,
        /// Its name.
        name: String,
    },
    /// Where a submission stands.
    Call {
        /// Of the submission.
        ticket: u32,
        /// Empty until the server has accepted it.
        process_id: String,
        /// Where it stands.
        state: CallState,
    },
    /// It cannot join; all submissions are refused.
    Failed(Trouble, String),
    /// It has left; the last word.
    Left,
}

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Join,
    Call(u32),
    Cancel(u32),
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Joining { retry_at: Option<Duration> },
    Joined,
    Leaving,
    Ended,
}

/// The user: see the module.
#[derive(Debug)]
pub struct Client {
    settings: ClientSettings,
    owner_key: Option<PrivateKey>,
    name: String,
    farewell: String,
    phase: Phase,
    calls: BTreeMap<u32, Call>,
    requests: Requests<Purpose>,
    reconnect: Backoff,
    wake_at: Option<Duration>,
    out: Vec<ClientCommand>,
}

impl Client {
    /// Makes a client that has not begun yet. `seed` spreads its retries.
    pub fn new(settings: ClientSettings, seed: u64) -> Self {
        let id = settings.key.id();
        let short = id.as_str().get(..8).unwrap_or_default();
        let name = format!("{}-page-{short}", settings.name);
        let request = RemoveUser { colonyname: settings.colony.clone(), name: name.clone() };
        let farewell = request.seal(&settings.owner_key);
        Self {
            owner_key: Some(settings.owner_key.clone()),
            name,
            farewell,
            phase: Phase::New,
            calls: BTreeMap::new(),
            requests: Requests::default(),
            reconnect: Backoff::new(Duration::from_millis(500), Duration::from_secs(10), seed),
            wake_at: None,
            out: Vec::new(),
            settings,
        }
    }

    /// The colony.
    pub fn colony(&self) -> &str {
        &self.settings.colony
    }

    /// The signed request that makes the user leave, at any time and by anybody's hand: to be put
    /// into safe hands before [`ClientEvent::Start`].
    pub fn farewell(&self) -> &str {
        &self.farewell
    }

    /// Takes one event that happened at `now` and says what is to be done.
    pub fn handle(&mut self, now: Now, event: ClientEvent) -> Vec<ClientCommand> {
        if self.phase != Phase::Ended {
            self.take(now, event);
            self.advance(now);
        }
        std::mem::take(&mut self.out)
    }

    fn take(&mut self, now: Now, event: ClientEvent) {
        match event {
            ClientEvent::Start => self.join(),
            ClientEvent::Replied { id, reply } => match self.requests.close(id) {
                Some(Purpose::Join) if self.phase == Phase::Leaving => self.say_farewell(),
                Some(Purpose::Join) => self.take_joined(now, &reply),
                Some(Purpose::Call(ticket)) => self.take_call(now, ticket, &reply),
                Some(Purpose::Cancel(ticket)) => self.hurry(now, ticket),
                Some(Purpose::Leave) => {
                    self.phase = Phase::Ended;
                    self.report(ClientReport::Left);
                }
                None => {}
            },
            // what is due next is asked for again: a timer may go off a moment early
            ClientEvent::Woke => self.wake_at = None,
            ClientEvent::Submit { ticket, spec } => {
                self.calls.insert(ticket, Call::new(*spec, now.mono));
            }
            ClientEvent::Cancel { ticket } => self.cancel(ticket),
            ClientEvent::Hint { process_id } => {
                let ticket = self.calls.iter().find(|(_, call)| call.process_id == process_id);
                if let Some(ticket) = ticket.map(|(ticket, _)| *ticket) {
                    self.hurry(now, ticket);
                }
            }
            ClientEvent::Barred { code, reason } => self.be_over(Trouble::Barred(code), &reason),
            ClientEvent::Dismissed { reason } => self.be_over(Trouble::Refused, &reason),
            ClientEvent::Stop => self.leave(),
        }
    }

    /// Sends whatever is due and plans the next look.
    fn advance(&mut self, now: Now) {
        match self.phase {
            Phase::Joining { retry_at: Some(at) } if at <= now.mono => self.join(),
            Phase::Joined => self.advance_calls(now),
            Phase::New | Phase::Joining { .. } | Phase::Leaving | Phase::Ended => {}
        }
        let join = match self.phase {
            Phase::Joining { retry_at } => retry_at,
            Phase::New | Phase::Joined | Phase::Leaving | Phase::Ended => None,
        };
        // what is due already waits for a connection: the next reply brings it on
        let calls = self.calls.values().filter_map(Call::next_due).filter(|due| *due > now.mono);
        let next = calls.filter(|_| self.phase == Phase::Joined).chain(join).min();
        if next != self.wake_at {
            self.wake_at = next;
            self.out.extend(next.map(ClientCommand::WakeAt));
        }
    }

    fn advance_calls(&mut self, now: Now) {
        let room = MAX_OPEN.saturating_sub(self.calls.values().filter(|c| c.is_open).count());
        let mut due: Vec<_> = self.calls.iter().filter(|(_, call)| call.is_due(now.mono)).collect();
        due.sort_by_key(|(_, call)| call.due);
        let due: Vec<u32> = due.into_iter().take(room).map(|(ticket, _)| *ticket).collect();
        for ticket in due {
            let key = self.settings.key.clone();
            let Some(call) = self.calls.get_mut(&ticket) else { continue };
            let body = call.to_body(&key);
            call.step_begins();
            self.out.extend(call.follow(now.mono, &key));
            self.send(Purpose::Call(ticket), body);
        }
    }

    fn join(&mut self) {
        let Some(owner) = self.owner_key.clone() else { return };
        self.phase = Phase::Joining { retry_at: None };
        let user = User {
            colonyname: self.settings.colony.clone(),
            userid: self.settings.key.id(),
            name: self.name.clone(),
            ..User::default()
        };
        let body = AddUser { user: Some(user) }.seal(&owner);
        self.send(Purpose::Join, body);
    }

    fn take_joined(&mut self, now: Now, reply: &Reply) {
        match reply.read_with(AddUser::read) {
            Ok(_) => self.be_joined(),
            Err(error) if error.is_already_there() => self.be_joined(),
            Err(error) => match error.advice() {
                Advice::Retry => {
                    let retry_at = Some(now.mono + self.reconnect.next_delay());
                    self.phase = Phase::Joining { retry_at };
                }
                Advice::Drop | Advice::Stop => self.fail(&error),
            },
        }
    }

    fn be_joined(&mut self) {
        self.owner_key = None;
        self.settings.owner_key = self.settings.key.clone();
        self.phase = Phase::Joined;
        let (id, name) = (self.settings.key.id(), self.name.clone());
        self.report(ClientReport::Joined { id, name });
    }

    fn fail(&mut self, error: &Error) {
        let trouble = if error.is_colony_unknown() { Trouble::NoColony } else { Trouble::Refused };
        self.be_over(trouble, &error.to_string());
    }

    fn be_over(&mut self, trouble: Trouble, reason: &str) {
        for ticket in self.calls.keys().copied().collect::<Vec<_>>() {
            self.settle(ticket, CallState::Refused { reason: reason.to_owned() });
        }
        self.phase = Phase::Ended;
        self.report(ClientReport::Failed(trouble, reason.to_owned()));
    }

    fn leave(&mut self) {
        for call in std::mem::take(&mut self.calls).into_values() {
            if call.is_followed() {
                self.unfollow(call.process_id);
            }
        }
        match self.phase {
            Phase::New => {
                self.phase = Phase::Ended;
                self.report(ClientReport::Left);
            }
            // a farewell that overtakes the joining would be undone by it
            Phase::Joining { .. } if self.requests.any(|purpose| *purpose == Purpose::Join) => {
                self.phase = Phase::Leaving;
            }
            Phase::Joining { .. } | Phase::Joined => self.say_farewell(),
            Phase::Leaving | Phase::Ended => {}
        }
    }

    fn say_farewell(&mut self) {
        self.phase = Phase::Leaving;
        self.send(Purpose::Leave, self.farewell.clone());
    }

    fn send(&mut self, purpose: Purpose, body: String) {
        let id = self.requests.open(purpose);
        self.out.push(ClientCommand::Send { id, body, timeout: REQUEST_TIMEOUT });
    }

    fn report(&mut self, report: ClientReport) {
        self.out.push(ClientCommand::Report(report));
    }

    fn unfollow(&mut self, process_id: String) {
        self.out.push(ClientCommand::Unfollow { process_id });
    }

    /// Tells the end of a submission and forgets it.
    fn settle(&mut self, ticket: u32, state: CallState) {
        if let Some(call) = self.calls.remove(&ticket) {
            if call.is_followed() {
                self.unfollow(call.process_id.clone());
            }
            let process_id = call.process_id;
            self.report(ClientReport::Call { ticket, process_id, state });
        }
    }

    fn cancel(&mut self, ticket: u32) {
        let Some(call) = self.calls.get_mut(&ticket) else { return };
        match call.step {
            Step::Submit if !call.is_open => self.settle(ticket, CallState::Cancelled),
            // its answer is on the way: it is called off as soon as it has an id
            Step::Submit => call.wants_cancel = true,
            Step::Watch => self.send_cancel(ticket),
        }
    }

    fn send_cancel(&mut self, ticket: u32) {
        let Some(call) = self.calls.get(&ticket) else { return };
        let request = CancelProcess { processid: call.process_id.clone() };
        let body = request.seal(&self.settings.key);
        self.send(Purpose::Cancel(ticket), body);
    }
}
