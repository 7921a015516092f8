//! Who is let in: Host, Origin, proxies; and what a page of another origin is told.

use crate::support::{Server, header, http, with};

async fn post(server: &Server, headers: &[(&str, &str)]) -> reqwest::Response {
    let request = http().post(format!("{}/api", server.url)).body("{}");
    with(request, headers).send().await.unwrap()
}

/// Without the guard's refusal the broker itself answers, that `{}` is signed by nobody.
pub(crate) async fn check_admitted(server: &Server, headers: &[(&str, &str)]) {
    let response = post(server, headers).await;
    let text = response.text().await.unwrap();
    let error = webpool_colony::reply::read::<webpool_colony::Json>(403, text.as_bytes());
    let sentence = error.unwrap_err().to_string();
    assert!(sentence.contains("Invalid signature length"), "{headers:?}: {sentence}");
}

pub(crate) async fn check_refused(server: &Server, headers: &[(&str, &str)], part: &str) {
    let response = post(server, headers).await;
    assert_eq!(response.status(), 403, "{headers:?}");
    assert_eq!(header(&response, "access-control-allow-origin"), "", "{headers:?}");
    let text = response.text().await.unwrap();
    let error = webpool_colony::reply::read::<webpool_colony::Json>(403, text.as_bytes());
    let sentence = error.unwrap_err().to_string();
    assert!(sentence.contains(part), "{headers:?}: {sentence}");
    let page = server.get("/", headers).await;
    assert_eq!(page.status(), 403, "{headers:?}");
    assert!(page.text().await.unwrap().contains(part));
    let config = server.get("/config.json", headers).await;
    assert!(!config.text().await.unwrap().contains("colony_key"), "{headers:?}");
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let server = Server::start(&[]);
    let own = server.url.clone();
    check_admitted(&server, &[]).await;
    check_admitted(&server, &[("origin", &own)]).await;
    for origin in ["https://evil.test", "null", "http://127.0.0.1", "http://localhost:1"] {
        check_refused(&server, &[("origin", origin)], "--allow-origin").await;
    }
    check_refused(&server, &[("origin", &own), ("origin", "https://evil.test")], "origin").await;
}

#[tokio::test]
async fn other_hosts_are_refused() {
    let server = Server::start(&["--allow-host", "volunteer.test"]);
    let port = server.port().to_owned();
    for name in ["localhost", "127.0.0.1", "[::1]", "volunteer.test"] {
        let host = format!("{name}:{port}");
        check_admitted(&server, &[("host", &host)]).await;
        check_admitted(&server, &[("host", &host), ("origin", &format!("http://{host}"))]).await;
    }
    let rebound = format!("evil.test:{port}");
    check_refused(&server, &[("host", &rebound)], "--allow-host").await;
    let origin = format!("http://{rebound}");
    check_refused(&server, &[("host", &rebound), ("origin", &origin)], "--allow-host").await;
    check_refused(&server, &[("host", "localhost")], "--allow-host").await;
}

#[tokio::test]
async fn proxies_are_refused() {
    let server = Server::start(&[]);
    for name in ["forwarded", "x-forwarded-for", "x-real-ip"] {
        check_refused(&server, &[(name, "192.0.2.1")], name).await;
    }
}

#[tokio::test]
async fn a_named_origin_is_told_so() {
    let server = Server::start(&["--allow-origin", "https://friend.test"]);
    let origin = ("origin", "https://friend.test");
    let answers = [post(&server, &[origin]).await, server.get("/health", &[origin]).await];
    for answer in answers {
        assert_eq!(header(&answer, "access-control-allow-origin"), origin.1);
        assert_eq!(header(&answer, "vary"), "origin");
    }
    let preflight = http().request(reqwest::Method::OPTIONS, format!("{}/api", server.url));
    let answer = with(preflight, &[origin]).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(header(&answer, "access-control-allow-origin"), origin.1);
    assert_eq!(header(&answer, "access-control-max-age"), "43200");
    let allowed = "Origin,Content-Length,Content-Type";
    assert_eq!(header(&answer, "access-control-allow-headers"), allowed);
    check_refused(&server, &[("origin", "https://evil.test")], "--allow-origin").await;
}

#[tokio::test]
async fn preflights_of_others_are_not_answered() {
    let server = Server::start(&[]);
    for (origin, status) in [("https://evil.test", 403), (server.url.as_str(), 404)] {
        let preflight = http().request(reqwest::Method::OPTIONS, format!("{}/api", server.url));
        let answer = with(preflight, &[("origin", origin)]).send().await.unwrap();
        assert_eq!(answer.status(), status, "{origin}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{origin}");
    }
}
