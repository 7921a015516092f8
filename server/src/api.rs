//! The routes of a ColonyOS server: `POST /api`, `GET /health`, `GET /pubsub`.
//!
//! Statuses, types and redirections are those of a ColonyOS server; bodies are those of what stands
//! behind webpool, the embedded broker or servers elsewhere. A request whose client hangs up is
//! dropped here, and with it its long poll.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONNECTION, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use crate::backend::{Answer, Unreachable};
use crate::body::{Flaw, Reader};
use crate::front::Front;
use crate::pages::not_found;
use crate::pubsub;

/// The path of every request.
pub(crate) const API: &str = "/api";

/// What the routes share.
#[derive(Clone)]
struct Shared {
    front: Front,
    reader: Reader,
}

/// The routes to what stands behind `front`.
pub(crate) fn router(front: Front, reader: Reader) -> Router {
    Router::new()
        .route(API, post(call).fallback(missing))
        .route("/health", only_get(get(healthy)))
        .route("/pubsub", only_get(pubsub::route(front.clone())))
        .route("/api/", post(async || moved(StatusCode::TEMPORARY_REDIRECT, API)).fallback(missing))
        .route("/health/", only_get(get(async || moved(StatusCode::MOVED_PERMANENTLY, "/health"))))
        .route("/pubsub/", only_get(get(async || moved(StatusCode::MOVED_PERMANENTLY, "/pubsub"))))
        .with_state(Shared { front, reader })
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
    State(Shared { front, reader }): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let mut body = match reader.read(&headers, body).await {
        Ok(body) => body,
        Err(flaw) => return broken(flaw),
    };
    let handling = body.handling();
    let answer = front.call(body.bytes.into()).await;
    drop(handling);
    match answer {
        Ok(Answer { status, body }) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
                .into_response()
        }
        Err(unreachable) => unanswered(&unreachable),
    }
}

/// What is said when there is no answer. Where the servers are is nobody's business.
fn unanswered(unreachable: &Unreachable) -> Response {
    tracing::warn!("{unreachable}");
    let (status, sentence) = match unreachable {
        Unreachable::Closed => (StatusCode::SERVICE_UNAVAILABLE, "the broker is closed"),
        Unreachable::Nowhere(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "no ColonyOS server can be reached")
        }
        Unreachable::Lost(_) => {
            (StatusCode::BAD_GATEWAY, "the answer of the ColonyOS server was lost")
        }
        Unreachable::TooLong { .. } => {
            (StatusCode::BAD_GATEWAY, "the answer of the ColonyOS server is too long")
        }
    };
    failure(status, sentence)
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
