//! The guard's table: who is admitted and who is not.

use super::*;

const OWN: &str = "own";
const GUEST: &str = "guest";

/// With public keys, on loopback.
fn guard() -> Guard {
    let hosts = ["volunteer.test", "tunnel.test:8080"].map(|host| host.parse().unwrap());
    let origins = ["https://friend.test"].map(|origin| origin.parse().unwrap());
    Guard::new("127.0.0.1:50080".parse().unwrap(), Reach::Machine, &hosts, &origins)
}

/// With keys of its own, bound to every address, and with a name that a proxy serves over https.
fn open_guard() -> Guard {
    let hosts = ["pool.test:443", "plain.test"].map(|host| host.parse().unwrap());
    let origins = ["https://friend.test"].map(|origin| origin.parse().unwrap());
    Guard::new("[::]:50080".parse().unwrap(), Reach::Anywhere, &hosts, &origins)
}

fn local(host: &'static str, origin: Option<&'static str>) -> Asker<'static> {
    let here = Ipv4Addr::LOCALHOST.into();
    Asker { peer: here, local: here, host: Some(host), origin, proxy: None }
}

fn verdict(asker: &Asker<'_>) -> &'static str {
    verdict_of(&guard(), asker)
}

fn verdict_of(guard: &Guard, asker: &Asker<'_>) -> &'static str {
    match guard.judge(asker) {
        Ok(Standing::Own) => OWN,
        Ok(Standing::Guest(origin)) => {
            assert_eq!(origin.to_string(), "https://friend.test");
            GUEST
        }
        Err(Refusal::Peer) => "peer",
        Err(Refusal::Proxy(_)) => "proxy",
        Err(Refusal::Host { .. }) => "host",
        Err(Refusal::Origin(_)) => "origin",
    }
}

fn check(host: &'static str, origin: Option<&'static str>, expected: &str) {
    assert_eq!(verdict(&local(host, origin)), expected, "host {host}, origin {origin:?}");
}

#[test]
fn clients_without_origin_need_only_a_right_host() {
    for host in ["localhost:50080", "LOCALHOST:50080", "127.0.0.1:50080", "[::1]:50080"] {
        check(host, None, OWN);
    }
    check("volunteer.test:50080", None, OWN);
    check("tunnel.test:8080", None, OWN);
}

#[test]
fn other_hosts_are_refused() {
    let rebound = ["evil.test:50080", "evil.test", "localhost.evil.test:50080"];
    let other_ports = ["localhost", "localhost:80", "localhost:50081", "tunnel.test:50080"];
    let nonsense = ["", "localhost:50080:1", "http://localhost:50080", "localhost:50080 "];
    for host in rebound.into_iter().chain(other_ports).chain(nonsense) {
        check(host, None, "host");
    }
    let missing = Asker { host: None, ..local("", None) };
    assert_eq!(verdict(&missing), "host");
}

#[test]
fn pages_of_the_server_itself_pass() {
    check("localhost:50080", Some("http://localhost:50080"), OWN);
    check("127.0.0.1:50080", Some("https://127.0.0.1:50080"), OWN);
    check("volunteer.test:50080", Some("http://volunteer.test:50080"), OWN);
    check("tunnel.test:8080", Some("http://tunnel.test:8080"), OWN);
}

#[test]
fn pages_of_a_named_origin_are_guests() {
    check("localhost:50080", Some("https://friend.test"), GUEST);
    check("localhost:50080", Some("https://friend.test:443"), GUEST);
    check("evil.test:50080", Some("https://friend.test"), "host");
}

#[test]
fn other_pages_are_refused() {
    let others = [
        "https://evil.test",
        "http://friend.test",
        "https://friend.test:444",
        "https://friend.test.evil.test",
        "http://localhost:50081",
        "http://127.0.0.1:50080",
        "null",
        "",
        "*",
        "file://",
    ];
    for origin in others {
        check("localhost:50080", Some(origin), "origin");
    }
}

#[test]
fn other_machines_and_proxies_are_refused() {
    let passes = local("localhost:50080", None);
    for (peer, expected) in
        [("::1", OWN), ("::ffff:127.0.0.1", OWN), ("127.9.9.9", OWN), ("192.168.0.7", "peer")]
    {
        assert_eq!(verdict(&Asker { peer: peer.parse().unwrap(), ..passes }), expected, "{peer}");
    }
    for header in PROXY_HEADERS {
        assert_eq!(verdict(&Asker { proxy: Some(header), ..passes }), "proxy");
    }
}

#[test]
fn a_refusal_says_what_to_change() {
    let refused = |host, origin| guard().judge(&local(host, origin)).unwrap_err().to_string();
    assert_eq!(
        refused("evil.test", None),
        "this server was not started for the host «evil.test», it answers to localhost:50080, \
         127.0.0.1:50080, [::1]:50080, volunteer.test:50080, tunnel.test:8080; \
         start it with --allow-host NAME to admit another"
    );
    assert!(refused("localhost:50080", Some("https://evil.test")).contains("--allow-origin"));
}

/// A request of another machine that arrived at 192.0.2.7.
fn remote(host: &'static str, origin: Option<&'static str>) -> Asker<'static> {
    let local_address = "::ffff:192.0.2.7".parse().unwrap();
    Asker { peer: "198.51.100.1".parse().unwrap(), local: local_address, ..local(host, origin) }
}

fn check_open(host: &'static str, origin: Option<&'static str>, expected: &str) {
    let asker = remote(host, origin);
    assert_eq!(verdict_of(&open_guard(), &asker), expected, "host {host}, origin {origin:?}");
}

#[test]
fn with_keys_of_its_own_other_machines_and_proxies_pass() {
    for host in ["192.0.2.7:50080", "localhost:50080", "plain.test:50080", "pool.test"] {
        check_open(host, None, OWN);
    }
    let proxied = Asker { proxy: Some("x-forwarded-for"), ..remote("pool.test", None) };
    assert_eq!(verdict_of(&open_guard(), &proxied), OWN);
}

#[test]
fn with_keys_of_its_own_hosts_and_origins_are_judged_all_the_same() {
    let strangers = ["evil.test", "evil.test:50080", "192.0.2.8:50080", "192.0.2.7", "plain.test"];
    let unspecified = ["0.0.0.0:50080", "[::]:50080", "pool.test:80", "pool.test:50080", ""];
    for host in strangers.into_iter().chain(unspecified) {
        check_open(host, None, "host");
    }
    check_open("192.0.2.7:50080", Some("http://192.0.2.7:50080"), OWN);
    check_open("pool.test", Some("https://pool.test"), OWN);
    check_open("pool.test", Some("https://friend.test"), GUEST);
    for origin in ["http://pool.test", "https://evil.test", "null", "http://192.0.2.7:50080"] {
        check_open("pool.test", Some(origin), "origin");
    }
    let refusal = open_guard().judge(&remote("evil.test", None)).unwrap_err().to_string();
    assert!(refusal.contains("plain.test:50080, 192.0.2.7:50080;"), "{refusal}");
}
