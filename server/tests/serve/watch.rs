//! What an operator watches: health, figures, the log.

use std::process::Stdio;
use std::sync::Arc;

use crate::support::{Folder, OWNER_KEY, Server, header, http, webpool};

/// The value of one line of the figures, asked on a connection that ends then.
async fn figure(server: &Server, name: &str) -> u64 {
    let answer = server.get("/metrics", &[("connection", "close")]).await;
    assert_eq!(header(&answer, "content-type"), "text/plain; version=0.0.4");
    let text = answer.text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}")).parse().unwrap()
}

/// Waits until one line of the figures has a value: connections end a moment after their answers.
async fn settle(server: &Server, name: &str, value: u64) {
    let settles = async { while figure(server, name).await != value {} };
    tokio::time::timeout(crate::broker::PATIENCE, settles).await.unwrap();
}

#[tokio::test]
async fn figures_follow_what_happens() {
    let server = Server::start(&[]);
    settle(&server, "webpool_connections", 1).await;
    assert_eq!(figure(&server, "webpool_websockets").await, 0);
    let refused = figure(&server, "webpool_requests_total{status=\"4xx\"}").await;
    server.get("/none", &[("connection", "close")]).await;
    assert_eq!(figure(&server, "webpool_requests_total{status=\"4xx\"}").await, refused + 1);
    let url = format!("ws{}/pubsub", &server.url[4..]);
    let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    assert_eq!(figure(&server, "webpool_websockets").await, 1);
    settle(&server, "webpool_connections", 2).await;
    drop(socket);
    settle(&server, "webpool_websockets", 0).await;
    settle(&server, "webpool_connections", 1).await;
    let limited = "webpool_rate_limited_total{kind=\"request\"}";
    assert_eq!(figure(&server, limited).await, 0);
    let slow = Server::start(&["--rate-limit", "1000"]);
    let version = format!("webpool_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(figure(&slow, &version).await, 1);
}

#[tokio::test]
async fn who_is_refused_sees_no_figures() {
    let server = Server::start(&[]);
    for path in ["/metrics", "/healthz"] {
        assert_eq!(server.get(path, &[("host", "evil.test")]).await.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn health_is_that_of_whoever_does_the_work() {
    let server = Server::start(&[]);
    let check = async |server: &Server, status: u16, body: &str| {
        let answer = server.get("/healthz", &[]).await;
        assert_eq!(answer.status(), status);
        assert_eq!(header(&answer, "cache-control"), "no-store");
        assert_eq!(answer.text().await.unwrap(), body);
    };
    check(&server, 200, r#"{"status":"ok"}"#).await;
    let before = Server::start(&["--colonies", &server.url]);
    check(&before, 200, r#"{"status":"ok"}"#).await;
    let url = server.url.clone();
    drop(server);
    assert!(http().get(url).send().await.is_err());
    let ends = async { while before.get("/healthz", &[]).await.status() == 200 {} };
    tokio::time::timeout(crate::broker::PATIENCE, ends).await.unwrap();
    check(&before, 503, r#"{"status":"unreachable"}"#).await;
}

#[tokio::test]
async fn a_log_of_json_says_who_was_refused_and_no_secret() {
    let folder = Arc::new(Folder::new());
    let mut command = webpool(folder.path());
    command.env("RUST_LOG", "debug").args(["--log-format", "json", "serve", "--port", "0"]);
    let log = folder.path().join("log");
    command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
    let server = Server::of(command, Arc::clone(&folder));
    server.get("/index.html?token=secret", &[("origin", "https://evil.test")]).await;
    let body = format!(r#"{{"payload":"{OWNER_KEY}","payloadtype":"x","signature":"y"}}"#);
    http().post(format!("{}/api", server.url)).body(body).send().await.unwrap();
    assert_eq!(server.terminate(), Some(0));
    let text = std::fs::read_to_string(log).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_refusal = |line: &&serde_json::Value| line["fields"]["path"] == "/index.html";
    assert_eq!(lines.iter().filter(is_refusal).count(), 1, "{text}");
    assert!(!text.contains("secret") && !text.contains(OWNER_KEY), "{text}");
}
