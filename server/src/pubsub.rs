//! The WebSocket of a ColonyOS server: `GET /pubsub`.
//!
//! Every text or binary message is an envelope for the backend; what comes back is sent as a message
//! of the same kind. When the backend says so the connection is dropped without a close frame, as a
//! ColonyOS server does at the end of a subscription to processes. A subscription to a channel has its
//! connection for itself: requests behind it wait until it is over. Pings are answered all the time.
//!
//! Limits are in [`Limits`]. Who does not keep to them is cut off, and so is who does not read what it
//! is sent: the connection itself notices ([`crate::patience`]). Nobody else notices.
//!
//! - [`conversation`]: one connection, from its first frame to its end
//! - [`queue`]: what waits to be sent

mod conversation;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use tokio::sync::Semaphore;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::connections::Place;
use crate::front::Front;
use crate::upgrade::{Upgrade, agree};

use queue::Queues;

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
    /// Bytes on their way to one client, behind the message that is being sent.
    queued_bytes: usize,
    /// Messages on their way to one client.
    queued_frames: usize,
    /// Bytes on their way to all clients, each message once; the connection with the most is dropped.
    all_queued_bytes: usize,
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
    idle: Duration::from_mins(2),
    pulse: Duration::from_secs(30),
};

/// The buffer for reading, in bytes; requests are short.
const READ_BUFFER_BYTES: usize = 4096;

/// What all connections share.
#[derive(Clone)]
struct Shared {
    front: Front,
    limits: Limits,
    places: Arc<Semaphore>,
    queues: Queues,
}

/// The route of the WebSocket, for `GET` alone.
pub(crate) fn route<S>(front: Front) -> MethodRouter<S> {
    get(open).with_state(Shared::new(front, LIMITS))
}

impl Shared {
    fn new(front: Front, limits: Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.sockets));
        Self { front, limits, places, queues: Queues::default() }
    }
}

/// Turns the connection into a WebSocket, or says that it must be one.
async fn open(
    State(shared): State<Shared>,
    connection: Option<Extension<Place>>,
    mut request: Request,
) -> Response {
    let (answer, upgrade) = agree(&mut request, "Bad Request\n");
    let Some(upgrade) = upgrade else { return answer };
    let limit = shared.limits.sockets;
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        let sentence = format!("too many open WebSockets, allowed are {limit}\n");
        return (StatusCode::SERVICE_UNAVAILABLE, sentence).into_response();
    };
    let connection = connection.map(|Extension(connection)| connection);
    let open = connection.as_ref().map(Place::open_socket);
    tokio::spawn(async move {
        hold(upgrade, shared, connection).await;
        drop((place, open));
    });
    answer
}

/// Holds the connection as soon as it is a WebSocket.
async fn hold(upgrade: Upgrade, shared: Shared, connection: Option<Place>) {
    let limit = Some(shared.limits.message_bytes);
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let config = config.max_message_size(limit).max_frame_size(limit);
    if let Some(io) = upgrade.finish().await {
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        conversation::hold(socket, shared, connection).await;
    }
}

#[cfg(test)]
mod tests;
