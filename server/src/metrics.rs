//! What the server counts, and `GET /metrics`, which tells it in the text format of Prometheus.
//!
//! Counts only: no address, no name, no key. A gauge counts what is open through the [`Inside`] that
//! each thing holds, so that none is forgotten however it ends.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::time::Instant;

use crate::pages::not_found;
use crate::rates::Kind;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many of something there are now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Counts one until the result is dropped.
    pub(crate) fn enter(&self) -> Inside {
        self.0.fetch_add(1, Ordering::Relaxed);
        Inside(self.clone())
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of those that a [`Gauge`] counts.
#[derive(Debug)]
#[must_use = "dropping it means that it is over"]
pub(crate) struct Inside(Gauge);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Requests by the first digit of their status.
#[derive(Debug, Default)]
struct Classes {
    informed: Counter,
    succeeded: Counter,
    redirected: Counter,
    refused: Counter,
    failed: Counter,
}

impl Classes {
    fn of(&self, status: StatusCode) -> &Counter {
        match status.as_u16() {
            ..200 => &self.informed,
            200..300 => &self.succeeded,
            300..400 => &self.redirected,
            400..500 => &self.refused,
            500.. => &self.failed,
        }
    }
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    /// Open connections, WebSockets included.
    pub(crate) connections: Gauge,
    /// Connections that were let in.
    pub(crate) accepted: Counter,
    /// Connections closed at once since there are too many.
    pub(crate) crowded_out: Counter,
    /// Open WebSockets.
    pub(crate) sockets: Gauge,
    requests: Classes,
    limited_connections: Counter,
    limited_requests: Counter,
    limited_joins: Counter,
    limited_submissions: Counter,
    limited_keys: Counter,
}

impl Metrics {
    /// Nothing has happened yet.
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            connections: Gauge::default(),
            accepted: Counter::default(),
            crowded_out: Counter::default(),
            sockets: Gauge::default(),
            requests: Classes::default(),
            limited_connections: Counter::default(),
            limited_requests: Counter::default(),
            limited_joins: Counter::default(),
            limited_submissions: Counter::default(),
            limited_keys: Counter::default(),
        }
    }

    /// Counts what came too often.
    pub(crate) const fn limited(&self, kind: Kind) -> &Counter {
        match kind {
            Kind::Connection => &self.limited_connections,
            Kind::Request => &self.limited_requests,
            Kind::Join => &self.limited_joins,
            Kind::Submission => &self.limited_submissions,
            Kind::Key => &self.limited_keys,
        }
    }

    /// Everything, as Prometheus reads it.
    fn to_text(&self) -> String {
        let classes = &self.requests;
        let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
        let mut text = Text::default();
        text.family("webpool_build_info", "gauge", &[(&version, 1)]);
        text.family("webpool_uptime_seconds", "gauge", &[("", self.started.elapsed().as_secs())]);
        text.family("webpool_connections", "gauge", &[("", self.connections.get())]);
        text.family("webpool_websockets", "gauge", &[("", self.sockets.get())]);
        text.family("webpool_connections_total", "counter", &[("", self.accepted.get())]);
        let crowded_out = self.crowded_out.get();
        text.family("webpool_connections_refused_total", "counter", &[("", crowded_out)]);
        let requests = [
            ("status=\"1xx\"", classes.informed.get()),
            ("status=\"2xx\"", classes.succeeded.get()),
            ("status=\"3xx\"", classes.redirected.get()),
            ("status=\"4xx\"", classes.refused.get()),
            ("status=\"5xx\"", classes.failed.get()),
        ];
        text.family("webpool_requests_total", "counter", &requests);
        let limited = [
            ("kind=\"connection\"", self.limited_connections.get()),
            ("kind=\"request\"", self.limited_requests.get()),
            ("kind=\"join\"", self.limited_joins.get()),
            ("kind=\"submission\"", self.limited_submissions.get()),
            ("kind=\"key\"", self.limited_keys.get()),
        ];
        text.family("webpool_rate_limited_total", "counter", &limited);
        text.0
    }
}

/// The text so far.
#[derive(Debug, Default)]
struct Text(String);

impl Text {
    /// Adds the values of one name, each with its labels.
    fn family(&mut self, name: &str, kind: &str, values: &[(&str, u64)]) {
        // Writing to a string cannot fail.
        writeln!(self.0, "# TYPE {name} {kind}").unwrap_or_default();
        for (labels, value) in values {
            let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
            writeln!(self.0, "{name}{labels} {value}").unwrap_or_default();
        }
    }
}

/// The route.
pub(crate) fn router(metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(tell).fallback(async || not_found())).with_state(metrics)
}

async fn tell(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/plain; version=0.0.4"), (CACHE_CONTROL, "no-store")];
    (headers, metrics.to_text())
}

/// Counts every request by its answer.
pub(crate) async fn count(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let answer = next.run(request).await;
    metrics.requests.of(answer.status()).add();
    answer
}
