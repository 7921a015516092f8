//! `GET /config.json`: what the page fills its form with.
//!
//! Keys: `mode` (`broker` or `colonies`), `server_url`, `colony`, `executor_type`, `executor_name`,
//! `colony_key` (empty unless it is the development one), `build` (of the page's files). The route
//! stands behind [`crate::guard`], so the key is only ever given to this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use crate::authority::ServerUrl;
use crate::development;
use crate::environment::COLONY_NAME;
use crate::pages::not_found;

/// What the page is told.
#[derive(Debug)]
struct Config {
    /// The real server, if there is no broker here.
    colonies: Option<ServerUrl>,
    /// The file that names the build.
    manifest: PathBuf,
}

/// The route, for the page's files in `dist`.
pub(crate) fn router(colonies: Option<ServerUrl>, dist: &Path) -> Router {
    let config = Config { colonies, manifest: dist.join("manifest.json") };
    Router::new()
        .route("/config.json", get(answer).fallback(async || not_found()))
        .with_state(Arc::new(config))
}

async fn answer(State(config): State<Arc<Config>>, headers: HeaderMap) -> impl IntoResponse {
    let manifest = tokio::fs::read(&config.manifest).await.unwrap_or_default();
    let build = build_of(&manifest);
    let body = match &config.colonies {
        None => for_broker(headers.get(HOST).and_then(|host| host.to_str().ok()), &build),
        Some(server) => for_colonies(server, &build),
    };
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body)
}

fn for_broker(host: Option<&str>, build: &str) -> String {
    let config = json!({
        "mode": "broker",
        "server_url": format!("http://{}", host.unwrap_or_default()),
        "colony": development::COLONY,
        "executor_type": "wasm",
        "executor_name": "webpool",
        "colony_key": development::COLONY_KEY,
        "build": build,
    });
    config.to_string()
}

/// The type for executors at a `ColonyOS` server: it names the colony, since such a server wakes
/// pollers by type alone, whatever their colony.
pub(crate) fn suggested_type(colony: &str) -> String {
    format!("wasm-{colony}")
}

fn for_colonies(server: &ServerUrl, build: &str) -> String {
    let colony = std::env::var(COLONY_NAME).ok().filter(|name| !name.is_empty());
    let colony = colony.unwrap_or_else(|| development::COLONY.to_owned());
    let config = json!({
        "mode": "colonies",
        "server_url": server.to_string(),
        "colony": colony,
        "executor_type": suggested_type(&colony),
        "executor_name": "webpool",
        "colony_key": "",
        "build": build,
    });
    config.to_string()
}

/// The manifest's `build`; empty if there is none.
fn build_of(manifest: &[u8]) -> String {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap_or_default();
    manifest.get("build").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
