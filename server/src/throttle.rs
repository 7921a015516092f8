//! Asks of every connection, every request and everybody who joins whether that is too often.
//!
//! Clients on this machine are not counted unless `--rate-limit` is given. A connection too many is
//! closed at once. A request too many is a 429 with `Retry-After`: as an error of the protocol on
//! `/api`, as plain text elsewhere. The connections of a trusted proxy are many clients' and are not
//! counted. Routes find the [`Client`] among the extensions of their request.

use std::net::IpAddr;
use std::num::NonZero;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{HeaderMap, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;
use webpool_registrar::InviteId;

use crate::api::{self, API};
use crate::door::Ends;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::peer::{Client, Network};
use crate::rates::{Kind, Rate, Rates, RetryAfter};

/// How many times the rate of a second may come at once.
const BURST_SECONDS: u32 = 5;

/// Judges how often clients come.
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    rates: Arc<Rates>,
    proxies: Arc<[Network]>,
    is_for_all: bool,
    requests_per_second: u32,
    join_rate: Rate,
    metrics: Arc<Metrics>,
}

impl Throttle {
    /// A throttle with these limits, or with another number of requests a second for everybody, this
    /// machine included.
    pub(crate) fn new(
        limits: Limits,
        asked: Option<NonZero<u32>>,
        proxies: &[Network],
        metrics: Arc<Metrics>,
    ) -> Self {
        let request_rate = asked.map_or(limits.request_rate, |asked| {
            let per_second = asked.get();
            Rate { burst: per_second.saturating_mul(BURST_SECONDS), per_second }
        });
        Self {
            rates: Arc::new(Rates::new(Limits { request_rate, ..limits })),
            proxies: proxies.into(),
            is_for_all: asked.is_some(),
            requests_per_second: request_rate.per_second,
            join_rate: limits.join_rate,
            metrics,
        }
    }

    /// Whether a new connection from `peer` is served.
    pub(crate) fn admits(&self, peer: IpAddr, now: Instant) -> bool {
        let client = Client::new(peer, &HeaderMap::new(), &self.proxies);
        client.is_forwarded || self.take(Kind::Connection, client, now).is_ok()
    }

    /// Whether a client may try an operator key now, one on this machine too.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`].
    pub(crate) fn try_key(&self, client: Client) -> Result<(), RetryAfter> {
        self.count(Kind::Key, client, Instant::now())
    }

    /// Whether one more may join by an invite that brings at most `at_once` executors at the same
    /// time.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`].
    pub(crate) fn join(&self, invite: &InviteId, at_once: u32) -> Result<(), RetryAfter> {
        let rate = self.join_rate.for_many(at_once);
        let taken = self.rates.take_at(rate, Kind::Join, invite, Instant::now());
        if taken.is_err() {
            self.metrics.limited(Kind::Join).add();
        }
        taken
    }

    /// Whether a visitor from elsewhere may submit one more; those whose address is not known share
    /// one bucket. Unlike requests it is counted behind a proxy on this machine too.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`].
    pub(crate) fn submit(&self, from: Option<Client>) -> Result<(), RetryAfter> {
        let key = from.map(|client| client.key());
        let taken = self.rates.take(Kind::Submission, &key, Instant::now());
        if taken.is_err() {
            self.metrics.limited(Kind::Submission).add();
        }
        taken
    }

    fn take(&self, kind: Kind, client: Client, now: Instant) -> Result<(), RetryAfter> {
        if client.is_this_machine() && !self.is_for_all {
            return Ok(());
        }
        self.count(kind, client, now)
    }

    fn count(&self, kind: Kind, client: Client, now: Instant) -> Result<(), RetryAfter> {
        let taken = self.rates.take(kind, &client.key(), now);
        if taken.is_err() {
            self.metrics.limited(kind).add();
        }
        taken
    }

    fn refuse(&self, path: &str, wait: RetryAfter) -> Response {
        let (allowed, seconds) = (self.requests_per_second, wait.to_seconds());
        let sentence = format!(
            "too many requests from your address, allowed are {allowed} a second on average; try \
             again in {seconds} s"
        );
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut answer = if path == API {
            api::failure(status, &sentence)
        } else {
            (status, format!("{sentence}\n")).into_response()
        };
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        answer
    }
}

/// Passes requests on that do not come too often.
pub(crate) async fn throttle(
    State(throttle): State<Throttle>,
    ConnectInfo(ends): ConnectInfo<Ends>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = Client::new(ends.peer, request.headers(), &throttle.proxies);
    if let Err(wait) = throttle.take(Kind::Request, client, Instant::now()) {
        tracing::debug!(path = %request.uri().path(), "refused: too many requests");
        return throttle.refuse(request.uri().path(), wait);
    }
    request.extensions_mut().insert(client);
    next.run(request).await
}
