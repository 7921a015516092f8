//! Who a client is: the address that its requests count for.
//!
//! That is the other end of the connection, unless that is a proxy named with `--trusted-proxy`: then
//! it is the last hop that is no such proxy, by what the proxies wrote into `X-Forwarded-For` or
//! `Forwarded`. A header that a trusted proxy passed on without writing it says what the client
//! wants; so where both are there and differ neither counts, and the client is the proxy.
//!
//! Pure: an address and headers in, a [`Client`] out.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::header::{FORWARDED, HeaderMap};
use axum::http::{HeaderName, HeaderValue};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many leading bits of an IPv6 address tell one client from another: a household has a /64.
const IPV6_CLIENT_BITS: u32 = 64;

/// An address, or all that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    bits: u32,
}

/// Why a text is no network; the text is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is no address: allowed is an IP address or ADDRESS/BITS, for example 10.0.0.0/8")]
pub(crate) struct NoNetwork(String);

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let wrong = || NoNetwork(text.to_owned());
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = width(address);
        let bits = bits.map_or(Ok(all), str::parse).map_err(|_| wrong())?;
        if bits > all { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let (own, other) = (self.address.to_canonical(), address.to_canonical());
        let is_same_kind = own.is_ipv4() == other.is_ipv4();
        is_same_kind && leading_bits(own, self.bits) == leading_bits(other, self.bits)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { u32::BITS } else { u128::BITS }
}

/// The first bits of an address, as a number.
fn leading_bits(address: IpAddr, bits: u32) -> u128 {
    let number = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    number.checked_shr(width(address).saturating_sub(bits)).unwrap_or_default()
}

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    address: IpAddr,
    /// Whether the other end of the connection is a trusted proxy.
    pub(crate) is_forwarded: bool,
}

impl Client {
    /// The client of a request with `headers`, that came from `peer`.
    pub(crate) fn new(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let is_trusted = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
        if !is_trusted(peer) {
            return Self { address: peer.to_canonical(), is_forwarded: false };
        }
        let plain = last_stranger(headers, &X_FORWARDED_FOR, plain_address, is_trusted);
        let standard = last_stranger(headers, &FORWARDED, standard_address, is_trusted);
        let address = match (plain, standard) {
            (Some(plain), Some(standard)) if plain != standard => None,
            (plain, standard) => plain.or(standard),
        };
        Self { address: address.unwrap_or(peer).to_canonical(), is_forwarded: true }
    }

    /// What tells it from others: its address, of an IPv6 one the network.
    pub(crate) fn key(&self) -> (bool, u128) {
        let bits = if self.address.is_ipv4() { u32::BITS } else { IPV6_CLIENT_BITS };
        (self.address.is_ipv4(), leading_bits(self.address, bits))
    }

    /// Whether it is this very machine, and no proxy on it.
    pub(crate) fn is_this_machine(&self) -> bool {
        !self.is_forwarded && self.address.is_loopback()
    }
}

/// The last address in a header that is not trusted. What is no address hides all before it: then
/// the client is not known.
fn last_stranger(
    headers: &HeaderMap,
    name: &HeaderName,
    read: fn(&str) -> Option<IpAddr>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Option<IpAddr> {
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    let texts = values.iter().rev().map(|value| value.to_str().unwrap_or_default());
    texts
        .flat_map(|text| text.rsplit(','))
        .map(read)
        .find(|address| address.is_none_or(|address| !is_trusted(address)))
        .flatten()
}

/// An address as proxies write it, with or without a port.
fn plain_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(ip, _)| ip);
    let with_port = || text.parse().ok().map(|address: std::net::SocketAddr| address.ip());
    bare.unwrap_or(text).parse().ok().or_else(with_port)
}

/// The address in `for=192.0.2.1;proto=https`, which may stand in quotes.
fn standard_address(text: &str) -> Option<IpAddr> {
    text.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_for = name.trim().eq_ignore_ascii_case("for");
        is_for.then(|| plain_address(value.trim().trim_matches('"')))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "x-forwarded-for";
    const STANDARD: &str = "forwarded";

    fn check(peer: &str, headers: &[(&'static str, &'static str)], expected: &str) {
        let proxies = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"].map(|text| text.parse().unwrap());
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let client = Client::new(peer.parse().unwrap(), &pairs.collect(), &proxies);
        assert_eq!(client.address.to_string(), expected, "{peer} {headers:?}");
    }

    #[test]
    fn networks() {
        let contains = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("10.0.0.0/8", "10.255.0.1") && contains("10.1.2.3/8", "10.9.9.9"));
        assert!(contains("192.0.2.1", "192.0.2.1") && contains("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(contains("0.0.0.0/0", "192.0.2.1") && contains("fd00::/8", "fd12::1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1") && !contains("192.0.2.1", "192.0.2.2"));
        assert!(!contains("0.0.0.0/0", "::1") && !contains("::/0", "192.0.2.1"));
        for text in ["", "a", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "1.2.3.4:80"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn who_is_no_trusted_proxy_is_the_client_itself() {
        check("192.0.2.1", &[], "192.0.2.1");
        check("192.0.2.1", &[(PLAIN, "198.51.100.9"), (STANDARD, "for=198.51.100.9")], "192.0.2.1");
        check("::ffff:192.0.2.1", &[], "192.0.2.1");
    }

    #[test]
    fn the_last_hop_that_is_not_trusted_counts() {
        check("10.0.0.1", &[(PLAIN, "198.51.100.9")], "198.51.100.9");
        check("10.0.0.1", &[(PLAIN, "203.0.113.7, 198.51.100.9, 10.0.0.2")], "198.51.100.9");
        check("10.0.0.1", &[(PLAIN, "203.0.113.7"), (PLAIN, "198.51.100.9")], "198.51.100.9");
        check("127.0.0.1", &[(PLAIN, "198.51.100.9:4711")], "198.51.100.9");
        check("127.0.0.1", &[(PLAIN, "[2001:db8::1]:4711")], "2001:db8::1");
        check(
            "fd00::1",
            &[(STANDARD, "for=203.0.113.7, for=198.51.100.9;proto=https")],
            "198.51.100.9",
        );
        check("fd00::1", &[(STANDARD, r#"proto=https; For="[2001:db8::1]:80""#)], "2001:db8::1");
        check("10.0.0.1", &[(PLAIN, "192.0.2.1"), (STANDARD, "for=192.0.2.1")], "192.0.2.1");
    }

    #[test]
    fn what_cannot_be_believed_leaves_the_proxy() {
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &[(PLAIN, "")], "10.0.0.1");
        check("10.0.0.1", &[(PLAIN, "198.51.100.9, unknown")], "10.0.0.1");
        check("10.0.0.1", &[(PLAIN, "10.0.0.2, 10.0.0.3")], "10.0.0.1");
        check("10.0.0.1", &[(PLAIN, "192.0.2.1"), (STANDARD, "for=192.0.2.2")], "10.0.0.1");
        check("10.0.0.1", &[(STANDARD, "for=_hidden")], "10.0.0.1");
    }

    #[test]
    fn a_household_is_one_client() {
        let key = |text: &str| {
            let address = text.parse().unwrap();
            Client { address, is_forwarded: false }.key()
        };
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_ne!(key("0.0.0.1"), key("0:0:0:1::"));
    }
}
