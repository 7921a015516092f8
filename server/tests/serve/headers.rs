//! Headers of every answer, whatever it answers.

use crate::support::{SCRIPT, Server, header, http, with};

/// The policy of a page of this machine.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self'; connect-src 'self' http: https: ws: wss:; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

fn check(response: &reqwest::Response, what: &str) {
    let expected = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "strict-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in expected {
        assert_eq!(header(response, name), value, "{name} of {what}");
    }
    let permissions = header(response, "permissions-policy");
    for feature in ["camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"] {
        assert!(permissions.contains(feature), "{what}: {permissions}");
    }
}

#[tokio::test]
async fn every_answer_has_them() {
    let server = Server::start(&[]);
    let script = format!("/{SCRIPT}");
    let paths = ["/", "/style.css", "/config.json", "/health", "/pubsub", "/api", "/none", &script];
    for path in paths {
        let answer = server.get(path, &[]).await;
        check(&answer, path);
        assert_eq!(header(&answer, "content-security-policy"), POLICY, "{path}");
    }
    check(&server.get("/compute-0123456789abcdef.js", &[]).await, "the compute worker's script");
    let refused = server.get("/", &[("origin", "https://evil.test")]).await;
    assert_eq!(refused.status(), 403);
    check(&refused, "a refusal");
    let post = http().post(format!("{}/api", server.url)).body("{}").send().await.unwrap();
    check(&post, "an answer of the broker");
    let tag = header(&server.get("/", &[]).await, "etag").to_owned();
    let same = server.get("/", &[("if-none-match", &tag)]).await;
    assert_eq!((same.status().as_u16(), header(&same, "content-security-policy")), (304, POLICY));
}

#[tokio::test]
async fn a_page_at_another_name_connects_to_its_own_server_only() {
    let server = Server::start(&["--allow-host", "pool.test", "--frame-ancestors", "self"]);
    let host = format!("pool.test:{}", server.port());
    let page = server.get("/", &[("host", &host)]).await;
    let policy = header(&page, "content-security-policy");
    let connections = format!("connect-src 'self' ws://{host} wss://{host};");
    assert!(policy.contains(&connections), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'self'"), "{policy}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    assert_eq!(header(&page, "cross-origin-opener-policy"), "", "a browser would complain");
}

#[tokio::test]
async fn the_page_of_another_server_connects_to_that_too() {
    let server = Server::start(&["--colonies", "https://colonies.test:8443/colony"]);
    let page = server.get("/", &[("host", "pool.test")]).await;
    let policy = header(&page, "content-security-policy");
    let connections = "connect-src 'self' ws://pool.test wss://pool.test \
                       https://colonies.test:8443 wss://colonies.test:8443;";
    assert!(policy.contains(connections), "{policy}");
}

#[tokio::test]
async fn an_admitted_origin_may_read_what_others_may_not() {
    let server = Server::start(&["--allow-origin", "https://friend.test"]);
    let post = http().post(format!("{}/api", server.url)).body("{}");
    let answer = with(post, &[("origin", "https://friend.test")]).send().await.unwrap();
    assert_eq!(header(&answer, "cross-origin-resource-policy"), "cross-origin");
}
