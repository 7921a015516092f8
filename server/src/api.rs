//! The broker's routes: `POST /api`, `GET /health`, `GET /pubsub`.
//!
//! Statuses, types and redirections are those of a ColonyOS server; bodies are the broker's own. A
//! request whose client hangs up is dropped here, and with it its long poll.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use tokio::sync::oneshot;
use webpool_broker::{Answer, Broker};
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use crate::pages::not_found;
use crate::pubsub;

/// The path of every request.
pub(crate) const API: &str = "/api";

/// The longest request, in bytes (64 MB).
const MAX_REQUEST_BYTES: usize = 64 << 20;

/// The routes of `broker`.
pub(crate) fn router(broker: Broker) -> Router {
    Router::new()
        .route(API, post(call).fallback(missing).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)))
        .route("/health", only_get(get(healthy)))
        .route("/pubsub", only_get(pubsub::route(broker.clone())))
        .route("/api/", post(async || moved(StatusCode::TEMPORARY_REDIRECT, API)).fallback(missing))
        .route("/health/", only_get(get(async || moved(StatusCode::MOVED_PERMANENTLY, "/health"))))
        .route("/pubsub/", only_get(get(async || moved(StatusCode::MOVED_PERMANENTLY, "/pubsub"))))
        .with_state(broker)
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

async fn call(State(broker): State<Broker>, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let limit = format!("the request is too long, allowed are {MAX_REQUEST_BYTES} bytes");
            return failure(StatusCode::PAYLOAD_TOO_LARGE, &limit);
        }
        Err(rejection) => return failure(rejection.status(), "the request broke off"),
    };
    let (sender, receiver) = oneshot::channel();
    let respond = move |answer: Answer| {
        // The client has gone: nobody is left to be answered.
        sender.send(answer).unwrap_or_default();
    };
    let call = broker.call(body, Box::new(respond));
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

/// An error as a ColonyOS server words it.
pub(crate) fn failure(status: StatusCode, sentence: &str) -> Response {
    let failure = Failure { status: status.as_u16(), message: sentence.to_owned() };
    (status, ReplyEnvelope::failure(&failure).to_body()).into_response()
}
