//! Several addresses of one ColonyOS, and which of them is in use.
//!
//! A request goes to the address in use. When that one cannot be reached the next is in use from
//! then on, and the request goes there at once, to each address once; unless the request may have
//! been carried out already, which is harmless for questions only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::Semaphore;
use webpool_broker::{Answer, Sink};

use super::Unreachable;
use super::follow::Following;
use super::message::is_question;
use super::remote::{Failure, MAX_ANSWER_BYTES, Remote, Socket};
use crate::authority::ServerUrl;
use crate::error::Error;

/// The most WebSockets to servers at the same time: each is a file of this process.
const MAX_SOCKETS: usize = 512;

/// ColonyOS servers that share one state; clones are handles to the same.
#[derive(Clone, Debug)]
pub(crate) struct Colonies {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    remotes: Vec<Remote>,
    /// Which of them is asked first.
    in_use: AtomicUsize,
    /// Places for WebSockets.
    places: Arc<Semaphore>,
}

impl Colonies {
    /// Prepares a client for each address; nothing is sent. The first address is in use.
    ///
    /// # Errors
    ///
    /// [`Error::Http`] if the TLS library cannot start.
    pub(crate) fn new(servers: Vec<ServerUrl>) -> Result<Self, Error> {
        let remotes = servers.into_iter().map(Remote::new).collect::<Result<_, _>>()?;
        let (in_use, places) = (AtomicUsize::new(0), Arc::new(Semaphore::new(MAX_SOCKETS)));
        Ok(Self { shared: Arc::new(Shared { remotes, in_use, places }) })
    }

    /// Sends a request that may wait for so long.
    pub(super) async fn call(&self, body: Bytes, wait: Duration) -> Result<Answer, Unreachable> {
        let is_repeatable = || is_question(&body);
        self.shared.go_round(is_repeatable, |remote| remote.post(body.clone(), wait)).await
    }

    /// Opens a WebSocket.
    pub(super) async fn open(&self) -> Result<Socket, Unreachable> {
        self.shared.go_round(|| true, Remote::open).await
    }

    /// Follows what a frame subscribes to, once it is admitted.
    pub(super) fn follow(
        &self,
        frame: Bytes,
        sink: Sink,
        admitted: impl Future<Output = Result<(), String>> + Send + 'static,
    ) -> Following {
        let places = Arc::clone(&self.shared.places);
        Following::begin(self.clone(), places, frame, sink, admitted)
    }
}

impl Shared {
    /// Tries one address after the other, beginning with the one in use.
    async fn go_round<'a, T, F>(
        &'a self,
        is_repeatable: impl Fn() -> bool,
        attempt: impl Fn(&'a Remote) -> F,
    ) -> Result<T, Unreachable>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let first = self.in_use.load(Ordering::Relaxed);
        let (before, from) = self.remotes.split_at(first.min(self.remotes.len()));
        let mut reasons = Vec::new();
        let mut is_lost = false;
        for remote in from.iter().chain(before) {
            let (reason, may_go_on) = match attempt(remote).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::TooLong) => return Err(too_long(remote)),
                Err(Failure::Unsent(reason)) => (reason, true),
                Err(Failure::Lost(reason)) => (reason, is_repeatable()),
            };
            tracing::warn!("{} cannot be reached: {reason}", remote.url());
            self.leave(remote);
            reasons.push(format!("{} ({reason})", remote.url()));
            if !may_go_on {
                is_lost = true;
                break;
            }
        }
        let reasons = reasons.join(", ");
        Err(if is_lost { Unreachable::Lost(reasons) } else { Unreachable::Nowhere(reasons) })
    }

    /// Goes on from an address to the next, unless somebody has done so already.
    fn leave(&self, remote: &Remote) {
        let position = self.remotes.iter().position(|other| std::ptr::eq(other, remote));
        let Some(position) = position else { return };
        let next = position.saturating_add(1);
        let next = if next < self.remotes.len() { next } else { 0 };
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        if self.in_use.compare_exchange(position, next, set, get).is_ok()
            && let Some(next) = self.remotes.get(next)
        {
            tracing::info!("requests go to {} now", next.url());
        }
    }
}

fn too_long(remote: &Remote) -> Unreachable {
    Unreachable::TooLong { server: remote.url().to_string(), limit_bytes: MAX_ANSWER_BYTES }
}
