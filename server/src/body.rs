//! Reads the body of a request, within the limits on its length, its time, and what all long ones
//! take together.
//!
//! A body that is announced takes nothing; what has come of a long one takes [`Room`] from then on,
//! until the request was handled. A client that sends nothing for a while is given up, so is one that
//! is not done in time, waiting for room included.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, StatusCode, header::CONTENT_LENGTH};
use tokio::time::timeout;

use crate::limits::Limits;
use crate::room::{Handling, Room, Taken};

/// Reads bodies.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    limits: Limits,
    room: Room,
}

/// A body, and the room it takes.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    room: Taken,
    handling: Duration,
}

impl Read {
    /// Keeps the room taken until what this returns is dropped; not for ever.
    pub(crate) fn handling(&mut self) -> Handling {
        std::mem::take(&mut self.room).handling(self.handling)
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
    /// Its client has stopped sending for so many seconds.
    #[error("the request broke off: nothing came for {0} s")]
    Stalled(u64),
    /// The connection ended, or what came is no HTTP.
    #[error("the request broke off")]
    Broken,
}

impl Flaw {
    /// The status that says so.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) | Self::Stalled(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

impl Reader {
    /// A reader that gives long bodies a part of `room`.
    pub(crate) const fn new(limits: Limits, room: Room) -> Self {
        Self { limits, room }
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
            let read = self.keep(headers, &mut body).await;
            if let Err(Flaw::TooLong(_)) = read {
                while self.next(&mut body).await?.is_some() {}
            }
            read
        };
        timeout(self.limits.body, read).await.unwrap_or(Err(too_slow))
    }

    async fn keep(&self, headers: &HeaderMap, body: &mut Body) -> Result<Read, Flaw> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let announced: usize = announced.and_then(|length| length.parse().ok()).unwrap_or_default();
        self.check_length(announced)?;
        let bytes = Vec::with_capacity(announced.min(self.limits.long_body_bytes));
        let mut read = Read { bytes, room: Taken::default(), handling: self.limits.handling };
        while let Some(part) = self.next(body).await? {
            let length = read.bytes.len().saturating_add(part.len());
            self.check_length(length)?;
            if length > self.limits.long_body_bytes {
                self.room.take(&mut read.room, length).await;
            }
            read.bytes.extend_from_slice(&part);
        }
        Ok(read)
    }

    fn check_length(&self, length: usize) -> Result<(), Flaw> {
        let limit = self.limits.body_bytes;
        if length > limit { Err(Flaw::TooLong(limit)) } else { Ok(()) }
    }

    /// The next part of a body; none at its end.
    async fn next(&self, body: &mut Body) -> Result<Option<Bytes>, Flaw> {
        let limit = self.limits.body_pause;
        let part = timeout(limit, next_part(body)).await;
        part.unwrap_or(Err(Flaw::Stalled(limit.as_secs())))
    }
}

async fn next_part(body: &mut Body) -> Result<Option<Bytes>, Flaw> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        let Some(frame) = frame else { return Ok(None) };
        // Anything else is trailers, which say nothing here.
        if let Ok(data) = frame.map_err(|_| Flaw::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;

    /// Shorter than anybody waits for.
    const SHORT: Duration = Duration::from_millis(50);

    /// A reader with room for one body.
    fn reader(limits: Limits) -> Reader {
        let limits = Limits { long_body_bytes: 9, body_bytes: 20, all_body_bytes: 20, ..limits };
        Reader::new(limits, Room::new(limits))
    }

    async fn read(reader: &Reader) -> Result<Read, Flaw> {
        reader.read(&HeaderMap::new(), Body::from(vec![b' '; 20])).await
    }

    /// Reads another body while the first keeps its room; the second's reading.
    async fn read_two(reader: &Reader) -> (Handling, JoinHandle<Result<Read, Flaw>>) {
        let mut first = read(reader).await.unwrap();
        assert!(!first.room.is_none());
        let (handling, begun) = (first.handling(), Arc::new(Notify::new()));
        drop(first);
        let (its_reader, its_begun) = (reader.clone(), Arc::clone(&begun));
        let second = tokio::spawn(async move {
            its_begun.notify_one();
            read(&its_reader).await
        });
        begun.notified().await;
        assert!(!second.is_finished(), "the room is taken");
        (handling, second)
    }

    #[tokio::test]
    async fn room_is_taken_until_a_body_was_handled() {
        let (handling, second) = read_two(&reader(Limits::default())).await;
        drop(handling);
        assert!(!second.await.unwrap().unwrap().room.is_none());
    }

    #[tokio::test]
    async fn a_body_that_takes_long_to_handle_gives_its_room_back() {
        let reader = reader(Limits { handling: SHORT, ..Limits::default() });
        let (handling, second) = read_two(&reader).await;
        assert!(!second.await.unwrap().unwrap().room.is_none());
        drop(handling);
    }

    #[tokio::test]
    async fn nobody_waits_for_room_for_ever() {
        let reader = reader(Limits { body: SHORT, ..Limits::default() });
        let (handling, second) = read_two(&reader).await;
        assert_eq!(second.await.unwrap().unwrap_err(), Flaw::TooSlow(0));
        drop(handling);
    }
}
