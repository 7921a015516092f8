//! What a browser forbids, or asks about, before a page may talk to a server.
//!
//! A page that came by https may not fetch from plain http, except from the computer it runs on
//! ([mixed content](https://developer.mozilla.org/docs/Web/Security/Mixed_content)). A page from
//! elsewhere needs the person's permission to talk to the local network
//! ([local network access](https://wicg.github.io/local-network-access/)). Nothing is tried here:
//! two addresses go in, a judgement comes out.

use std::net::{IpAddr, Ipv4Addr};

/// What the browser does when a page talks to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Free,
    /// It may ask for a permission first: a sentence that says so.
    Asks(String),
    /// It forbids it: a sentence that says why, and what to do.
    Forbidden(String),
}

/// Judges a page at the origin `page_url` that talks to the server at `server_url`.
pub fn judge(page_url: &str, server_url: &str) -> Access {
    let (page_scheme, page_host) = split(page_url);
    let (server_scheme, server_host) = split(server_url);
    if page_scheme == "https" && server_scheme == "http" && !is_loopback(server_host) {
        return Access::Forbidden(format!(
            "This page came by https, so the browser does not let it talk to {server_url} by \
             plain http: use an https address of the server, or open this page by http."
        ));
    }
    if is_local(server_host) && !is_local(page_host) {
        return Access::Asks(format!(
            "{server_host} is on your own network: the browser may ask whether this page may \
             reach it, and nothing works until you allow it."
        ));
    }
    Access::Free
}

/// Scheme and host of an address, the host without port and brackets.
fn split(url: &str) -> (&str, &str) {
    let (scheme, authority) = url.split_once("://").unwrap_or(("", url));
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split([':', '/']).next(),
    };
    (scheme, host.unwrap_or_default())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn is_local(host: &str) -> bool {
    is_loopback(host) || is_named_local(host) || is_local_address(host)
}

fn is_named_local(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(_, last)| last == "local")
}

fn is_local_address(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(address)) => is_local_v4(address),
        Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        Err(_) => false,
    }
}

fn is_local_v4(address: Ipv4Addr) -> bool {
    address.is_private() || address.is_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &str, server: &str, expected: &str) {
        let found = match judge(page, server) {
            Access::Free => "free",
            Access::Asks(_) => "asks",
            Access::Forbidden(_) => "forbidden",
        };
        assert_eq!(found, expected, "{page} -> {server}");
    }

    #[test]
    fn judges_pages_and_servers() {
        check("http://localhost:50080", "http://localhost:50080", "free");
        check("http://localhost:50080", "https://colonies.example.org", "free");
        check("http://localhost:50080", "http://192.168.1.7:50080", "free");
        check("http://pool.example.org", "http://colonies.example.org", "free");
        check("https://pool.example.org", "https://colonies.example.org", "free");
        check("https://pool.example.org", "http://colonies.example.org", "forbidden");
        check("https://pool.example.org", "http://192.168.1.7:50080", "forbidden");
        check("https://pool.example.org", "http://localhost:50080", "asks");
        check("https://pool.example.org", "http://dev.localhost", "asks");
        check("https://pool.example.org", "http://127.0.0.1:50080", "asks");
        check("https://pool.example.org", "http://[::1]:50080", "asks");
        check("https://pool.example.org", "https://10.1.2.3", "asks");
        check("https://pool.example.org", "https://172.16.0.1", "asks");
        check("https://pool.example.org", "https://172.32.0.1", "free");
        check("https://pool.example.org", "https://broker.local", "asks");
        check("https://pool.example.org", "https://[fd00::1]", "asks");
        check("http://pool.example.org", "http://10.1.2.3", "asks");
    }
}
