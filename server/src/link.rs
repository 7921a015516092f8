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
//! - `build`: which build of the page is served
//! - `followers`: who may follow processes before ColonyOS servers
//! - `invitation`: what an invite is about, before anybody comes by it
//! - `polls`: the line of those who ask for work
//! - `roster`: what the operator sees and does
//! - `session`: one link, from the challenge to its end
//! - `socket`: its WebSocket, and what may come over it
//! - `visits`: who may come in, and how often visitors submit

mod books;
mod build;
mod departure;
mod entry;
mod followers;
mod invitation;
mod office;
mod polls;
mod roster;
mod session;
mod socket;
mod visits;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::HOST;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use webpool_wire::{invite, link};

pub(crate) use office::{Office, Rights};
pub(crate) use roster::{Roster, Seen};
use socket::Socket;

use crate::connections::Place;
use crate::door::Ends;
use crate::limits::Limits;
use crate::peer::Client;
use crate::room::Room;
use crate::upgrade::agree;

/// What is known of a socket before anything is said.
#[derive(Clone, Debug)]
struct Visit {
    /// The host that was asked for.
    host: String,
    /// Whether it comes from this machine itself.
    is_local: bool,
    /// Whose it is, as far as addresses tell.
    client: Option<Client>,
}

/// The longest answer to a challenge, in bytes.
const MAX_HELLO_BYTES: usize = 16 << 10;

/// What the routes share.
#[derive(Clone)]
struct Shared {
    office: Office,
    limits: Limits,
    room: Room,
}

/// The routes: the socket, and what an invite is about. Long frames take a part of `room`.
pub(crate) fn router(office: Office, limits: Limits, room: Room) -> Router {
    Router::new()
        .route(link::PATH, get(open))
        .with_state(Shared { office: office.clone(), limits, room })
        .merge(Router::new().route(invite::PATH, post(invitation::show)).with_state(office))
}

async fn open(
    State(shared): State<Shared>,
    connection: Option<Extension<Place>>,
    ConnectInfo(ends): ConnectInfo<Ends>,
    mut request: Request,
) -> Response {
    let (answer, upgrade) = agree(&mut request, "a WebSocket is needed here\n");
    let Some(upgrade) = upgrade else { return answer };
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let visit = Visit {
        host: host.to_ascii_lowercase(),
        is_local: ends.is_here(headers),
        client: request.extensions().get().copied(),
    };
    let connection = connection.map(|Extension(connection)| connection);
    let open = connection.as_ref().map(Place::open_socket);
    tokio::spawn(async move {
        if let Some(io) = upgrade.finish().await {
            let Shared { office, limits, room } = shared;
            let socket = Socket::new(io, limits, room).await;
            session::hold(socket, office, visit, connection.as_ref()).await;
        }
        drop((connection, open));
    });
    answer
}
