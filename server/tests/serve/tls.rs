//! HTTPS and HTTP/2, with a certificate that the test makes and its client trusts.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::{Certificate, Version};

use crate::support::{Folder, Server, check_fails, header, run};

/// A server over https, and a client that trusts it.
struct Secure {
    server: Server,
    certificate: Vec<u8>,
}

/// Writes a certificate for this machine and its key.
fn write(folder: &Folder, name: &str) -> [PathBuf; 2] {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let paths = [".crt", ".key"].map(|ending| folder.path().join(format!("{name}{ending}")));
    fs::write(&paths[0], made.cert.pem()).unwrap();
    fs::write(&paths[1], made.signing_key.serialize_pem()).unwrap();
    paths
}

impl Secure {
    fn start() -> Self {
        let folder = Arc::new(Folder::new());
        let [certificate, key] = write(&folder, "own");
        let pem = fs::read(&certificate).unwrap();
        let options = ["--tls-cert", "own.crt", "--tls-key", "own.key"];
        assert!(certificate.ends_with(options[1]) && key.ends_with(options[3]));
        Self { server: Server::start_in(folder, &options), certificate: pem }
    }

    fn client(&self) -> reqwest::ClientBuilder {
        let trusted = Certificate::from_pem(&self.certificate).unwrap();
        reqwest::Client::builder().no_proxy().add_root_certificate(trusted)
    }
}

#[tokio::test]
async fn a_client_may_choose_http2() {
    let secure = Secure::start();
    let url = &secure.server.url;
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let clients =
        [(secure.client(), Version::HTTP_2), (secure.client().http1_only(), Version::HTTP_11)];
    for (client, version) in clients {
        let client = client.build().unwrap();
        let page = client.get(url).send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.version()), (200, version));
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        let config = client.get(format!("{url}/config.json")).send().await.unwrap();
        let config = config.text().await.unwrap();
        assert!(config.contains(&format!("\"server_url\":\"{url}\"")), "{config}");
        let own = client.post(format!("{url}/api")).header("origin", url).body("{}");
        let text = own.send().await.unwrap().text().await.unwrap();
        assert!(text.contains(r#""payloadtype":"error""#), "{text}");
        let foreign = client.post(format!("{url}/api")).header("origin", "https://evil.test");
        assert_eq!(foreign.body("{}").send().await.unwrap().status(), 403);
    }
}

#[tokio::test]
async fn many_requests_share_one_connection() {
    let secure = Secure::start();
    let client = secure.client().http2_prior_knowledge().build().unwrap();
    let url = format!("{}/health", secure.server.url);
    let answers = (0..200).map(|_| client.get(&url).send());
    for answer in futures_util::future::join_all(answers).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn other_hosts_are_refused_over_http2_too() {
    let secure = Secure::start();
    let address = secure.server.url.strip_prefix("https://").unwrap().parse().unwrap();
    let client = secure.client().danger_accept_invalid_certs(true);
    let client = client.resolve("evil.test", address).build().unwrap();
    let url = format!("https://evil.test:{}/", address.port());
    let answer = client.get(url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (403, Version::HTTP_2));
}

#[tokio::test]
async fn plain_http_is_not_answered() {
    let secure = Secure::start();
    let plain = secure.server.url.replace("https:", "http:");
    assert!(crate::support::http().get(plain).send().await.is_err());
}

#[test]
fn files_that_are_of_no_use_are_named() {
    let folder = Folder::new();
    write(&folder, "own");
    write(&folder, "other");
    fs::write(folder.path().join("empty"), "").unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(folder.path().join("broken.crt"), pem).unwrap();
    fs::write(folder.path().join("broken.key"), pem.replace("CERTIFICATE", "PRIVATE KEY")).unwrap();
    fs::write(folder.path().join("cut.crt"), "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
    let check = |certificate: &str, key: &str, parts: &[&str]| {
        let line = ["serve", "--port", "0", "--tls-cert", certificate, "--tls-key", key];
        check_fails(&folder, &line, 1, parts);
    };
    check("none", "own.key", &["cannot serve https with none", "cannot be read"]);
    check("own.crt", "none", &["cannot serve https with none", "cannot be read"]);
    check("empty", "own.key", &["https with empty", "no certificate"]);
    check("own.crt", "empty", &["https with empty", "no private key"]);
    check("cut.crt", "own.key", &["https with cut.crt", "no proper PEM"]);
    check("broken.crt", "own.key", &["https with broken.crt", "certificate cannot be used"]);
    check("own.crt", "broken.key", &["https with broken.key", "private key cannot be used"]);
    check("own.crt", "other.key", &["https with other.key", "not the one of", "own.crt"]);
    check_fails(&folder, &["serve", "--tls-cert", "own.crt"], 2, &["--tls-key"]);
}

#[test]
fn other_commands_learn_the_scheme() {
    let secure = Secure::start();
    let output = run(&secure.server.folder, &["env"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("export COLONIES_TLS=true\n"), "{text}");
    assert!(text.contains(&format!("COLONIES_SERVER_PORT={}\n", secure.server.port())), "{text}");
}
