//! A request that becomes a WebSocket.

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::SEC_WEBSOCKET_VERSION;
use axum::response::{IntoResponse as _, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// What becomes of the connection.
pub(crate) type Io = TokioIo<Upgraded>;

/// Agrees to make a WebSocket of the request's connection; who asks for something else is told
/// `otherwise`, and the connection stays what it is.
pub(crate) fn agree(request: &mut Request, otherwise: &'static str) -> (Response, Option<Upgrade>) {
    if let Ok(agreed) = create_response_with_body(request, Body::empty) {
        return (agreed, Some(Upgrade(hyper::upgrade::on(request))));
    }
    let version = [(SEC_WEBSOCKET_VERSION, "13")];
    ((StatusCode::BAD_REQUEST, version, otherwise).into_response(), None)
}

/// A connection that is on its way to become a WebSocket.
pub(crate) struct Upgrade(OnUpgrade);

impl Upgrade {
    /// Waits for the connection; none if the client does not go through with it.
    pub(crate) async fn finish(self) -> Option<Io> {
        match self.0.await {
            Ok(io) => Some(TokioIo::new(io)),
            Err(error) => {
                tracing::debug!("a connection became no WebSocket: {error:#}");
                None
            }
        }
    }
}
