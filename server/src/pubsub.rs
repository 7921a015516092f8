//! The broker's WebSocket: `GET /pubsub`.
//!
//! Every text or binary frame is an envelope for the broker; what comes back is sent as a frame of
//! the same kind. When the broker says so the connection is dropped without a close frame, as a
//! ColonyOS server does at the end of a subscription.

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::http::header::{SEC_WEBSOCKET_VERSION, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::mpsc;
use webpool_broker::{Broker, Event, Subscription};

/// Turns the connection into a WebSocket, or says that it must be one.
pub(crate) async fn open(
    State(broker): State<Broker>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let headers = [(SEC_WEBSOCKET_VERSION, "13"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
        return (StatusCode::BAD_REQUEST, headers, "Bad Request\n").into_response();
    };
    upgrade.on_upgrade(async move |socket| run(socket, &broker).await)
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

type Sender = mpsc::UnboundedSender<(Kind, Event)>;

async fn run(mut socket: WebSocket, broker: &Broker) {
    let (sender, mut events) = mpsc::unbounded_channel();
    let mut subscriptions: Vec<Subscription> = Vec::new();
    loop {
        let is_open = tokio::select! {
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => false,
                Some(Ok(message)) => {
                    subscriptions.extend(subscribe(broker, message, &sender));
                    true
                }
            },
            Some((kind, event)) = events.recv() => match event {
                Event::Frame(frame) => socket.send(kind.wrap(frame)).await.is_ok(),
                Event::Close => false,
            },
        };
        if !is_open {
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
        // The connection has gone, its subscriptions follow.
        sender.send((kind, event)).unwrap_or_default();
    };
    Some(broker.subscribe(message.into_data(), Box::new(sink)))
}
