//! The broker's routes: `POST /api`, `GET /health`, `GET /pubsub`.
//!
//! Statuses, types and redirections are those of a ColonyOS server; bodies are the broker's own. A
//! request whose client hangs up is dropped here, and with it its long poll.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONNECTION, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use webpool_broker::{Answer, Broker};
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use crate::body::{Flaw, Reader};
use crate::limits::Limits;
use crate::pages::not_found;
use crate::pubsub;

/// The path of every request.
pub(crate) const API: &str = "/api";

/// What the routes share.
#[derive(Clone, Debug)]
struct Shared {
    broker: Broker,
    reader: Reader,
}

/// The routes of `broker`.
pub(crate) fn router(broker: Broker, limits: Limits) -> Router {
    Router::new()
        .route(API, post(call).fallback(missing))
        .route("/health", only_get(get(healthy)))
        .route("/pubsub", only_get(pubsub::route(broker.clone())))
        .route("/api/", post(async || moved(StatusCode::TEMPORARY_REDIRECT, API)).fallback(missing))
        .route("/health/", only_get(get(async || moved(StatusCode::MOVED_PERMANENTLY, "/health"))))
        .route("/pubsub/", only_get(get(async || moved(StatusCode::MOVED_PERMANENTLY, "/pubsub"))))
        .with_state(Shared { broker, reader: Reader::new(limits) })
}

/// A GET route does not answer HEAD, nor anything else.
fn only_get<S: Clone + Send + Sync + 'static>(route: MethodRouter<S>) -> MethodRouter<S> {
    route.head(missing).fallback(missing)
}

async fn missing() -> Response {
    not_found()
}

/// Says that the server runs; the body is empty, as a ColonyOS server's is.
async fn healthy() -> String {
    String::new()
}

fn moved(status: StatusCode, to: &'static str) -> Response {
    (status, [(LOCATION, to)]).into_response()
}

async fn call(
    State(Shared { broker, reader }): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let mut body = match reader.read(&headers, body).await {
        Ok(body) => body,
        Err(flaw) => return broken(flaw),
    };
    let (sender, receiver) = oneshot::channel();
    let (is_long, handling) = (body.is_long(), body.handling());
    let respond = Box::new(move |answer: Answer| {
        drop(handling);
        // The client has gone: nobody is left to be answered.
        sender.send(answer).unwrap_or_default();
    });
    // Reading a long one takes a while, in which others are served.
    let call = if is_long {
        spawn_blocking(move || broker.call(&body.bytes, respond)).await.ok()
    } else {
        Some(broker.call(&body.bytes, respond))
    };
    let answer = receiver.await;
    drop(call);
    match answer {
        Ok(Answer { status, body }) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
                .into_response()
        }
        Err(_) => failure(StatusCode::SERVICE_UNAVAILABLE, "the broker is closed"),
    }
}

/// What is said about a body that was not read; the rest of it is not waited for.
fn broken(flaw: Flaw) -> Response {
    ([(CONNECTION, "close")], failure(flaw.status(), &flaw.to_string())).into_response()
}

/// An error as a ColonyOS server words it.
pub(crate) fn failure(status: StatusCode, sentence: &str) -> Response {
    let failure = Failure { status: status.as_u16(), message: sentence.to_owned() };
    (status, ReplyEnvelope::failure(&failure).to_body()).into_response()
}
