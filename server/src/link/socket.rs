//! The WebSocket of a link, and what may come over it.
//!
//! Until somebody has proved who it is only a few bytes are read. From then on a frame may be as long
//! as a request: what has come of a long one takes [`Room`], as a body does, until its request was
//! handled, and it has to be complete in the time of a body. Bytes that come are a sign of life, for in
//! the middle of a frame nobody can answer a ping.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::{io, mem};

use futures_util::{SinkExt, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use webpool_wire::link::FromGateway;

use crate::limits::Limits;
use crate::room::{Handling, Room, Taken};

/// The longest frame, in bytes: a request of 64 MB in JSON.
const MAX_FRAME_BYTES: usize = 72 << 20;

/// The buffer for reading, in bytes: most frames are short, and there are many sockets.
const READ_BUFFER_BYTES: usize = 4096;

/// What may come before somebody is known, in bytes; the frame around it included.
const MAX_STRANGE_BYTES: usize = super::MAX_HELLO_BYTES + 1024;

/// What a short frame has around its payload, in bytes: that of pings and pongs.
const SHORT_FRAME_BYTES: usize = 6;

/// How long a client may take for one frame; one that takes nothing of it is given up earlier.
const SEND: Duration = Duration::from_mins(5);

/// The socket.
#[derive(Debug)]
pub(super) struct Socket<I>(WebSocketStream<Metered<I>>);

/// What came.
#[derive(Debug)]
pub(super) enum Came {
    /// A frame, and what keeps the room that a long one takes.
    Text(Utf8Bytes, Handling),
    /// A ping or a pong.
    Pulse,
    /// A farewell, with its code.
    Farewell(Option<u16>),
    /// Nothing more will come; or something that nobody says here.
    End,
}

impl<I: AsyncRead + AsyncWrite + Unpin> Socket<I> {
    /// A WebSocket of somebody who is not known yet.
    pub(super) async fn new(io: I, limits: Limits, room: Room) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let io = Metered::new(io, limits, room);
        Self(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await)
    }

    /// From now on it is known who is there.
    pub(super) fn trust(&mut self) {
        self.0.get_mut().most = usize::MAX;
    }

    /// The next that comes.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(super) async fn hear(&mut self) -> Came {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Came::Text(text, self.0.get_mut().end_frame()),
            Some(Ok(Message::Ping(payload) | Message::Pong(payload))) => {
                self.0.get_mut().forget(SHORT_FRAME_BYTES + payload.len());
                Came::Pulse
            }
            Some(Ok(Message::Close(frame))) => Came::Farewell(frame.map(|frame| frame.code.into())),
            None | Some(Err(_) | Ok(Message::Binary(_) | Message::Frame(_))) => Came::End,
        }
    }

    /// Whether anything has come since this was last asked.
    pub(super) fn was_heard(&mut self) -> bool {
        mem::take(&mut self.0.get_mut().is_heard)
    }

    /// Whether a part of a long frame has come, and not yet all of it.
    pub(super) fn is_in_long_frame(&mut self) -> bool {
        self.0.get_mut().long_since.is_some()
    }

    /// Whether a long frame takes longer than it may.
    pub(super) fn is_too_slow(&mut self) -> bool {
        let Metered { long_since, limits, .. } = self.0.get_mut();
        long_since.is_some_and(|since| since.elapsed() > limits.body)
    }

    /// Sends a frame; none if the client does not take it.
    pub(super) async fn say(&mut self, frame: &FromGateway) -> Option<()> {
        let text = serde_json::to_string(frame).unwrap_or_default();
        timeout(SEND, self.0.send(Message::text(text))).await.ok()?.ok()
    }

    /// Asks whether the client is there. A socket that cannot be written to is found out by the next
    /// look at it.
    pub(super) async fn ping(&mut self) {
        drop(timeout(SEND, self.0.send(Message::Ping(Bytes::new()))).await);
    }

    /// Answers a farewell, or says one, within `limit`. Firefox takes a connection that ends without
    /// one for a failure, and after several lets nobody connect to this server for up to a minute.
    pub(super) async fn end(mut self, limit: Duration) {
        drop(timeout(limit, SinkExt::close(&mut self.0)).await);
    }

    /// Says within `limit` that the server ends; whether it is heard or not, the socket ends.
    pub(super) async fn say_farewell(&mut self, limit: Duration) {
        let frame = CloseFrame { code: CloseCode::Away, reason: "the server ends".into() };
        drop(timeout(limit, self.0.send(Message::Close(Some(frame)))).await);
    }
}

/// A connection that counts what comes.
struct Metered<I> {
    io: I,
    limits: Limits,
    room: Room,
    /// What has come since the last whole frame, in bytes.
    length: usize,
    /// How much that may be.
    most: usize,
    taken: Taken,
    /// Waits for room.
    waiting: Option<Pin<Box<dyn Future<Output = Taken> + Send>>>,
    /// Since when a frame is a long one.
    long_since: Option<Instant>,
    is_heard: bool,
}

impl<I> std::fmt::Debug for Metered<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metered").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<I> Metered<I> {
    fn new(io: I, limits: Limits, room: Room) -> Self {
        Self {
            io,
            limits,
            room,
            length: 0,
            most: MAX_STRANGE_BYTES,
            taken: Taken::default(),
            waiting: None,
            long_since: None,
            is_heard: false,
        }
    }

    /// A frame is complete; it keeps its room until it was handled.
    fn end_frame(&mut self) -> Handling {
        (self.length, self.long_since) = (0, None);
        mem::take(&mut self.taken).handling(self.limits.handling)
    }

    /// These bytes are no part of a longer frame.
    fn forget(&mut self, bytes: usize) {
        self.length = self.length.saturating_sub(bytes);
    }

    /// Ready when there is room for more.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.length > self.limits.long_body_bytes {
            self.long_since.get_or_insert_with(Instant::now);
            let waiting = self.waiting.get_or_insert_with(|| {
                let (room, length) = (self.room.clone(), self.length);
                let mut taken = mem::take(&mut self.taken);
                Box::pin(async move {
                    room.take(&mut taken, length).await;
                    taken
                })
            });
            self.taken = ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        Poll::Ready(())
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Metered<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.length > self.most {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        ready!(self.poll_room(context));
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        let came = buffer.filled().len().saturating_sub(before);
        self.length = self.length.saturating_add(came);
        self.is_heard |= came > 0;
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Metered<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
