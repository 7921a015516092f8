//! What the routes of a ColonyOS server talk to: what stands behind webpool, with the office before
//! it where somebody may come by link.
//!
//! Whoever came by link is judged by the office, whichever way a request comes. All others pass. The
//! embedded broker is asked who has signed; before servers elsewhere the office reads every envelope
//! itself, so that none can be read otherwise there, and lets members of the colony alone follow
//! what happens.

use axum::body::Bytes;

use crate::backend::{Answer, Backend, Sink, Subscription, Unreachable};
use crate::link::Office;

/// Where the routes' requests go.
#[derive(Clone)]
pub(crate) enum Front {
    /// Straight on: nobody comes by link.
    Open(Backend),
    /// Past the office.
    Guarded(Office),
}

impl Front {
    /// Carries out the body of one `POST /api`.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// # Cancellation
    ///
    /// As [`Backend::call`].
    pub(crate) async fn call(&self, body: Bytes) -> Result<Answer, Unreachable> {
        let office = match self {
            Self::Open(backend) => {
                let wait = backend.wait(&body);
                return backend.call(body, wait).await;
            }
            Self::Guarded(office) => office,
        };
        let strangers = office.clone();
        let is_stranger = move |id: &_| strangers.is_stranger(id);
        match office.backend().call_unless(body, is_stranger).await? {
            Ok(answer) => Ok(answer),
            Err(body) => office.handle(None, body).await,
        }
    }

    /// Carries out one frame that came over `/pubsub`; what comes of it goes to `sink`.
    pub(crate) fn subscribe(&self, frame: Bytes, sink: Sink) -> Subscription {
        let office = match self {
            Self::Open(backend) => return backend.subscribe(frame, sink),
            Self::Guarded(office) => office,
        };
        let backend = office.backend();
        match backend.subscribe_unless(&frame, |id| office.is_stranger(id), sink) {
            Ok(subscription) => subscription,
            Err(sink) => match office.judge_frame(&frame) {
                Ok(None) => backend.subscribe(frame, sink),
                Ok(Some(signer)) => {
                    let asking = office.clone();
                    let admitted = async move { asking.admit_follower(&signer).await };
                    backend.subscribe_if(frame, sink, admitted)
                }
                Err(refusal) => {
                    sink(refusal);
                    Subscription::none()
                }
            },
        }
    }

    /// What stands behind.
    pub(crate) fn backend(&self) -> &Backend {
        match self {
            Self::Open(backend) => backend,
            Self::Guarded(office) => office.backend(),
        }
    }
}
