//! What stands behind webpool: the embedded broker, or ColonyOS servers elsewhere.
//!
//! Who has a request does not need to know which: [`Backend::call`] is one `POST /api`,
//! [`Backend::subscribe`] one frame of `/pubsub`. The embedded broker answers in memory; requests to
//! servers go over HTTP, and to the next server when one cannot be reached.
//!
//! - [`colonies`]: several addresses of one ColonyOS, and which of them is in use
//! - [`remote`]: one address: a request, a WebSocket, and what can go wrong with them
//! - [`message`]: what a request says about itself: how long it waits, whether it may be repeated
//! - [`follow`]: one subscription at a server, over a WebSocket of its own

mod colonies;
mod follow;
mod message;
mod remote;

use std::future::ready;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use webpool_broker::{Broker, Screened};
use webpool_colony::Id;

pub(crate) use colonies::Colonies;
use follow::Following;
pub(crate) use webpool_broker::{Answer, Event, Sink};

/// A request above this takes the broker a while to read, in which others are served; in bytes.
const LONG_BYTES: usize = 256 << 10;

/// How many requests for work of one executor type a ColonyOS server is sent at once.
const IDLE_POLLS: usize = 4;

/// What requests go to; clones are handles to the same.
#[derive(Clone, Debug)]
pub(crate) enum Backend {
    /// The broker in this process.
    Broker(Broker),
    /// Servers elsewhere.
    Colonies(Colonies),
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreachable {
    /// The embedded broker ends.
    #[error("the broker is closed")]
    Closed,
    /// Nothing was done: no server took the request. Names all addresses.
    #[error("no ColonyOS server can be reached: {0}")]
    Nowhere(String),
    /// A server may have done what was asked for, but nobody knows. Names the addresses tried.
    #[error("the answer of a ColonyOS server was lost: {0}")]
    Lost(String),
    /// A server did what was asked for, and says too much about it.
    #[error("the answer of {server} is too long, allowed are {limit_bytes} bytes")]
    TooLong {
        /// Its address.
        server: String,
        /// The most, in bytes.
        limit_bytes: usize,
    },
}

/// One frame's subscription. Dropping it ends it.
#[derive(Debug)]
#[must_use = "dropping a subscription ends it"]
pub(crate) enum Subscription {
    /// At the broker.
    Broker(webpool_broker::Subscription),
    /// At a server elsewhere.
    Colonies(Following),
}

impl Subscription {
    /// A subscription to nothing.
    pub(crate) const fn none() -> Self {
        Self::Broker(webpool_broker::Subscription::none())
    }

    /// Whether there is anything to come: [`Event::Over`] or [`Event::Close`] at least.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Broker(subscription) => subscription.is_open(),
            Self::Colonies(following) => following.is_open(),
        }
    }

    /// Whether frames that come after this one on the same connection have to wait until it is
    /// over, as with a channel.
    pub(crate) fn is_exclusive(&self) -> bool {
        match self {
            Self::Broker(subscription) => subscription.is_exclusive(),
            Self::Colonies(following) => following.is_exclusive(),
        }
    }
}

impl From<Broker> for Backend {
    fn from(broker: Broker) -> Self {
        Self::Broker(broker)
    }
}

impl Backend {
    /// Carries out the body of one `POST /api`. `wait` is how long the request may wait for work at
    /// a server, zero for all but requests for work; the broker knows by itself.
    ///
    /// # Errors
    ///
    /// [`Unreachable`]: there is no answer, at least none that can be passed on.
    ///
    /// # Cancellation
    ///
    /// A request for work is withdrawn: at the broker for certain, at a server elsewhere once it
    /// notices, so that it may still be handed work. Anything else may be carried out all the same.
    pub(crate) async fn call<B>(&self, body: B, wait: Duration) -> Result<Answer, Unreachable>
    where
        B: AsRef<[u8]> + Send + 'static,
    {
        match self {
            Self::Broker(broker) => ask(broker.clone(), body).await,
            Self::Colonies(colonies) => colonies.call(Bytes::from_owner(body), wait).await,
        }
    }

    /// As [`Backend::call`], unless the embedded broker finds that somebody has signed it whom
    /// `is_other` knows: then the body comes back. Servers elsewhere do not look.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// # Cancellation
    ///
    /// As [`Backend::call`].
    pub(crate) async fn call_unless(
        &self,
        body: Bytes,
        is_other: impl Fn(&Id) -> bool + Send + 'static,
    ) -> Result<Result<Answer, Bytes>, Unreachable> {
        match self {
            Self::Broker(broker) => ask_unless(broker.clone(), body, is_other).await,
            Self::Colonies(_) => Ok(Err(body)),
        }
    }

    /// Asks for work, until there is some or `withdrawn` ends. What was given until then is brought
    /// all the same; none if nothing was. A server elsewhere is heard to its end: it may hand work to
    /// a request that was broken off.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// # Cancellation
    ///
    /// As [`Backend::call`].
    pub(crate) async fn poll(
        &self,
        body: Bytes,
        withdrawn: impl Future<Output = ()> + Send,
    ) -> Result<Option<Answer>, Unreachable> {
        match self {
            Self::Broker(broker) => Ok(poll(broker, body, withdrawn).await),
            Self::Colonies(colonies) => {
                let wait = Duration::from_secs(self.poll_s().into());
                colonies.call(body, wait).await.map(Some)
            }
        }
    }

