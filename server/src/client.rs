//! One signed request over HTTP, with the error a reader of the protocol expects.

use std::time::Duration;

use webpool_colony::{Error as ColonyError, PrivateKey, Request};

use crate::authority::ServerUrl;
use crate::config;
use crate::error::Error;

/// How long a connection may take to open.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request may take; none of them waits at the server.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest reply that is read, in bytes (256 MB): a process has what was submitted, what its
/// parents and itself put out, at a broker of this program at most 64 MB each.
const MAX_REPLY_BYTES: u64 = 256 << 20;

/// A user of a colony, and the server to talk to.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    server: ServerUrl,
    key: PrivateKey,
}

impl Client {
    /// Makes a client; nothing is sent. A server on this machine is never asked through a proxy.
    ///
    /// # Errors
    ///
    /// [`Error::Http`] if the TLS library cannot start.
    pub(crate) fn new(server: ServerUrl, key: PrivateKey) -> Result<Self, Error> {
        let builder =
            reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT);
        let builder = if server.is_loopback() { builder.no_proxy() } else { builder };
        Ok(Self { http: builder.build().map_err(Error::Http)?, server, key })
    }

    /// Sends a request and reads its reply.
    ///
    /// # Errors
    ///
    /// What the request came to instead, as [`webpool_colony::Error`].
    ///
    /// # Cancellation
    ///
    /// The server may carry the request out all the same.
    pub(crate) async fn send<R: Request + Sync>(
        &self,
        request: &R,
    ) -> Result<R::Reply, ColonyError> {
        let (status, body) = self.post(request.seal(&self.key)).await?;
        R::read(status, &body)
    }

    /// The executor type that a page suggests for this server: what its configuration says, if it
    /// has one as an embedded broker does; else `wasm-` and the colony's name.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(crate) async fn suggested_type(&self, colony: &str) -> String {
        let configured = self.configured_type().await;
        configured.unwrap_or_else(|| config::suggested_type(colony))
    }

    async fn configured_type(&self) -> Option<String> {
        let response = self.http.get(self.server.to_config()).send().await.ok()?;
        let body = read_body(response.error_for_status().ok()?).await.ok()?;
        let config: serde_json::Value = serde_json::from_slice(&body).ok()?;
        Some(config.get("executor_type")?.as_str()?.to_owned())
    }

    async fn post(&self, body: String) -> Result<(u16, Vec<u8>), ColonyError> {
        let response =
            self.http.post(self.server.to_api()).body(body).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        Ok((status, read_body(response).await?))
    }

    /// Says which server an error is about.
    pub(crate) fn blame(&self, source: ColonyError) -> Error {
        Error::Request { server: self.server.to_string(), source }
    }
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, ColonyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&chunk);
        let size_bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if size_bytes > MAX_REPLY_BYTES {
            return Err(ColonyError::TooLarge { size_bytes, limit_bytes: MAX_REPLY_BYTES });
        }
    }
    Ok(body)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` asks for")]
fn unreachable(error: reqwest::Error) -> ColonyError {
    ColonyError::Unreachable { reason: innermost(&error) }
}

/// The innermost cause of an error: the outer ones repeat the address.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::post;
    use tokio::net::TcpListener;
    use webpool_colony::envelope::ReplyEnvelope;
    use webpool_colony::reply::MAX_REPLY_BYTES as MAX_REPLY_BYTES_OF_A_BROWSER;
    use webpool_colony::request::RemoveProcess;

    use super::*;

    #[tokio::test]
    async fn reads_what_no_browser_would() {
        let padding = " ".repeat(usize::try_from(MAX_REPLY_BYTES_OF_A_BROWSER).unwrap());
        let body = ReplyEnvelope::success(RemoveProcess::TYPE, "{}").to_body() + &padding;
        let routes = Router::new().route("/api", post(async move || body));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(axum::serve(listener, routes).into_future());
        let client = Client::new(server, PrivateKey::generate()).unwrap();
        client.send(&RemoveProcess { processid: String::new() }).await.unwrap();
    }
}
