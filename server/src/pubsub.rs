//! The broker's WebSocket: `GET /pubsub`.
//!
//! Every text or binary frame is an envelope for the broker; what comes back is sent as a frame of
//! the same kind. When the broker says so the connection is dropped without a close frame, as a
//! ColonyOS server does at the end of a subscription; and so it is when a client asks for too many
//! subscriptions, asks for none, or does not read what it gets.

use std::pin::pin;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::http::header::SEC_WEBSOCKET_VERSION;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::mpsc;
use webpool_broker::{Broker, Event, Subscription};

use crate::api::Shared;
use crate::connections::Place;
use crate::limits::Limits;

/// Turns the connection into a WebSocket, or says that it must be one.
pub(crate) async fn open(
    State(Shared { broker, limits, .. }): State<Shared>,
    place: Option<Extension<Place>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let version = [(SEC_WEBSOCKET_VERSION, "13")];
        return (StatusCode::BAD_REQUEST, version, "Bad Request\n").into_response();
    };
    let upgrade = upgrade.max_message_size(limits.frame_bytes).max_frame_size(limits.frame_bytes);
    upgrade.on_upgrade(async move |socket| {
        run(socket, &broker, limits).await;
        drop(place);
    })
}

/// What frames are answered with.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Binary,
}

impl Kind {
    fn wrap(self, frame: String) -> Message {
        match self {
            Self::Text => Message::Text(frame.into()),
            Self::Binary => Message::Binary(frame.into()),
        }
    }
}

type Sender = mpsc::Sender<(Kind, Event)>;

async fn run(mut socket: WebSocket, broker: &Broker, limits: Limits) {
    let (sender, mut events) = mpsc::channel(limits.events);
    let mut subscriptions: Vec<Subscription> = Vec::new();
    let mut patience = pin!(tokio::time::sleep(limits.headers));
    loop {
        let is_open = tokio::select! {
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => false,
                Some(Ok(message)) => {
                    subscriptions.extend(subscribe(broker, message, &sender));
                    subscriptions.len() <= limits.subscriptions
                }
            },
            Some((kind, event)) = events.recv() => match event {
                Event::Frame(frame) => socket.send(kind.wrap(frame)).await.is_ok(),
                Event::Close => false,
            },
            () = &mut patience, if subscriptions.is_empty() => false,
        };
        // Without room an event was left out: its follower must not believe to have seen all.
        if !is_open || events.capacity() == 0 {
            return;
        }
    }
}

fn subscribe(broker: &Broker, message: Message, sender: &Sender) -> Option<Subscription> {
    let kind = match message {
        Message::Text(_) => Kind::Text,
        Message::Binary(_) => Kind::Binary,
        // Pings are answered by the library.
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
    };
    let sender = sender.clone();
    let sink = move |event| {
        // The connection has gone, or is too slow and ends: its subscriptions follow.
        drop(sender.try_send((kind, event)));
    };
    Some(broker.subscribe(message.into_data(), Box::new(sink)))
}
