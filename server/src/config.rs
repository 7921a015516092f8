//! `GET /config.json`: what the page fills its form with.
//!
//! Keys: `mode` (`broker` or `colonies`), `server_url`, `colony`, `executor_type`, `executor_name`,
//! `colony_key` (always empty: a key is given to nobody), `link` (whether this server lets executors
//! in without one), `submit` (whether it lets visitors submit who come from where this is asked),
//! `stale_after_s` (how long the embedded broker bears the silence of an executor; else null), `build`
//! (of the page's files).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use crate::authority::ServerUrl;
use crate::development;
use crate::door::Ends;
use crate::environment::COLONY_NAME;
use crate::keyring::Keyring;
use crate::pages::not_found;

/// What a proxy says about the scheme it was asked with.
pub(crate) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The file that names the build.
const MANIFEST: &str = "manifest.json";

/// The type for executors at the embedded broker.
pub(crate) const BROKER_TYPE: &str = "wasm";

/// Whom the page works for.
#[derive(Debug)]
pub(crate) enum Server {
    /// The broker on the same port.
    Broker {
        /// Its colony.
        colony: String,
        /// How long it bears the silence of an executor, in s.
        stale_after_s: u32,
    },
    /// `ColonyOS` servers behind this one, which lets executors into this colony.
    Gateway(String),
    /// A real server, which the page talks to itself.
    Colonies(ServerUrl),
}

impl Server {
    /// The broker with these keys.
    pub(crate) fn broker(keyring: &Keyring, stale_after_s: u32) -> Self {
        Self::Broker { colony: keyring.colony.clone(), stale_after_s }
    }

    /// How long it bears the silence of an executor, in s, as far as that is known.
    pub(crate) const fn stale_after_s(&self) -> Option<u32> {
        match self {
            Self::Broker { stale_after_s, .. } => Some(*stale_after_s),
            Self::Gateway(_) | Self::Colonies(_) => None,
        }
    }
}

/// What the page is told.
#[derive(Debug)]
struct Config {
    server: Server,
    /// The page's files.
    dist: PathBuf,
    /// Whether visitors may submit who come from elsewhere.
    visitors_submit: bool,
}

/// The route, for the page's files in `dist`.
pub(crate) fn router(server: Server, dist: &Path, visitors_submit: bool) -> Router {
    let config = Config { server, dist: dist.to_owned(), visitors_submit };
    Router::new()
        .route("/config.json", get(answer).fallback(async || not_found()))
        .with_state(Arc::new(config))
}

async fn answer(
    State(config): State<Arc<Config>>,
    ConnectInfo(ends): ConnectInfo<Ends>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let (mode, server_url, colony, is_linked) = match &config.server {
        Server::Broker { colony, .. } => ("broker", own_url(&headers), colony.clone(), true),
        Server::Gateway(colony) => ("colonies", own_url(&headers), colony.clone(), true),
        Server::Colonies(server) => ("colonies", server.to_string(), named_colony(), false),
    };
    let executor_type = match &config.server {
        Server::Broker { .. } => BROKER_TYPE.to_owned(),
        Server::Gateway(_) | Server::Colonies(_) => suggested_type(&colony),
    };
    let may_submit = config.visitors_submit || ends.is_here(&headers);
    let body = json!({
        "mode": mode,
        "server_url": server_url,
        "colony": colony,
        "executor_type": executor_type,
        "executor_name": "webpool",
        "colony_key": "",
        "link": is_linked,
        "submit": is_linked && may_submit,
        "stale_after_s": config.server.stale_after_s(),
        "build": read_build(&config.dist).await,
    });
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body.to_string())
}

/// This server's address as the browser has it, also where a proxy speaks https for it.
pub(crate) fn own_url(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let scheme = if is_https(headers) { "https" } else { "http" };
    format!("{scheme}://{}", text(HOST).unwrap_or_default())
}

/// Whether a proxy says that it was asked over https.
pub(crate) fn is_https(headers: &HeaderMap) -> bool {
    headers.get(FORWARDED_PROTO).is_some_and(|scheme| scheme == "https")
}

/// The type for executors at a `ColonyOS` server: it names the colony, since such a server wakes
/// pollers by type alone, whatever their colony.
pub(crate) fn suggested_type(colony: &str) -> String {
    format!("wasm-{colony}")
}

/// The colony at a `ColonyOS` server: the one that the environment names.
pub(crate) fn named_colony() -> String {
    let colony = std::env::var(COLONY_NAME).ok().filter(|name| !name.is_empty());
    colony.unwrap_or_else(|| development::COLONY.to_owned())
}

/// The build of the page's files in `dist`; empty if there is none.
pub(crate) fn build(dist: &Path) -> String {
    build_of(&std::fs::read(dist.join(MANIFEST)).unwrap_or_default())
}

/// The same, without holding up others.
pub(crate) async fn read_build(dist: &Path) -> String {
    build_of(&tokio::fs::read(dist.join(MANIFEST)).await.unwrap_or_default())
}

/// The manifest's `build`; empty if there is none.
fn build_of(manifest: &[u8]) -> String {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap_or_default();
    manifest.get("build").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
