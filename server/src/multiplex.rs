//! HTTP/2: many requests at a time on one connection.
//!
//! A connection that nobody uses is told to end, and one on which there never was a request ends.
//! Pings find out whether the client is still there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::server::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::limits::Limits;

/// The requests of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// All there ever were.
    begun: AtomicUsize,
    /// Those without an answer.
    open: AtomicUsize,
}

/// A request that has no answer yet.
#[derive(Debug)]
pub(crate) struct Open(Requests);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How a connection was used until nobody used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// There never was a request.
    Always,
    /// There were requests.
    Now,
}

impl Requests {
    /// Counts a request, until the result is dropped.
    pub(crate) fn begin(&self) -> Open {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }

    /// Waits until there was no request for between one and two times `limit`.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(crate) async fn idle(&self, limit: Duration) -> Idle {
        let mut before = 0;
        loop {
            tokio::time::sleep(limit).await;
            let begun = self.0.begun.load(Ordering::Relaxed);
            let is_open = self.0.open.load(Ordering::Relaxed) > 0;
            if begun == before && !is_open {
                return if begun == 0 { Idle::Always } else { Idle::Now };
            }
            before = begun;
        }
    }
}

/// What serves a connection, within the limits.
pub(crate) fn builder(limits: &Limits, header_bytes: u32) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    builder.keep_alive_interval(limits.stall).keep_alive_timeout(limits.stall);
    builder.max_concurrent_streams(limits.streams).max_header_list_size(header_bytes);
    builder
}
