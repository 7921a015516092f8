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
use tokio::sync::{Mutex, oneshot};
use tokio::time::{Instant, timeout};
use webpool_broker::Broker;
use webpool_colony::request::GetColony;
use webpool_colony::{PrivateKey, Request as _};

use crate::authority::ServerUrl;
use crate::error::Error;
use crate::pages::not_found;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an answer counts.
const FRESH: Duration = Duration::from_secs(1);

/// Who does the work.
pub(crate) enum Worker {
    /// The embedded broker.
    Broker(Broker),
    /// A server elsewhere: what asks it, and the address of its requests.
    Colonies(reqwest::Client, String),
}

impl Worker {
    /// The server of `--colonies`.
    ///
    /// # Errors
    ///
    /// [`Error::Http`].
    pub(crate) fn colonies(server: &ServerUrl) -> Result<Self, Error> {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(Error::Http)?;
        Ok(Self::Colonies(client, server.to_api()))
    }

    /// The status of the answer to a request; none if there is no answer.
    async fn ask(&self, body: String) -> Option<u16> {
        match self {
            Self::Broker(broker) => {
                let (sender, answer) = oneshot::channel();
                let respond = Box::new(move |answer: webpool_broker::Answer| {
                    // Who asked no longer waits.
                    sender.send(answer.status).unwrap_or_default();
                });
                let call = broker.call(body, respond);
                let status = answer.await.ok();
                drop(call);
                status
            }
            Self::Colonies(client, url) => {
                let answer = client.post(url).body(body).send().await.ok()?;
                Some(answer.status().as_u16())
            }
        }
    }
}

/// What is known about the one that does the work.
struct Health {
    worker: Worker,
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
        let answer = timeout(PATIENCE, self.worker.ask(self.question.clone())).await;
        // Refused is answered: nobody knows the key that signed.
        let is_good = answer.ok().flatten().is_some_and(|status| status < 500);
        *last = Some((Instant::now(), is_good));
        is_good
    }
}

/// The route, for what `worker` does.
pub(crate) fn router(worker: Worker) -> Router {
    let question = GetColony { colonyname: "health".to_owned() }.seal(&PrivateKey::generate());
    let health = Health { worker, question, last: Mutex::default() };
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
