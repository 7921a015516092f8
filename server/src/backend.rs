//! What stands behind webpool: the embedded broker.

use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::oneshot;
use webpool_broker::{Answer, Broker, Event, Subscription};

/// Where requests go.
#[derive(Clone, Debug)]
pub(crate) enum Backend {
    /// The embedded broker.
    Broker(Broker),
}

/// The backend cannot be reached; why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreachable(pub(crate) String);

impl Backend {
    /// How many requests for work of one type it is asked at once: the broker hands out work exactly,
    /// so all of them.
    pub(crate) const fn polls(&self) -> usize {
        match self {
            Self::Broker(_) => usize::MAX,
        }
    }

    /// How long one request for work waits there, in s.
    pub(crate) const fn poll_s(&self) -> u32 {
        match self {
            Self::Broker(_) => 60,
        }
    }

    /// Sends a request on; its answer.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// # Cancellation
    ///
    /// A request for work is withdrawn; any other is carried out all the same.
    pub(crate) async fn call(&self, body: Bytes) -> Result<Answer, Unreachable> {
        let (sender, receiver) = oneshot::channel();
        let respond = Box::new(move |answer: Answer| {
            // Nobody is left to be answered.
            sender.send(answer).unwrap_or_default();
        });
        let call = match self {
            Self::Broker(broker) => broker.call(body, respond),
        };
        let answer = receiver.await;
        drop(call);
        answer.map_err(|_| Unreachable("the broker is closed".to_owned()))
    }

    /// Begins a subscription; `tell` is told what comes.
    pub(crate) fn subscribe(
        &self,
        frame: Bytes,
        tell: Arc<dyn Fn(Event) + Send + Sync>,
    ) -> Subscription {
        match self {
            Self::Broker(broker) => broker.subscribe(frame, Box::new(move |event| tell(event))),
        }
    }
}
