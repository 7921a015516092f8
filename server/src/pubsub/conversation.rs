//! One connection, from its first frame to its end.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use tokio::time::{Instant, interval_at, sleep_until, timeout};
use webpool_broker::{Broker, Event, Subscription};
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use super::queue::{Inlet, Kind, Outgoing, Outlet, queue};
use super::{Limits, Shared};
use crate::connections::Place;

/// Holds a connection until either side ends it, or the server does: that is a farewell.
///
/// # Cancellation
///
/// The connection is dropped, and its subscriptions with it.
pub(super) async fn hold(mut socket: WebSocket, shared: Shared, place: Option<Place>) {
    let Shared { broker, limits, queued_bytes, .. } = shared;
    let (inlet, mut outlet) = queue(limits, queued_bytes);
    let conversation = Conversation {
        broker,
        limits,
        inlet: inlet.clone(),
        open: HashMap::new(),
        exclusive: None,
        waiting: VecDeque::new(),
        count: 0,
    };
    // A client that does not read holds up the conversation, but not its end.
    tokio::select! {
        biased;
        () = end(place.as_ref()) => say_farewell(&mut socket).await,
        () = conversation.go_on(&mut socket, &mut outlet) => {}
        () = inlet.cut() => tracing::info!("a WebSocket that is not read was cut off"),
    }
}

/// Waits for the end of the server; for ever if the connection is not one of its own.
async fn end(place: Option<&Place>) {
    match place {
        Some(place) => place.end().await,
        None => std::future::pending().await,
    }
}

/// Says that the server ends, and waits a moment for the client to have heard it.
async fn say_farewell(socket: &mut WebSocket) {
    let frame = CloseFrame { code: close_code::AWAY, reason: "the server ends".into() };
    let farewell = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    if timeout(FAREWELL, farewell).await.is_err() {
        tracing::debug!("a WebSocket did not answer the farewell");
    }
}

struct Conversation {
    broker: Broker,
    limits: Limits,
    inlet: Inlet,
    /// The subscriptions that are not over, by number.
    open: HashMap<u64, Subscription>,
    /// The one that has the connection for itself.
    exclusive: Option<u64>,
    /// Requests that wait until it is over.
    waiting: VecDeque<(Kind, Bytes)>,
    /// Numbers subscriptions.
    count: u64,
}

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// How many pings a client may leave unanswered.
const MAX_SILENCE: u32 = 3;

/// Whether there is more to come.
type IsOpen = bool;

impl Conversation {
    async fn go_on(mut self, socket: &mut WebSocket, outlet: &mut Outlet) {
        let mut pulse = interval_at(Instant::now() + self.limits.pulse, self.limits.pulse);
        let (mut silence, mut last_word) = (0, Instant::now());
        loop {
            let is_open = tokio::select! {
                message = socket.recv() => match message {
                    None | Some(Err(_)) => false,
                    Some(Ok(message)) => {
                        silence = 0;
                        if !matches!(message, Message::Ping(_) | Message::Pong(_)) {
                            last_word = Instant::now();
                        }
                        self.hear(message)
                    }
                },
                _ = pulse.tick() => {
                    silence += 1;
                    let ping = socket.send(Message::Ping(Bytes::new()));
                    silence <= MAX_SILENCE && matches!(timeout(self.limits.send, ping).await, Ok(Ok(())))
                }
                Some(outgoing) = outlet.recv() => {
                    last_word = Instant::now();
                    self.say(socket, outgoing).await
                }
                () = sleep_until(last_word + self.limits.idle), if self.open.is_empty() => false,
            };
            if !is_open {
                return;
            }
        }
    }

    /// Takes what the client says.
    fn hear(&mut self, message: Message) -> IsOpen {
        let kind = match message {
            Message::Text(_) => Kind::Text,
            Message::Binary(_) => Kind::Binary,
            // The library answers pings, and a farewell with the next look at the socket.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return true,
        };
        if self.exclusive.is_none() {
            self.begin(kind, message.into_data());
            return true;
        }
        self.waiting.push_back((kind, message.into_data()));
        self.waiting.len() <= self.limits.waiting
    }

    /// Sends what the broker says.
    async fn say(&mut self, socket: &mut WebSocket, outgoing: Outgoing) -> IsOpen {
        match &outgoing.event {
            Event::Frame(frame) => {
                let sent = socket.send(outgoing.kind.wrap(frame));
                matches!(timeout(self.limits.send, sent).await, Ok(Ok(())))
            }
            Event::Over => {
                self.end(outgoing.number);
                true
            }
            Event::Close => false,
        }
    }

    /// Begins a subscription.
    fn begin(&mut self, kind: Kind, frame: Bytes) {
        let number = self.count;
        self.count = number.saturating_add(1);
        let limit = self.limits.subscriptions;
        if self.open.len() >= limit {
            let message = format!("too many subscriptions on one connection, allowed are {limit}");
            let refusal = ReplyEnvelope::failure(&Failure { status: 429, message }).to_body();
            self.inlet.push(number, kind, Event::Frame(refusal.into()));
            return;
        }
        let inlet = self.inlet.clone();
        let sink = move |event| inlet.push(number, kind, event);
        let subscription = self.broker.subscribe(frame, Box::new(sink));
        if subscription.is_exclusive() {
            self.exclusive = Some(number);
        }
        if subscription.is_open() {
            self.open.insert(number, subscription);
        }
    }

    /// A subscription is over: what waited for it begins.
    fn end(&mut self, number: u64) {
        self.open.remove(&number);
        if self.exclusive == Some(number) {
            self.exclusive = None;
        }
        while self.exclusive.is_none()
            && let Some((kind, frame)) = self.waiting.pop_front()
        {
            self.begin(kind, frame);
        }
    }
}
