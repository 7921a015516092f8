//! `GET /healthz`: whether work can be done here: 200 `{"status":"ok"}` if the embedded broker, or the
//! server of `--colonies`, answers, else 503 `{"status":"unreachable"}`.
//!
//! It is asked a question that anybody may put and that changes nothing, at most once a second,
//! however many want to know.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use webpool_colony::request::GetColony;
use webpool_colony::{PrivateKey, Request as _};

use crate::backend::Backend;
use crate::pages::not_found;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an answer counts.
const FRESH: Duration = Duration::from_secs(1);

/// What is known about what does the work.
struct Health {
    backend: Backend,
    question: String,
    /// When it was asked last, and whether it answered.
    last: Mutex<Option<(Instant, bool)>>,
}

impl Health {
    async fn is_good(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((at, is_good)) = *last
            && at.elapsed() < FRESH
        {
            return is_good;
        }
        let asked = self.backend.call(self.question.clone(), Duration::ZERO);
        let answer = timeout(PATIENCE, asked).await;
        // Refused is answered: nobody knows the key that signed.
        let is_good = matches!(answer, Ok(Ok(answer)) if answer.status < 500);
        *last = Some((Instant::now(), is_good));
        is_good
    }
}

/// The route, for what `backend` does.
pub(crate) fn router(backend: Backend) -> Router {
    let question = GetColony { colonyname: "health".to_owned() }.seal(&PrivateKey::generate());
    let health = Health { backend, question, last: Mutex::default() };
    Router::new()
        .route("/healthz", get(tell).fallback(async || not_found()))
        .with_state(Arc::new(health))
}

async fn tell(State(health): State<Arc<Health>>) -> impl IntoResponse {
    let (status, body) = if health.is_good().await {
        (StatusCode::OK, r#"{"status":"ok"}"#)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"unreachable"}"#)
    };
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body)
}
