//! The broker's WebSocket: `GET /pubsub`.
//!
//! Every text or binary frame is an envelope for the broker; what comes back is sent as a frame of
//! the same kind. When the broker says so the connection is dropped without a close frame, as a
//! ColonyOS server does at the end of a subscription to processes. A subscription to a channel has its
//! connection for itself: requests behind it wait until it is over. Pings are answered all the time.
//!
//! Limits are in [`Limits`]. Who does not keep to them, or does not read what it is sent, is cut off;
//! nobody else notices.
//!
//! - [`conversation`]: one connection, from its first frame to its end
//! - [`queue`]: what waits to be sent

mod conversation;
mod queue;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::StatusCode;
use axum::http::header::SEC_WEBSOCKET_VERSION;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use tokio::sync::Semaphore;
use webpool_broker::Broker;

/// What one client, and all of them, may ask for.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Open connections.
    sockets: usize,
    /// Subscriptions open on one connection.
    subscriptions: usize,
    /// Requests that wait behind a channel on one connection.
    waiting: usize,
    /// Bytes in one message of a client.
    message_bytes: usize,
    /// Bytes on their way to one client. A frame that is longer goes alone.
    queued_bytes: usize,
    /// Frames on their way to one client.
    queued_frames: usize,
    /// Bytes on their way to all clients.
    all_queued_bytes: usize,
    /// How long a client may take for one frame.
    send: Duration,
    /// How long a connection without a subscription is kept.
    idle: Duration,
    /// How often a client is pinged; one that is silent for three times as long has gone.
    pulse: Duration,
}

const LIMITS: Limits = Limits {
    sockets: 512,
    subscriptions: 256,
    waiting: 16,
    message_bytes: 64 << 10,
    queued_bytes: 16 << 20,
    queued_frames: 4096,
    all_queued_bytes: 512 << 20,
    send: Duration::from_secs(30),
    idle: Duration::from_mins(2),
    pulse: Duration::from_secs(30),
};

/// The buffer for reading, in bytes; requests are short.
const READ_BUFFER_BYTES: usize = 4096;

/// What all connections share.
#[derive(Clone)]
struct Shared {
    broker: Broker,
    limits: Limits,
    places: Arc<Semaphore>,
    /// Bytes on their way to all clients.
    queued_bytes: Arc<AtomicUsize>,
}

/// The route of `broker`'s WebSocket, for `GET` alone.
pub(crate) fn route<S>(broker: Broker) -> MethodRouter<S> {
    get(open).with_state(Shared::new(broker, LIMITS))
}

impl Shared {
    fn new(broker: Broker, limits: Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.sockets));
        Self { broker, limits, places, queued_bytes: Arc::default() }
    }
}

use crate::connections::Place;

/// Turns the connection into a WebSocket, or says that it must be one.
async fn open(
    State(shared): State<Shared>,
    connection: Option<Extension<Place>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let version = [(SEC_WEBSOCKET_VERSION, "13")];
        return (StatusCode::BAD_REQUEST, version, "Bad Request\n").into_response();
    };
    let limits = shared.limits;
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        let sentence = format!("too many open WebSockets, allowed are {}\n", limits.sockets);
        return (StatusCode::SERVICE_UNAVAILABLE, sentence).into_response();
    };
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(limits.message_bytes)
        .max_frame_size(limits.message_bytes);
    upgrade.on_upgrade(async move |socket| {
        let connection = connection.map(|Extension(connection)| connection);
        let open = connection.as_ref().map(Place::open_socket);
        conversation::hold(socket, shared, connection).await;
        drop((place, open));
    })
}

#[cfg(test)]
mod tests;
