//! One connection, from its first frame to its end.
//!
//! A long message is sent in fragments, each as soon as the client has made room: a slow client is
//! waited for, and takes no copy of what it has not read. Between two fragments the client is heard.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, interval_at, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use super::queue::{Inlet, Kind, Outgoing, Outlet};
use super::{Limits, Shared};
use crate::backend::{Event, Subscription};
use crate::connections::Place;
use crate::front::Front;
use crate::upgrade::Io;

/// A connection that has become a WebSocket.
pub(super) type Socket = WebSocketStream<Io>;

/// Holds a connection until either side ends it, or the server does: that is a farewell.
///
/// # Cancellation
///
/// The connection is dropped, and its subscriptions with it.
pub(super) async fn hold(mut socket: Socket, shared: Shared, place: Option<Place>) {
    let Shared { front, limits, queues, .. } = shared;
    let (inlet, outlet) = queues.open(limits);
    let conversation = Conversation {
        front,
        limits,
        inlet,
        open: HashMap::new(),
        exclusive: None,
        waiting: VecDeque::new(),
        count: 0,
        sent: 0,
    };
    // A client that does not read holds up the conversation, but not its end.
    tokio::select! {
        biased;
        () = Place::end_of(place.as_ref()) => say_farewell(&mut socket).await,
        () = conversation.go_on(&mut socket, &outlet) => {}
        () = outlet.cut() => tracing::info!("a WebSocket that is not read was cut off"),
    }
}

/// Says that the server ends, and waits a moment for the client to have heard it.
async fn say_farewell(socket: &mut Socket) {
    let frame = CloseFrame { code: CloseCode::Away, reason: "the server ends".into() };
    let farewell = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    if timeout(FAREWELL, farewell).await.is_err() {
        tracing::debug!("a WebSocket did not answer the farewell");
    }
}

struct Conversation {
    front: Front,
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
    /// How much of the message under way was sent, in bytes.
    sent: usize,
}

/// The longest fragment, in bytes.
const FRAGMENT_BYTES: usize = 64 << 10;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// How many pings a client may leave unanswered.
const MAX_SILENCE: u32 = 3;

/// Whether there is more to come.
type IsOpen = bool;

impl Conversation {
    async fn go_on(mut self, socket: &mut Socket, outlet: &Outlet) {
        let mut pulse = interval_at(Instant::now() + self.limits.pulse, self.limits.pulse);
        let (mut silence, mut last_word) = (0, Instant::now());
        loop {
            let is_open = tokio::select! {
                message = socket.next() => match message {
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
                    silence <= MAX_SILENCE && socket.send(Message::Ping(Bytes::new())).await.is_ok()
                }
                outgoing = outlet.next() => {
                    let is_open = self.say(socket, &outgoing, outlet).await;
                    last_word = Instant::now();
                    if self.sent > 0 {
                        // In the middle of a message an answer to a ping comes late: it is behind.
                        silence = 0;
                    }
                    is_open
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
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
                return true;
            }
        };
        if self.exclusive.is_none() {
            self.begin(kind, message.into_data());
            return true;
        }
        self.waiting.push_back((kind, message.into_data()));
        self.waiting.len() <= self.limits.waiting
    }

    /// Sends what the backend says, or the next fragment of it.
    async fn say(&mut self, socket: &mut Socket, outgoing: &Outgoing, outlet: &Outlet) -> IsOpen {
        match &outgoing.event {
            Event::Frame(frame) => {
                let fragment = fragment(outgoing.kind, frame.as_bytes(), self.sent);
                let is_whole = fragment.header().is_final;
                let sent = self.sent.saturating_add(fragment.payload().len());
                self.sent = if is_whole { 0 } else { sent };
                if is_whole {
                    outlet.was_sent();
                }
                socket.send(Message::Frame(fragment)).await.is_ok()
            }
            Event::Over => {
                outlet.was_sent();
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
        let subscription = self.front.subscribe(frame, Box::new(sink));
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

/// What follows the first `sent` bytes of a message.
fn fragment(kind: Kind, message: &[u8], sent: usize) -> Frame {
    let rest = message.get(sent..).unwrap_or_default();
    let (part, rest) = rest.split_at_checked(FRAGMENT_BYTES).unwrap_or((rest, &[]));
    let data = match kind {
        _ if sent > 0 => Data::Continue,
        Kind::Text => Data::Text,
        Kind::Binary => Data::Binary,
    };
    Frame::message(Bytes::copy_from_slice(part), OpCode::Data(data), rest.is_empty())
}
