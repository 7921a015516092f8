//! Connections: let in up to a limit, served, and ended when their client is too slow.
//!
//! A connection above the limit is closed at once, unanswered. One that does not send the headers of
//! its next request in time, or does not read its answer, is closed; waiting for an answer takes
//! nothing from these times.

use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::serve::Listener;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

use crate::limits::Limits;
use crate::patience::Patient;

/// The longest headers of a request, in bytes (64 KB).
const MAX_HEADER_BYTES: usize = 64 << 10;

/// A connection's place among those that are let in, kept by whoever still uses the connection.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Serves `routes` until `ended`, then lets requests under way end. Routes are told the address of
/// their client as [`ConnectInfo`], and the [`Place`] of its connection.
///
/// # Cancellation
///
/// Connections go on by themselves, no new ones are let in.
pub(crate) async fn serve<L>(
    mut listener: L,
    routes: Router,
    limits: Limits,
    ended: impl Future<Output = ()>,
) where
    L: Listener,
    L::Addr: Clone + Sync + 'static,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let (ending, is_ending) = watch::channel(());
    let mut ended = pin!(ended);
    loop {
        let (io, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        let Ok(permit) = Arc::clone(&places).try_acquire_owned() else {
            tracing::debug!("a connection is one too many");
            continue;
        };
        let visit = Visit { peer: ConnectInfo(peer), place: Place { _permit: Arc::new(permit) } };
        let io = Patient::new(io, limits.stall);
        tokio::spawn(attend(io, routes.clone(), visit, limits, is_ending.clone()));
    }
    drop((listener, is_ending));
    ending.send_replace(());
    ending.closed().await;
}

/// What routes are told about a connection.
#[derive(Clone)]
struct Visit<A> {
    peer: ConnectInfo<A>,
    place: Place,
}

/// Serves one connection until it ends.
async fn attend<I, A>(
    io: I,
    routes: Router,
    visit: Visit<A>,
    limits: Limits,
    mut is_ending: watch::Receiver<()>,
) where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let service = routes.map_request(move |request: Request<_>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(visit.peer.clone());
        request.extensions_mut().insert(visit.place.clone());
        request
    });
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.headers);
    builder.max_buf_size(MAX_HEADER_BYTES);
    let connection = builder.serve_connection(TokioIo::new(io), TowerToHyperService::new(service));
    let mut connection = pin!(connection.with_upgrades());
    let mut is_told = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!("a connection ended: {error:#}");
                }
                return;
            }
            _ = is_ending.changed(), if !is_told => {
                is_told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

#[cfg(test)]
mod tests;
