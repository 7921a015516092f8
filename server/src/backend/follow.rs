//! One subscription at a server, over a WebSocket of its own: several on one connection can bring a
//! ColonyOS server down.
//!
//! What the server says is passed on. The end of a subscription to processes is the end of its
//! WebSocket, and so of the connection it was asked for on; so is a server that goes away. A channel
//! may end in silence: a [`Marker`] behind it tells when the server is ready for the next frame.

use std::sync::Arc;

use axum::body::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::{Error, Message};
use webpool_broker::{Event, Sink};
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use super::colonies::Colonies;
use super::message::{Marker, Topic};
use super::remote::Socket;

/// A subscription. Dropping it closes its WebSocket.
#[derive(Debug)]
pub(crate) struct Following {
    /// What carries it; none if there is nothing to come.
    task: Option<AbortHandle>,
    topic: Topic,
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Following {
    /// Begins to follow what `frame` subscribes to, if there is a place left and it is `admitted`;
    /// else that is told what it says.
    pub(super) fn begin(
        colonies: Colonies,
        places: Arc<Semaphore>,
        frame: Bytes,
        sink: Sink,
        admitted: impl Future<Output = Result<(), String>> + Send + 'static,
    ) -> Self {
        let topic = Topic::of(&frame);
        let nothing = Self { task: None, topic };
        match topic {
            Topic::Nothing => return nothing,
            Topic::Unreadable => {
                sink(Event::Close);
                return nothing;
            }
            Topic::Processes | Topic::Channel => {}
        }
        let Ok(place) = places.try_acquire_owned() else {
            sink(Event::Frame(full().into()));
            return nothing;
        };
        let mut listener = Listener::new(topic, sink);
        let task = tokio::spawn(async move {
            let end = match admitted.await {
                Ok(()) => listener.listen(&colonies, &frame).await,
                Err(refusal) => {
                    (listener.sink)(Event::Frame(refusal.into()));
                    Event::Over
                }
            };
            drop(place);
            (listener.sink)(end);
        });
        Self { task: Some(task.abort_handle()), topic }
    }

    /// Whether there is anything to come.
    pub(super) fn is_open(&self) -> bool {
        self.task.is_some()
    }

    /// Whether it is about a channel, so that later frames have to wait.
    pub(super) fn is_exclusive(&self) -> bool {
        self.is_open() && self.topic == Topic::Channel
    }
}

/// What is said when all places are taken.
fn full() -> String {
    let message = "too many subscriptions at once".to_owned();
    ReplyEnvelope::failure(&Failure { status: 429, message }).to_body()
}

/// Passes on what a server says.
struct Listener {
    sink: Sink,
    /// What tells that a channel is over.
    marker: Option<Marker>,
}

impl Listener {
    fn new(topic: Topic, sink: Sink) -> Self {
        Self { sink, marker: (topic == Topic::Channel).then(Marker::new) }
    }

    /// Subscribes, and listens to the end.
    async fn listen(&mut self, colonies: &Colonies, frame: &[u8]) -> Event {
        let Ok(mut socket) = colonies.open().await else { return Event::Close };
        let marker = self.marker.as_ref().map(|marker| marker.frame.clone());
        if ask(&mut socket, frame, marker).await.is_err() {
            return Event::Close;
        }
        while let Some(Ok(message)) = socket.next().await {
            let end = match message {
                Message::Text(text) => self.hear(&text),
                Message::Binary(bytes) => self.hear(&String::from_utf8_lossy(&bytes)),
                // The library answers pings with the next look at the socket.
                Message::Ping(_) | Message::Pong(_) => None,
                Message::Close(_) | Message::Frame(_) => Some(Event::Close),
            };
            if let Some(end) = end {
                return end;
            }
        }
        Event::Close
    }

    /// Passes a frame on; what ends with it, if it is the last. A refusal is, and so is what the
    /// marker is met with.
    fn hear(&mut self, frame: &str) -> Option<Event> {
        let reply: ReplyEnvelope = serde_json::from_str(frame).unwrap_or_default();
        let is_marked = self.marker.as_ref().is_some_and(|marker| marker.is_met(&reply));
        if !is_marked {
            (self.sink)(Event::Frame(frame.into()));
        }
        reply.error.then_some(Event::Over)
    }
}

/// Sends a frame, and the marker that belongs behind it.
async fn ask(socket: &mut Socket, frame: &[u8], marker: Option<String>) -> Result<(), Error> {
    socket.feed(Message::text(String::from_utf8_lossy(frame).into_owned())).await?;
    if let Some(marker) = marker {
        socket.feed(Message::text(marker)).await?;
    }
    socket.flush().await
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::mpsc::channel;

    use webpool_colony::PrivateKey;
    use webpool_colony::request::{GetProcess, Request, SubscribeChannel, SubscribeProcess};

    use super::*;

    /// What is said at once about a frame that does not get a WebSocket.
    fn check(frame: &str, expected: &[Event]) {
        let colonies = Colonies::new(Vec::new()).unwrap();
        let (said, events) = channel();
        let sink = move |event| drop(said.send(event));
        let places = Arc::new(Semaphore::new(0));
        let frame = Bytes::from(frame.to_owned());
        let following = Following::begin(colonies, places, frame, Box::new(sink), ready(Ok(())));
        assert!(!following.is_open() && !following.is_exclusive());
        assert_eq!(events.try_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn frames_without_a_place_or_a_meaning() {
        let key = PrivateKey::generate();
        let refusal = Event::Frame(full().into());
        assert!(full().contains(r#""error":true"#));
        check(&SubscribeProcess::default().seal(&key), std::slice::from_ref(&refusal));
        check(&SubscribeChannel::default().seal(&key), &[refusal]);
        check(&GetProcess::default().seal(&key), &[]);
        check("nonsense", &[Event::Close]);
    }
}
