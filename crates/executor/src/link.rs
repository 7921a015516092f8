//! The second way to a server: one socket to a gateway that lets strangers in.
//!
//! A [`Link`] carries what a machine sends, and brings back what comes, over a socket that may break
//! at any time. It answers the gateway's challenge with a signed [`Hello`], comes back by itself
//! after a delay, and proves itself again; what was under way when the socket broke is lost, as with
//! a broken connection of the other way, so the machine does not know which way it uses. What is
//! followed is followed again. As everywhere here: no IO, no clock.

mod silence;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use webpool_colony::Envelope;
use webpool_wire::link::{
    self, Challenge, FromGateway, Hello, RefusalCode, Refused, ToGateway, Welcome,
};

use crate::backoff::Backoff;
use crate::event::Reply;
use crate::requests::RequestId;
use silence::Silence;
pub use words::{LinkCommand, LinkSettings};

/// How long it may take until the gateway has let us in.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// The first and the longest delay before the socket is opened again.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// No socket; if `held` is there, nothing is tried before the time has come.
    Down {
        retry_at: Option<Duration>,
        held: Option<String>,
    },
    /// A socket that has to get somewhere by then.
    Greeting {
        until: Duration,
    },
    /// With what is known of its silence, where the gateway is never silent for long.
    Open {
        silence: Option<Silence>,
    },
    Over,
}

#[derive(Clone, Debug)]
struct Pending {
    /// The body, until there is a socket for it.
    unsent: Option<String>,
    until: Duration,
}

/// The link: see the module.
#[derive(Debug)]
pub struct Link {
    settings: LinkSettings,
    state: State,
    pending: BTreeMap<RequestId, Pending>,
    follows: BTreeMap<String, Vec<String>>,
    was_open: bool,
    /// The build that the gateway serves, if it is not ours.
    other_build: Option<String>,
    reconnect: Backoff,
    wake_at: Option<Duration>,
    out: Vec<LinkCommand>,
}

impl Link {
    /// Makes a link without a socket; the first request opens one. `seed` spreads its retries.
    pub fn new(settings: LinkSettings, seed: u64) -> Self {
        Self {
            settings,
            state: State::Down { retry_at: None, held: None },
            pending: BTreeMap::new(),
            follows: BTreeMap::new(),
            was_open: false,
            other_build: None,
            reconnect: Backoff::new(FIRST_DELAY, LONGEST_DELAY, seed),
            wake_at: None,
            out: Vec::new(),
        }
    }

    /// Sends a signed request; its reply counts as lost after `timeout`.
    pub fn send(
        &mut self,
        now: Duration,
        id: RequestId,
        body: String,
        timeout: Duration,
    ) -> Vec<LinkCommand> {
        let until = now + timeout;
        self.pending.insert(id, Pending { unsent: None, until });
        match &self.state {
            State::Open { .. } => self.transmit(&ToGateway::Request { id: id.to_number(), body }),
            State::Down { held: Some(reason), .. } => self.lose(id, &reason.clone()),
            State::Over => self.lose(id, "the link has ended"),
            State::Down { held: None, .. } | State::Greeting { .. } => {
                self.pending.insert(id, Pending { unsent: Some(body), until });
                if !matches!(self.state, State::Greeting { .. }) {
                    self.connect(now);
                }
            }
        }
        self.finish(now)
    }

    /// Nobody waits for the reply any more.
    pub fn abort(&mut self, now: Duration, id: RequestId) -> Vec<LinkCommand> {
        if self.pending.remove(&id).is_some() && self.is_open() {
            self.transmit(&ToGateway::Abort { id: id.to_number() });
        }
        self.finish(now)
    }

    /// Follows a process, with one signed subscription or more.
    pub fn follow(
        &mut self,
        now: Duration,
        process_id: String,
        bodies: Vec<String>,
    ) -> Vec<LinkCommand> {
        if self.is_open() {
            self.transmit_follow(&process_id, &bodies);
        }
        self.follows.insert(process_id, bodies);
        self.finish(now)
    }

    /// Follows a process no longer.
    pub fn unfollow(&mut self, now: Duration, process_id: String) -> Vec<LinkCommand> {
        if self.follows.remove(&process_id).is_some() && self.is_open() {
            self.transmit(&ToGateway::Unfollow { process_id });
        }
        self.finish(now)
    }

