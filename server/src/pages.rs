//! The files of the page: types, compression and caching.
//!
//! A name with a content hash (`-<16 hex digits>.`) never changes its content: browsers keep such a
//! file for a year, and its compressed form is kept here in memory, so that many workers that fetch
//! one script at once cost one compression. Every other file is asked for again each time and
//! answered with 304 while its `ETag` (a hash of the content) is the same.
//!
//! A worker takes its content security policy from the response that carries its script: the one of
//! the compute worker forbids every connection. Headers that all answers share are in
//! [`crate::headers`].

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH,
    LAST_MODIFIED, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::OnceCell;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;

use crate::error::Error;

/// For files whose name changes with their content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For files that must be asked for again.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// For the compute worker: it runs what it was started with, and talks to its parent only.
const COMPUTE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'none'",
);

/// Brotli and gzip level: a few percent larger than the best, and ten times faster.
const COMPRESSION_LEVEL: i32 = 9;

/// The largest file that is served, in bytes (256 MB).
const MAX_FILE_BYTES: usize = 256 << 20;

/// Checks that the page has been built.
///
/// # Errors
///
/// [`Error::MissingPage`].
pub(crate) fn check(dist: &Path) -> Result<(), Error> {
    let index = dist.join("index.html");
    if index.is_file() { Ok(()) } else { Err(Error::MissingPage(index)) }
}

/// Serves the files of `dist` and nothing outside it; folders are not listed.
pub(crate) fn router(dist: PathBuf) -> Router {
    Router::new()
        .fallback_service(ServeDir::new(dist))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(COMPRESSION_LEVEL)))
        .layer(from_fn_with_state(Arc::new(Kept::default()), answer))
        .layer(from_fn(only_get))
}

/// The answer to everything that is not there.
pub(crate) fn not_found() -> Response {
    let text = HeaderValue::from_static("text/plain");
    (StatusCode::NOT_FOUND, [(axum::http::header::CONTENT_TYPE, text)], "404 page not found")
        .into_response()
}

async fn only_get(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return not_found();
    }
    next.run(request).await
}

/// What is kept of an immutable file, by its path and its encoding.
#[derive(Debug, Default)]
struct Kept(Mutex<HashMap<Key, Arc<OnceCell<Whole>>>>);

type Key = (String, &'static str);

/// A response in memory.
#[derive(Clone, Debug)]
struct Whole {
    headers: HeaderMap,
    body: Bytes,
}

impl Whole {
    fn to_response(&self) -> Response {
        (self.headers.clone(), self.body.clone()).into_response()
    }
}

async fn answer(State(kept): State<Arc<Kept>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let encoding = best_encoding(request.headers());
    let condition = request.headers().get(IF_NONE_MATCH).cloned();
    let Some(inner) = inner_request(&request, encoding) else {
        return not_found();
    };
    if !has_content_hash(&path) {
        let Some(mut whole) = load(inner, next).await else { return not_found() };
        finish(&mut whole.headers, &path, REVALIDATE);
        return revalidated(whole, condition.as_ref());
    }
    let key = (path, encoding);
    let cell = Arc::clone(kept.lock().entry(key.clone()).or_default());
    let Ok(whole) = cell.get_or_try_init(async || load(inner, next).await.ok_or(())).await else {
        kept.lock().remove(&key);
        return not_found();
    };
    let mut whole = whole.clone();
    finish(&mut whole.headers, &key.0, FOR_EVER);
    whole.to_response()
}

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<OnceCell<Whole>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same request without conditions and ranges, for the whole file in one encoding.
fn inner_request(request: &Request, encoding: &'static str) -> Option<Request> {
    Request::builder()
        .uri(request.uri().path())
        .header(ACCEPT_ENCODING, encoding)
        .body(Body::empty())
        .ok()
}

async fn load(request: Request, next: Next) -> Option<Whole> {
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return None;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_FILE_BYTES).await.ok()?;
    for stale in [CONTENT_LENGTH, LAST_MODIFIED, HeaderName::from_static("accept-ranges")] {
        parts.headers.remove(stale);
    }
    Some(Whole { headers: parts.headers, body })
}

fn finish(headers: &mut HeaderMap, path: &str, caching: HeaderValue) {
    headers.insert(CACHE_CONTROL, caching);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.starts_with("compute-") && has_extension(name, "js") {
        headers.insert(CONTENT_SECURITY_POLICY, COMPUTE_POLICY);
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

fn revalidated(whole: Whole, condition: Option<&HeaderValue>) -> Response {
    let mut hasher = DefaultHasher::new();
    whole.body.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let known = condition.and_then(|condition| condition.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut headers = whole.headers;
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    Whole { headers, body: whole.body }.to_response()
}

/// The best encoding the client takes.
fn best_encoding(headers: &HeaderMap) -> &'static str {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepted = accepted.unwrap_or_default();
    let takes = |encoding: &str| {
        accepted.split(',').any(|item| {
            let (name, quality) = item.split_once(';').unwrap_or((item, ""));
            let quality = quality.trim().strip_prefix("q=").and_then(|q| q.parse::<f64>().ok());
            name.trim() == encoding && quality.is_none_or(|quality| quality > 0.0)
        })
    };
    ["br", "gzip"].into_iter().find(|encoding| takes(encoding)).unwrap_or("identity")
}

/// Whether a path is a file of the top folder with 16 hex digits between its last `-` and the
/// next `.`.
fn has_content_hash(path: &str) -> bool {
    let name = path.strip_prefix('/').unwrap_or(path);
    let hash = name.rsplit_once('-').and_then(|(_, rest)| rest.split_once('.'));
    hash.is_some_and(|(hash, extension)| {
        let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash && !extension.is_empty() && !name.contains(['/', '%'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_content_hash() {
        for path in ["/page-0123456789abcdef.js", "/a-b-0123456789abcdef.wasm"] {
            assert!(has_content_hash(path), "{path}");
        }
        let others = [
            "/",
            "/index.html",
            "/page-0123456789abcde.js",
            "/page-0123456789abcdef",
            "/page-0123456789abcdeg.js",
            "/x/page-0123456789abcdef.js",
            "/0123456789abcdef.js",
            "/%2e/page-0123456789abcdef.js",
            "/page-0123456789abcdef.",
        ];
        for path in others {
            assert!(!has_content_hash(path), "{path}");
        }
    }

    #[test]
    fn encodings() {
        let check = |accepted: &'static str, expected| {
            let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(accepted))];
            assert_eq!(best_encoding(&headers.into_iter().collect()), expected, "{accepted}");
        };
        check("gzip, deflate, br, zstd", "br");
        check("gzip;q=1.0, br;q=0", "gzip");
        check("deflate", "identity");
        check("", "identity");
    }
}
