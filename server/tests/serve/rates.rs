//! Clients that come too often, and proxies that say who a client is.

use webpool_colony::{Json, reply};

use crate::support::{Folder, Server, check_fails, header, http, with};

/// Behind a proxy on this machine, which is admitted with keys of its own only.
fn start(options: &[&str]) -> Server {
    Server::start_in(Folder::with_colony("mine"), options)
}

async fn post(server: &Server, client: &str) -> reqwest::Response {
    let post = http().post(format!("{}/api", server.url)).body("{}");
    with(post, &[("x-forwarded-for", client)]).send().await.unwrap()
}

/// Asks until it is too often; how many requests were answered as usual.
async fn exhaust(server: &Server, client: &str) -> (u32, reqwest::Response) {
    for count in 0..1000 {
        let answer = post(server, client).await;
        if answer.status() == 429 {
            return (count, answer);
        }
    }
    panic!("{client} may ask as often as it likes");
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let server = start(&["--rate-limit", "1", "--trusted-proxy", "127.0.0.0/8"]);
    let (count, answer) = exhaust(&server, "192.0.2.1").await;
    assert!((5..100).contains(&count), "{count} requests at once");
    assert_eq!(header(&answer, "retry-after"), "1");
    let error = reply::read::<Json>(429, &answer.bytes().await.unwrap()).unwrap_err();
    let sentence = "too many requests from your address, allowed are 1 a second on average; try \
                    again in 1 s";
    assert_eq!(error.server_sentence(), Some(sentence));
    let page = server.get("/", &[("x-forwarded-for", "192.0.2.1")]).await;
    assert_eq!((page.status().as_u16(), header(&page, "retry-after")), (429, "1"));
    assert_eq!(page.text().await.unwrap(), format!("{sentence}\n"));
    // Others notice nothing, and what the client itself says about its way is not believed.
    assert_eq!(post(&server, "192.0.2.2").await.status(), 403, "signed by nobody");
    assert_eq!(post(&server, "192.0.2.7, 192.0.2.1").await.status(), 429);
}

#[tokio::test]
async fn a_proxy_that_is_not_named_is_the_client() {
    let server = start(&["--rate-limit", "1"]);
    exhaust(&server, "192.0.2.1").await;
    assert_eq!(post(&server, "192.0.2.2").await.status(), 429);
}

#[tokio::test]
async fn this_machine_may_ask_as_often_as_it_likes() {
    let server = Server::start(&[]);
    let client = http();
    for _ in 0..6000 {
        let answer = client.get(format!("{}/health", server.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

#[test]
fn nonsense_is_refused() {
    let folder = Folder::new();
    check_fails(&folder, &["serve", "--trusted-proxy", "*"], 2, &["an IP address or ADDRESS/BITS"]);
}