    /// A frame has come.
    pub fn hear(&mut self, now: Duration, frame: &str) -> Vec<LinkCommand> {
        if let State::Open { silence: Some(silence) } = &mut self.state {
            silence.end(now);
        }
        match serde_json::from_str(frame) {
            Ok(frame) => self.take(now, frame),
            Err(error) => self.break_off(now, &format!("the gateway said nonsense: {error}")),
        }
        self.finish(now)
    }

    /// The socket has closed, or could not be opened.
    pub fn close(&mut self, now: Duration, reason: &str) -> Vec<LinkCommand> {
        if matches!(self.state, State::Greeting { .. } | State::Open { .. }) {
            self.go_down(now, reason);
        }
        self.finish(now)
    }

    /// The time asked for has come.
    pub fn wake(&mut self, now: Duration) -> Vec<LinkCommand> {
        // what is due next is asked for again: a timer may go off a moment early
        self.wake_at = None;
        let late: Vec<RequestId> =
            self.pending.iter().filter(|(_, p)| p.until <= now).map(|(id, _)| *id).collect();
        let is_silent = match &mut self.state {
            State::Open { silence: Some(silence) } => silence.is_over(now),
            State::Open { silence: None }
            | State::Down { .. }
            | State::Greeting { .. }
            | State::Over => false,
        };
        match self.state {
            State::Greeting { until } if until <= now => {
                self.break_off(now, "the gateway did not answer in time");
            }
            State::Open { .. } if !late.is_empty() => {
                self.break_off(now, "no answer in time");
            }
            State::Open { .. } if is_silent => {
                self.break_off(now, "the gateway has fallen silent");
            }
            State::Down { retry_at: Some(at), .. } if at <= now => self.connect(now),
            State::Down { .. } | State::Greeting { .. } | State::Open { .. } | State::Over => {}
        }
        for id in late {
            self.lose(id, "no answer in time");
        }
        self.finish(now)
    }

    fn finish(&mut self, now: Duration) -> Vec<LinkCommand> {
        let own = match &self.state {
            State::Down { retry_at, .. } => *retry_at,
            State::Greeting { until } => Some(*until),
            State::Open { silence } => silence.as_ref().map(Silence::look_at),
            State::Over => None,
        };
        let next = self.pending.values().map(|pending| pending.until).chain(own).min();
        let next = next.map(|at| at.max(now));
        if next != self.wake_at {
            self.wake_at = next;
            self.out.extend(next.map(LinkCommand::WakeAt));
        }
        std::mem::take(&mut self.out)
    }

    fn take(&mut self, now: Duration, frame: FromGateway) {
        match (frame, &self.state) {
            (FromGateway::Challenge(challenge), State::Greeting { .. }) => self.greet(&challenge),
            (FromGateway::Welcome(welcome), State::Greeting { .. }) => self.be_open(now, welcome),
            (FromGateway::Refused(refused), State::Greeting { .. }) => {
                self.be_refused(now, refused);
            }
            (FromGateway::Reply { id, status, body }, State::Open { .. }) => {
                let id = RequestId::from_number(id);
                if self.pending.remove(&id).is_some() {
                    let reply = Reply::new(status, body.into_bytes());
                    self.out.push(LinkCommand::Replied { id, reply });
                }
            }
            (FromGateway::Hint { process_id }, State::Open { .. }) => {
                self.out.push(LinkCommand::Hint(process_id));
            }
            (FromGateway::FollowEnded { process_id }, State::Open { .. }) => {
                self.follows.remove(&process_id);
                self.out.push(LinkCommand::FollowEnded(process_id));
            }
            (FromGateway::Build { build }, State::Open { .. }) => self.compare(&build),
            (FromGateway::Leave { reason }, State::Open { .. }) => {
                self.end(LinkCommand::Dismissed(reason.clone()), &reason);
            }
            // nothing else belongs here; what a frame of a socket that is given up says is not heard
            (_, State::Greeting { .. } | State::Open { .. }) => {
                self.break_off(now, "the gateway spoke out of turn");
            }
            (_, State::Down { .. } | State::Over) => {}
        }
    }