    /// How many requests for work of one type may be there at once. The broker hands out work
    /// exactly; a ColonyOS server wakes one that waits, whoever it is.
    pub(crate) const fn polls(&self) -> usize {
        match self {
            Self::Broker(_) => usize::MAX,
            Self::Colonies(_) => IDLE_POLLS,
        }
    }

    /// How long one request for work waits there, in s.
    pub(crate) const fn poll_s(&self) -> u32 {
        match self {
            Self::Broker(_) => 60,
            Self::Colonies(_) => 2,
        }
    }

    /// How long a request may wait for work before it is answered: what it says itself.
    pub(crate) fn wait(&self, body: &[u8]) -> Duration {
        match self {
            Self::Broker(_) => Duration::ZERO,
            Self::Colonies(_) => message::wait(body),
        }
    }

    /// Carries out one frame that came over `/pubsub`; what comes of it goes to `sink`. Called where
    /// there is an async runtime.
    pub(crate) fn subscribe(&self, frame: Bytes, sink: Sink) -> Subscription {
        match self {
            Self::Broker(broker) => Subscription::Broker(broker.subscribe(frame, sink)),
            Self::Colonies(colonies) => {
                Subscription::Colonies(colonies.follow(frame, sink, ready(Ok(()))))
            }
        }
    }

    /// As [`Backend::subscribe`], but a server elsewhere, which shows processes to anybody, is not
    /// asked until it is `admitted`; else that is told what it says.
    pub(crate) fn subscribe_if(
        &self,
        frame: Bytes,
        sink: Sink,
        admitted: impl Future<Output = Result<(), String>> + Send + 'static,
    ) -> Subscription {
        match self {
            Self::Broker(broker) => Subscription::Broker(broker.subscribe(frame, sink)),
            Self::Colonies(colonies) => {
                Subscription::Colonies(colonies.follow(frame, sink, admitted))
            }
        }
    }

    /// As [`Backend::subscribe`], unless the embedded broker finds that somebody has signed it whom
    /// `is_other` knows: then the sink comes back. Servers elsewhere do not look.
    pub(crate) fn subscribe_unless(
        &self,
        frame: &Bytes,
        is_other: impl FnOnce(&Id) -> bool,
        sink: Sink,
    ) -> Result<Subscription, Sink> {
        match self {
            Self::Broker(broker) => {
                broker.subscribe_unless(frame, is_other, sink).map(Subscription::Broker)
            }
            Self::Colonies(_) => Err(sink),
        }
    }

    /// Answers what still waits at the embedded broker, and ends it; does nothing about servers
    /// elsewhere. Blocks until that is done.
    pub(crate) fn close(&self) {
        match self {
            Self::Broker(broker) => broker.close(),
            Self::Colonies(_) => {}
        }
    }
}

async fn poll(
    broker: &Broker,
    body: Bytes,
    withdrawn: impl Future<Output = ()> + Send,
) -> Option<Answer> {
    let (sender, mut receiver) = oneshot::channel();
    let respond = Box::new(move |answer: Answer| {
        // Who asked has gone: nobody is left to be answered.
        sender.send(answer).unwrap_or_default();
    });
    let call = broker.call(body, respond);
    tokio::select! {
        biased;
        answer = &mut receiver => return answer.ok(),
        () = withdrawn => {}
    }
    drop(call);
    // It was withdrawn, and nothing comes; or an answer was on its way already.
    receiver.await.ok()
}

async fn ask_unless(
    broker: Broker,
    body: Bytes,
    is_other: impl Fn(&Id) -> bool + Send + 'static,
) -> Result<Result<Answer, Bytes>, Unreachable> {
    let (sender, receiver) = oneshot::channel();
    let respond = Box::new(move |answer: Answer| {
        // Who asked has gone: nobody is left to be answered.
        sender.send(answer).unwrap_or_default();
    });
    let is_long = body.len() > LONG_BYTES;
    let hand_over = move || {
        let call = broker.call_unless(&body, is_other, respond);
        call.map_err(|Screened| body)
    };
    let call = if is_long { spawn_blocking(hand_over).await.ok() } else { Some(hand_over()) };
    match call {
        None => Err(Unreachable::Closed),
        Some(Err(body)) => Ok(Err(body)),
        Some(Ok(call)) => {
            let answer = receiver.await;
            drop(call);
            answer.map(Ok).map_err(|_| Unreachable::Closed)
        }
    }
}

async fn ask<B>(broker: Broker, body: B) -> Result<Answer, Unreachable>
where
    B: AsRef<[u8]> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let respond = Box::new(move |answer: Answer| {
        // Who asked has gone: nobody is left to be answered.
        sender.send(answer).unwrap_or_default();
    });
    let call = if body.as_ref().len() > LONG_BYTES {
        spawn_blocking(move || broker.call(body, respond)).await.ok()
    } else {
        Some(broker.call(body, respond))
    };
    let answer = receiver.await;
    drop(call);
    answer.map_err(|_| Unreachable::Closed)
}
