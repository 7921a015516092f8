//! Methods, paths and headers as a real server answers them: the exchanges of `http.jsonl`, recorded
//! with a ColonyOS server that was asked from pages of `http://example.org`, here a named origin.
//!
//! The other recorded exchanges are replayed by the broker's own tests.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Server, header, http};

const RECORD: &str = include_str!("http.jsonl");

/// The origin of the record's server itself.
const OWN_ORIGIN: &str = "http://localhost:21180";

/// Exchanges that go otherwise on purpose, with the status here.
const OTHERWISE: [(&str, u16, &str); 2] = [
    ("http/slash", 200, "the page is there"),
    ("cors/POST origin null", 403, "pages of other origins are refused"),
];

#[tokio::test]
async fn routes_answer_as_recorded() {
    let server = Server::start(&["--allow-origin", "http://example.org"]);
    let lines: Vec<Value> =
        RECORD.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 19);
    for line in &lines {
        check(&server, line).await;
    }
    for (name, ..) in OTHERWISE {
        assert!(lines.iter().any(|line| line["name"] == name), "{name} is not in the record");
    }
}

async fn check(server: &Server, line: &Value) {
    let name = line["name"].as_str().unwrap();
    let response = ask(server, line).await;
    let status = response.status().as_u16();
    if let Some((_, expected, _)) = OTHERWISE.iter().find(|(known, ..)| *known == name) {
        assert_eq!(status, *expected, "{name}");
        return;
    }
    assert_eq!(Value::from(status), line["status"], "{name}");
    check_headers(&response, &line["response_headers"], name);
    let body = response.text().await.unwrap();
    if let Some(expected) = line["response_body"].as_str() {
        assert_eq!(body, expected, "{name}");
    }
}

async fn ask(server: &Server, line: &Value) -> reqwest::Response {
    let method = Method::from_bytes(line["method"].as_str().unwrap().as_bytes()).unwrap();
    let url = format!("{}{}", server.url, line["path"].as_str().unwrap());
    let mut request = http().request(method, url).body(line["body"].as_str().unwrap().to_owned());
    for (name, value) in line["headers"].as_object().unwrap() {
        let value = value.as_str().unwrap();
        request = request.header(name, if value == OWN_ORIGIN { &server.url } else { value });
    }
    request.send().await.unwrap()
}

/// A named origin is told its own name, where the record's server tells everybody `*`.
fn check_headers(response: &reqwest::Response, expected: &Value, request: &str) {
    let cors = "Access-Control-Allow-Origin";
    for (name, value) in expected.as_object().unwrap() {
        let value = if name == cors { "http://example.org" } else { value.as_str().unwrap() };
        assert_eq!(header(response, name), value, "{request}: {name}");
    }
    if expected.get(cors).is_none() {
        assert_eq!(header(response, cors), "", "{request}: {cors}");
    }
}