    fn greet(&mut self, challenge: &Challenge) {
        if challenge.version != link::VERSION {
            let reason = format!(
                "This page speaks version {} of the link, the server version {}: reload the page.",
                link::VERSION,
                challenge.version
            );
            return self.be_barred(RefusalCode::TooOld, &reason);
        }
        let LinkSettings { key, host, token, visit, role, build } = &self.settings;
        let hello = Hello {
            nonce: challenge.nonce.clone(),
            host: host.clone(),
            token: token.clone(),
            visit: visit.clone(),
            role: *role,
            build: build.clone(),
        };
        let payload = serde_json::to_string(&hello).unwrap_or_default();
        let body = Envelope::sign(link::HELLO_TYPE, &payload, key).to_body();
        self.compare(&challenge.build);
        self.transmit(&ToGateway::Hello { body });
    }

    /// Tells when the gateway begins or ceases to serve another build; a server that cannot say
    /// which one it serves says nothing.
    fn compare(&mut self, build: &str) {
        let is_other = !build.is_empty() && build != self.settings.build;
        let other = is_other.then(|| build.to_owned());
        if self.other_build != other {
            self.other_build.clone_from(&other);
            self.out.push(LinkCommand::OtherBuild(other));
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    fn be_open(&mut self, now: Duration, welcome: Welcome) {
        let limit = welcome.silent_after_s.map(|s| Duration::from_secs(s.max(1).into()));
        let silence = limit.map(|limit| Silence::new(now, limit));
        self.state = State::Open { silence };
        self.reconnect.reset();
        self.out.push(LinkCommand::Welcomed(welcome));
        let unsent =
            |(id, pending): (&RequestId, &mut Pending)| Some((*id, pending.unsent.take()?));
        for (id, body) in self.pending.iter_mut().filter_map(unsent).collect::<Vec<_>>() {
            self.transmit(&ToGateway::Request { id: id.to_number(), body });
        }
        let is_back = std::mem::replace(&mut self.was_open, true);
        for (process_id, bodies) in self.follows.clone() {
            self.transmit_follow(&process_id, &bodies);
            // it may have happened while nobody listened
            self.out.extend(is_back.then_some(LinkCommand::Hint(process_id)));
        }
    }

    fn be_refused(&mut self, now: Duration, refused: Refused) {
        let Refused { code, reason, retry_after_s } = refused;
        if !code.is_passing() {
            return self.be_barred(code, &reason);
        }
        self.out.push(LinkCommand::Disconnect);
        self.go_down(now, &reason);
        let wait = retry_after_s.map(|s| Duration::from_secs(u64::from(s)));
        if let State::Down { retry_at, held } = &mut self.state {
            *retry_at = (*retry_at).max(wait.map(|wait| now + wait));
            *held = Some(reason);
        }
    }

    fn be_barred(&mut self, code: RefusalCode, reason: &str) {
        self.end(LinkCommand::Barred(code, reason.to_owned()), reason);
    }

    /// Nothing will come any more. The last word comes before what is lost by it, which would look
    /// like a server that is out of reach.
    fn end(&mut self, last: LinkCommand, reason: &str) {
        self.state = State::Over;
        self.out.extend([LinkCommand::Disconnect, last]);
        self.lose_all(reason);
    }

    fn connect(&mut self, now: Duration) {
        self.state = State::Greeting { until: now + GREETING_TIMEOUT };
        self.out.push(LinkCommand::Connect);
    }

    fn break_off(&mut self, now: Duration, reason: &str) {
        if matches!(self.state, State::Greeting { .. } | State::Open { .. }) {
            self.out.push(LinkCommand::Disconnect);
            self.go_down(now, reason);
        }
    }

    fn go_down(&mut self, now: Duration, reason: &str) {
        let retry_at = Some(now + self.reconnect.next_delay());
        self.state = State::Down { retry_at, held: None };
        self.lose_all(reason);
    }

    fn lose_all(&mut self, reason: &str) {
        for id in self.pending.keys().copied().collect::<Vec<_>>() {
            self.lose(id, reason);
        }
    }

    fn lose(&mut self, id: RequestId, reason: &str) {
        if self.pending.remove(&id).is_some() {
            let reply = Reply::Lost { reason: reason.to_owned() };
            self.out.push(LinkCommand::Replied { id, reply });
        }
    }

    fn transmit_follow(&mut self, process_id: &str, bodies: &[String]) {
        for body in bodies {
            let (process_id, body) = (process_id.to_owned(), body.clone());
            self.transmit(&ToGateway::Follow { process_id, body });
        }
    }

    fn transmit(&mut self, frame: &ToGateway) {
        let text = serde_json::to_string(frame).unwrap_or_default();
        self.out.push(LinkCommand::Transmit(text));
    }
}

#[cfg(test)]
mod tests;
