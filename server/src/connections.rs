//! Connections: let in up to a limit, served, and ended when their client is too slow.
//!
//! A connection above the limit is closed at once, unanswered. One that does not send the headers of
//! its next request in time, or does not read its answer, is closed; waiting for an answer takes
//! nothing from these times. Over TLS the handshake has the time of the headers, and a client may
//! choose HTTP/2; a WebSocket is always one of HTTP/1.1.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::HOST;
use axum::http::{HeaderValue, Version};
use axum::response::Response;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, UpgradeableConnection};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt as _, service_fn};

use crate::config::FORWARDED_PROTO;
use crate::limits::Limits;
use crate::metrics::{Inside, Metrics};
use crate::multiplex::{self, Idle, Requests};
use crate::patience::Patient;
use crate::tls::H2;

/// The longest headers of a request, in bytes (64 KB).
const MAX_HEADER_BYTES: u16 = u16::MAX;

/// A connection's place among those that are let in, kept by whoever still uses the connection.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    seat: Arc<Seat>,
}

#[derive(Debug)]
struct Seat {
    _permit: OwnedSemaphorePermit,
    _inside: Inside,
    metrics: Arc<Metrics>,
    is_ending: watch::Receiver<()>,
}

impl Place {
    /// Counts a WebSocket on this connection until the result is dropped.
    pub(crate) fn open_socket(&self) -> Inside {
        self.seat.metrics.sockets.enter()
    }

    /// Waits until the server of a connection ends; for ever if the connection is not one of its own.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(crate) async fn end_of(place: Option<&Self>) {
        match place {
            Some(place) => place.end().await,
            None => std::future::pending().await,
        }
    }

    /// Waits until the server ends. It goes on for a moment as long as a place is kept.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(crate) async fn end(&self) {
        // An error means that the server has ended already.
        self.seat.is_ending.clone().changed().await.unwrap_or_default();
    }
}

/// How connections are served.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) limits: Limits,
    /// Makes every connection one of TLS.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Counts them.
    pub(crate) metrics: Arc<Metrics>,
}

/// Serves `routes` until `ended`, then lets requests under way end. Routes are told the address of
/// their client as [`ConnectInfo`], and the [`Place`] of its connection; of a request over TLS also,
/// as a proxy would, that the scheme is https, and of one over HTTP/2 its `Host`.
///
/// # Cancellation
///
/// Connections go on by themselves, no new ones are let in.
pub(crate) async fn serve<L>(
    mut listener: L,
    routes: Router,
    terms: Terms,
    ended: impl Future<Output = ()>,
) where
    L: Listener,
    L::Addr: Clone + Sync + 'static,
{
    let places = Arc::new(Semaphore::new(terms.limits.connections));
    let (ending, is_ending) = watch::channel(());
    let mut ended = pin!(ended);
    loop {
        let (io, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        let Ok(permit) = Arc::clone(&places).try_acquire_owned() else {
            terms.metrics.crowded_out.add();
            tracing::debug!("a connection is one too many");
            continue;
        };
        terms.metrics.accepted.add();
        let seat = Seat {
            _permit: permit,
            _inside: terms.metrics.connections.enter(),
            metrics: Arc::clone(&terms.metrics),
            is_ending: is_ending.clone(),
        };
        let place = Place { seat: Arc::new(seat) };
        let visit = Visit { routes: routes.clone(), peer: ConnectInfo(peer), place };
        let io = Patient::new(io, terms.limits.stall);
        tokio::spawn(attend(io, visit, terms.clone(), is_ending.clone()));
    }
    drop((listener, is_ending));
    ending.send_replace(());
    ending.closed().await;
}

/// The routes of one connection, and what they are told about it.
#[derive(Clone)]
struct Visit<A> {
    routes: Router,
    peer: ConnectInfo<A>,
    place: Place,
}

impl<A: Clone + Send + Sync + 'static> Visit<A> {
    /// Answers requests; `is_tls` are those of a connection over TLS.
    fn service(
        self,
        is_tls: bool,
    ) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone
    {
        self.routes.clone().map_request(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(self.peer.clone());
            request.extensions_mut().insert(self.place.clone());
            if is_tls {
                let https = HeaderValue::from_static("https");
                request.headers_mut().insert(FORWARDED_PROTO, https);
            }
            if request.version() == Version::HTTP_2 {
                name_host(&mut request);
            }
            request
        })
    }
}

/// Puts the host of an HTTP/2 request where that of others is.
fn name_host(request: &mut Request) {
    let authority = request.uri().authority().map(|host| HeaderValue::from_str(host.as_str()));
    if let Some(Ok(host)) = authority {
        request.headers_mut().insert(HOST, host);
    }
}

/// Serves one connection until it ends.
async fn attend<I, A>(io: I, visit: Visit<A>, terms: Terms, mut is_ending: watch::Receiver<()>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let limits = terms.limits;
    let Some(tls) = terms.tls else {
        return serve_http1(io, visit.service(false), limits, is_ending).await;
    };
    let shaken = tokio::select! {
        shaken = timeout(limits.headers, tls.accept(io)) => shaken,
        _ = is_ending.changed() => return,
    };
    match shaken {
        Ok(Ok(io)) if io.get_ref().1.alpn_protocol() == Some(H2) => {
            serve_http2(io, visit.service(true), limits, is_ending).await;
        }
        Ok(Ok(io)) => serve_http1(io, visit.service(true), limits, is_ending).await,
        Ok(Err(error)) => tracing::debug!("no TLS handshake: {error}"),
        Err(_) => tracing::debug!("no TLS handshake in time"),
    }
}

async fn serve_http1<I, S>(io: I, service: S, limits: Limits, is_ending: watch::Receiver<()>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.headers);
    builder.max_buf_size(MAX_HEADER_BYTES.into());
    let connection = builder.serve_connection(TokioIo::new(io), TowerToHyperService::new(service));
    let connection = connection.with_upgrades();
    let tell = UpgradeableConnection::graceful_shutdown;
    see_out(connection, tell, std::future::pending(), is_ending).await;
}

async fn serve_http2<I, S>(io: I, service: S, limits: Limits, is_ending: watch::Receiver<()>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let requests = Requests::default();
    let idle = requests.clone();
    let service = service_fn(move |request| {
        let (open, answer) = (requests.begin(), service.clone().oneshot(request));
        async move {
            let answer = answer.await;
            drop(open);
            answer
        }
    });
    let connection = multiplex::builder(&limits, MAX_HEADER_BYTES.into())
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(service));
    let tell = http2::Connection::graceful_shutdown;
    see_out(connection, tell, idle.idle(limits.headers), is_ending).await;
}

/// Waits for the end of a connection; once it is idle, or the server ends, it is told to take no new
/// requests.
async fn see_out<C>(
    connection: C,
    tell: impl Fn(Pin<&mut C>),
    idle: impl Future<Output = Idle>,
    mut is_ending: watch::Receiver<()>,
) where
    C: Future<Output = hyper::Result<()>>,
{
    let (mut connection, mut idle) = (pin!(connection), pin!(idle));
    let mut is_told = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!("a connection ended: {error:#}");
                }
                return;
            }
            idle = idle.as_mut(), if !is_told => match idle {
                Idle::Always => return,
                Idle::Now => {}
            },
            _ = is_ending.changed(), if !is_told => {}
        }
        is_told = true;
        tell(connection.as_mut());
    }
}

#[cfg(test)]
mod tests;
