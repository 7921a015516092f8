//! The way in for strangers: `GET /link`, one WebSocket an executor.
//!
//! Whoever comes proves its key first. Then every request it sends is judged, and sent on to what
//! stands behind, or refused; requests for work wait here. The rules are those of the crate
//! `webpool-gateway`; here they are carried out.
//!
//! - `office`: who is here, what they may do, what is due
//! - `books`: what is known about those who came
//! - `entry`: joining
//! - `departure`: leaving
//! - `invitation`: what an invite is about, before anybody comes by it
//! - `polls`: the line of those who ask for work
//! - `roster`: what the operator sees and does
//! - `session`: one socket, from the challenge to its end

mod books;
mod departure;
mod entry;
mod invitation;
mod office;
mod polls;
mod roster;
mod session;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use webpool_wire::{invite, link};

pub(crate) use office::{Office, Rights};
pub(crate) use roster::{Roster, Seen};

use crate::connections::Place;
use crate::door::Ends;
use crate::guard::PROXY_HEADERS;

/// What is known of a socket before anything is said.
#[derive(Clone, Debug)]
struct Visit {
    /// The host that was asked for.
    host: String,
    /// Whether it comes from this machine itself.
    is_local: bool,
}

/// The longest frame, in bytes: a request of 64 MB in JSON.
const MAX_FRAME_BYTES: usize = 72 << 20;

/// The buffer for reading, in bytes: most frames are short, and there are many sockets.
const READ_BUFFER_BYTES: usize = 4096;

/// The routes: the socket, and what an invite is about.
pub(crate) fn router(office: Office) -> Router {
    Router::new()
        .route(link::PATH, get(open))
        .route(invite::PATH, post(invitation::show))
        .with_state(office)
}

async fn open(
    State(office): State<Office>,
    connection: Option<Extension<Place>>,
    ConnectInfo(ends): ConnectInfo<Ends>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return (StatusCode::BAD_REQUEST, "a WebSocket is needed here\n").into_response();
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
    let visit = Visit {
        host: host.to_ascii_lowercase(),
        is_local: ends.peer.to_canonical().is_loopback() && !is_proxied,
    };
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES);
    upgrade.on_upgrade(async move |socket| {
        let connection = connection.map(|Extension(connection)| connection);
        let open = connection.as_ref().map(Place::open_socket);
        session::hold(socket, office, visit, connection.as_ref()).await;
        drop((connection, open));
    })
}
