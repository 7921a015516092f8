//! One address of a ColonyOS server: a request, a WebSocket, and what can go wrong with them.
//!
//! Connections are kept alive and used again. A server on this machine is never asked through a
//! proxy; no redirection is followed.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::redirect::Policy;
use reqwest::{Response, Upgraded};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use webpool_broker::Answer;
use webpool_colony::envelope::ReplyEnvelope;

use crate::authority::ServerUrl;
use crate::client::{CONNECT_TIMEOUT, innermost};
use crate::error::Error;

/// How long an answer may take, beyond the time for which the request waits for work.
const ANSWER_TIME: Duration = Duration::from_secs(20);

/// How much longer it may take for each MiB of the request.
const TIME_PER_MIB: Duration = Duration::from_secs(1);

/// How long an unused connection is kept: less than any server keeps it.
const IDLE_TIME: Duration = Duration::from_secs(20);

/// How often the system asks whether a silent connection is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The longest answer and the longest frame, in bytes (64 MB).
pub(super) const MAX_ANSWER_BYTES: usize = 64 << 20;

/// The buffer for reading from a WebSocket, in bytes: most frames are short.
const READ_BUFFER_BYTES: usize = 4096;

/// A WebSocket to a server.
pub(super) type Socket = WebSocketStream<Upgraded>;

/// One address.
#[derive(Debug)]
pub(super) struct Remote {
    url: ServerUrl,
    http: reqwest::Client,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no connection: nothing was sent.
    Unsent(String),
    /// What was sent may have been carried out.
    Lost(String),
    /// It was carried out; the answer is over [`MAX_ANSWER_BYTES`].
    TooLong,
}

impl Failure {
    fn lost(error: &reqwest::Error) -> Self {
        Self::Lost(innermost(error))
    }

    fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() { Self::Unsent(innermost(error)) } else { Self::lost(error) }
    }
}

impl Remote {
    /// Prepares a client; nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Http`] if the TLS library cannot start.
    pub(super) fn new(url: ServerUrl) -> Result<Self, Error> {
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIME)
            .tcp_keepalive(KEEPALIVE)
            .redirect(Policy::none())
            .http1_only();
        let builder = if url.is_loopback() { builder.no_proxy() } else { builder };
        Ok(Self { http: builder.build().map_err(Error::Http)?, url })
    }

    /// Its address.
    pub(super) fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// Sends a request that may wait for so long, and reads its answer.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    ///
    /// # Cancellation
    ///
    /// The connection is closed; the request may be carried out all the same.
    pub(super) async fn post(&self, body: Bytes, wait: Duration) -> Result<Answer, Failure> {
        let limit = wait.saturating_add(answer_time(body.len()));
        let request = self.http.post(self.url.to_api()).body(body).timeout(limit);
        let response = request.send().await.map_err(|error| Failure::of(&error))?;
        let status = response.status().as_u16();
        let body = read_body(response).await?;
        if matches!(status, 502..=504) && !is_reply(&body) {
            return Err(Failure::Lost(format!("a proxy in front of it answers {status}")));
        }
        let body = String::from_utf8(body);
        let body = body.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into());
        Ok(Answer { status, body })
    }

    /// Opens a WebSocket to `/pubsub`.
    ///
    /// # Errors
    ///
    /// A [`Failure`]; nothing was carried out in any case.
    ///
    /// # Cancellation
    ///
    /// The connection is closed.
    pub(super) async fn open(&self) -> Result<Socket, Failure> {
        let opening = timeout(ANSWER_TIME, self.upgrade()).await;
        let connection =
            opening.unwrap_or_else(|_| Err(Failure::Lost("no answer in time".to_owned())))?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .max_message_size(Some(MAX_ANSWER_BYTES))
            .max_frame_size(Some(MAX_ANSWER_BYTES));
        Ok(WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await)
    }

    async fn upgrade(&self) -> Result<Upgraded, Failure> {
        let key = generate_key();
        let request = self.http.get(self.url.to_pubsub());
        let request = request
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = request.send().await.map_err(|error| Failure::of(&error))?;
        let status = response.status().as_u16();
        let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(AsRef::as_ref);
        if status != 101 || accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(Failure::Lost(format!("no WebSocket, but the status {status}")));
        }
        response.upgrade().await.map_err(|error| Failure::lost(&error))
    }
}

/// How long an answer to a body of so many bytes may take.
fn answer_time(length: usize) -> Duration {
    let mib = u32::try_from(length >> 20).unwrap_or(u32::MAX);
    ANSWER_TIME.saturating_add(TIME_PER_MIB.saturating_mul(mib))
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| Failure::lost(&error))? {
        if body.len().saturating_add(part.len()) > MAX_ANSWER_BYTES {
            return Err(Failure::TooLong);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// Whether a body is an answer of the protocol, which no proxy gives.
fn is_reply(body: &[u8]) -> bool {
    let reply = serde_json::from_slice::<ReplyEnvelope>(body);
    reply.is_ok_and(|reply| !reply.payloadtype.is_empty())
}
