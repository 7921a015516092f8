//! Reads the body of a request, within the limits on its length, its time, and how many long ones
//! are read at once.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, StatusCode, header::CONTENT_LENGTH};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Limits;

/// Reads bodies.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    limits: Limits,
    /// Room for long bodies.
    room: Arc<Semaphore>,
}

/// A body, and the room it takes.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

impl Read {
    /// Whether it is a long one, that takes a while to go through.
    pub(crate) fn is_long(&self) -> bool {
        self.room.is_some()
    }
}

/// Why a body is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    /// Over the limit, in bytes.
    #[error("the request is too long, allowed are {0} bytes")]
    TooLong(usize),
    /// Not complete in time, in seconds.
    #[error("the request did not arrive within {0} s")]
    TooSlow(u64),
    /// The connection ended, or what came is no HTTP.
    #[error("the request broke off")]
    Broken,
}

impl Flaw {
    /// The status that says so.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

impl Reader {
    /// A reader with room for as many long bodies as `limits` says.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, room: Arc::new(Semaphore::new(limits.long_bodies)) }
    }

    /// Reads a body to its end. One that is too long is read past, since most clients listen for an
    /// answer only after they have sent everything.
    ///
    /// # Errors
    ///
    /// A [`Flaw`].
    ///
    /// # Cancellation
    ///
    /// The body is lost.
    pub(crate) async fn read(&self, headers: &HeaderMap, mut body: Body) -> Result<Read, Flaw> {
        let too_slow = Flaw::TooSlow(self.limits.body.as_secs());
        let read = async {
            let read = self.read_patiently(headers, &mut body).await;
            if let Err(Flaw::TooLong(_)) = read {
                while next(&mut body).await?.is_some() {}
            }
            read
        };
        tokio::time::timeout(self.limits.body, read).await.unwrap_or(Err(too_slow))
    }

    async fn read_patiently(&self, headers: &HeaderMap, body: &mut Body) -> Result<Read, Flaw> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let announced: usize = announced.and_then(|length| length.parse().ok()).unwrap_or_default();
        let mut read = Read { bytes: Vec::new(), room: None };
        self.make_room(&mut read, announced).await?;
        read.bytes.reserve(announced);
        while let Some(part) = next(body).await? {
            self.make_room(&mut read, part.len()).await?;
            read.bytes.extend_from_slice(&part);
        }
        Ok(read)
    }

    /// Sees to it that `more` bytes may follow; waits for its turn if it becomes a long body.
    async fn make_room(&self, read: &mut Read, more: usize) -> Result<(), Flaw> {
        let length = read.bytes.len().saturating_add(more);
        if length > self.limits.body_bytes {
            return Err(Flaw::TooLong(self.limits.body_bytes));
        }
        if length > self.limits.long_body_bytes && read.room.is_none() {
            let room = Arc::clone(&self.room).acquire_owned().await;
            read.room = Some(room.map_err(|_| Flaw::Broken)?);
        }
        Ok(())
    }
}

/// The next part of a body; none at its end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Flaw> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        let Some(frame) = frame else { return Ok(None) };
        // Anything else is trailers, which say nothing here.
        if let Ok(data) = frame.map_err(|_| Flaw::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
}
