//! The page's files: types, caching, compression, and nothing beside them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::{SCRIPT, Server, header};

#[tokio::test]
async fn every_file_has_its_type() {
    let server = Server::start(&[]);
    let types = [
        ("/", "text/html"),
        ("/index.html", "text/html"),
        ("/manifest.json", "application/json"),
        ("/pool.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/page-fedcba9876543210.wasm", "application/wasm"),
    ];
    for (path, expected) in types {
        let response = server.get(path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "content-type"), expected, "{path}");
    }
}

#[tokio::test]
async fn hashed_names_are_kept_and_others_revalidated() {
    let server = Server::start(&[]);
    let script = server.get(&format!("/{SCRIPT}"), &[]).await;
    assert_eq!(header(&script, "cache-control"), "public, max-age=31536000, immutable");
    for path in ["/", "/manifest.json", "/pool.js"] {
        let first = server.get(path, &[]).await;
        assert_eq!(header(&first, "cache-control"), "no-cache", "{path}");
        let tag = header(&first, "etag").to_owned();
        let again = server.get(path, &[("if-none-match", &tag)]).await;
        assert_eq!(again.status(), 304, "{path}");
        assert!(again.bytes().await.unwrap().is_empty());
    }
    let index = server.get("/", &[]).await;
    let tag = header(&index, "etag").to_owned();
    let path = server.folder.path().join("dist/index.html");
    std::fs::write(path, "<!doctype html><title>another build of the page</title>").unwrap();
    let changed = server.get("/", &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status(), 200);
    assert!(changed.text().await.unwrap().contains("another build"));
}

#[tokio::test]
async fn files_are_compressed_as_the_client_takes_them() {
    let server = Server::start(&[]);
    let plain = server.get(&format!("/{SCRIPT}"), &[]).await;
    assert_eq!(header(&plain, "content-encoding"), "");
    let whole = plain.bytes().await.unwrap().len();
    for (accepted, encoding) in [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip")] {
        for path in [format!("/{SCRIPT}"), "/pool.js".to_owned()] {
            for _ in 0..2 {
                let response = server.get(&path, &[("accept-encoding", accepted)]).await;
                assert_eq!(header(&response, "content-encoding"), encoding, "{path}");
                assert_eq!(header(&response, "vary"), "accept-encoding", "{path}");
                assert!(response.bytes().await.unwrap().len() < whole / 10, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_compute_worker_may_not_connect() {
    let server = Server::start(&[]);
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'none'";
    let compute = server.get("/compute-0123456789abcdef.js", &[]).await;
    assert_eq!(header(&compute, "content-security-policy"), policy);
}

#[tokio::test]
async fn nothing_else_is_served() {
    let server = Server::start(&[]);
    for path in
        ["/nothing.js", "/nothing-0123456789abcdef.js", "/folder", "/folder/", "/secret.txt"]
    {
        let response = server.get(path, &[]).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.text().await.unwrap(), "404 page not found", "{path}");
    }
    let outside =
        ["/../secret.txt", "/%2e%2e/secret.txt", "/folder/../../secret.txt", "/..%2fsecret.txt"];
    for path in outside {
        let answer = raw(&server, path);
        assert!(!answer.contains("outside") && answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
}

/// A GET of a path exactly as written.
fn raw(server: &Server, path: &str) -> String {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn head_has_no_body() {
    let server = Server::start(&[]);
    let request = crate::support::http().head(format!("{}/{SCRIPT}", server.url));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-length"), (23 * 999).to_string());
}
