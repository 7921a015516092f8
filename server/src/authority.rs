//! Hosts, origins and server addresses as text, read strictly and kept in one form.
//!
//! An [`Authority`] is `NAME` or `NAME:PORT`, as in a `Host` header; an [`Origin`] is
//! `http://NAME[:PORT]` or `https://NAME[:PORT]`, as in an `Origin` header. Both are lower case; an
//! IPv6 address stands in brackets; an origin leaves out its scheme's own port. A [`ServerUrl`]
//! names a ColonyOS server, without `/api`. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;

/// The port of http where none is named.
pub(crate) const HTTP_PORT: u16 = 80;

/// The port of https where none is named.
pub(crate) const HTTPS_PORT: u16 = 443;

/// A host with or without its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    name: String,
    port: Option<u16>,
}

/// Why a text is no host; the text is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is no host: allowed is NAME or NAME:PORT, without scheme and path")]
pub(crate) struct NoAuthority(String);

impl Authority {
    /// An address with a port.
    pub(crate) fn new(address: IpAddr, port: u16) -> Self {
        let name = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        Self { name, port: Some(port) }
    }

    /// Whether it names this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.name)
    }

    /// The same host, at `port` unless it names one itself.
    pub(crate) fn with_default_port(&self, port: u16) -> Self {
        Self { name: self.name.clone(), port: self.port.or(Some(port)) }
    }
}

impl FromStr for Authority {
    type Err = NoAuthority;

    fn from_str(text: &str) -> Result<Self, NoAuthority> {
        parse(text).ok_or_else(|| NoAuthority(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Authority> {
    let text = text.to_ascii_lowercase();
    let (name, port) = if let Some((address, rest)) = text.split_once(']') {
        let address: Ipv6Addr = address.strip_prefix('[')?.parse().ok()?;
        (format!("[{address}]"), rest)
    } else {
        let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
        (name.to_owned(), rest)
    };
    let port = match port {
        "" => None,
        port => Some(port_from_digits(port.strip_prefix(':')?)?),
    };
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_name = name.starts_with('[') || (!name.is_empty() && name.chars().all(is_bare));
    is_name.then_some(Authority { name, port })
}

fn port_from_digits(digits: &str) -> Option<u16> {
    digits.chars().all(|c| c.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Where a page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    authority: Authority,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// Why a text is no origin; the text is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is no origin: allowed is http://NAME[:PORT] or https://NAME[:PORT], without path")]
pub(crate) struct NoOrigin(String);

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => HTTP_PORT,
            Self::Https => HTTPS_PORT,
        }
    }
}

impl Origin {
    /// Whether a page of this origin was loaded from `host`.
    pub(crate) fn is_of(&self, host: &Authority) -> bool {
        let port = self.scheme.port();
        self.authority.with_default_port(port) == host.with_default_port(port)
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let lower = text.to_ascii_lowercase();
        let read = |scheme: Scheme| {
            let rest = lower.strip_prefix(scheme.name())?.strip_prefix("://")?;
            let mut authority = parse(rest)?;
            authority.port = authority.port.filter(|port| *port != scheme.port());
            Some(Self { scheme, authority })
        };
        [Scheme::Http, Scheme::Https]
            .into_iter()
            .find_map(read)
            .ok_or_else(|| NoOrigin(text.to_owned()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority)
    }
}

/// Whose pages may show the page in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framer {
    /// This server's.
    Own,
    /// Those of another origin.
    Of(Origin),
}

impl FromStr for Framer {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        if text == "self" { Ok(Self::Own) } else { text.parse().map(Self::Of) }
    }
}

impl fmt::Display for Framer {
    /// As a content security policy names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("'self'"),
            Self::Of(origin) => origin.fmt(f),
        }
    }
}

/// Where a ColonyOS server is: no trailing slash, no `/api`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    text: String,
    authority: Authority,
    is_tls: bool,
    is_loopback: bool,
}

/// Why a text is no server's address; the text is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is no server: allowed is http://NAME[:PORT] or https://NAME[:PORT]")]
pub(crate) struct NoServerUrl(String);

impl ServerUrl {
    /// The server that listens at `address`, with or without TLS.
    pub(crate) fn at(address: SocketAddr, is_tls: bool) -> Self {
        let authority = Authority::new(address.ip(), address.port());
        let scheme = if is_tls { Scheme::Https } else { Scheme::Http };
        let text = format!("{}://{authority}", scheme.name());
        Self { text, authority, is_tls, is_loopback: address.ip().is_loopback() }
    }

    /// The address for requests.
    pub(crate) fn to_api(&self) -> String {
        format!("{self}/api")
    }

    /// The address for subscriptions.
    pub(crate) fn to_pubsub(&self) -> String {
        format!("{self}/pubsub")
    }

    /// The address of what a page is to know about the server.
    pub(crate) fn to_config(&self) -> String {
        format!("{self}/config.json")
    }

    /// Its host.
    pub(crate) fn host(&self) -> &str {
        &self.authority.name
    }

    /// Its port, also where that is the scheme's own.
    pub(crate) fn port(&self) -> u16 {
        self.authority.port.unwrap_or(if self.is_tls { HTTPS_PORT } else { HTTP_PORT })
    }

    /// Whether it is asked over https.
    pub(crate) const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// How a content security policy names it, for requests and for WebSockets, each after a space.
    pub(crate) fn to_sources(&self) -> String {
        let authority = &self.authority;
        let schemes = if self.is_tls { ["https", "wss"] } else { ["http", "ws"] };
        schemes.map(|scheme| format!(" {scheme}://{authority}")).concat()
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl FromStr for ServerUrl {
    type Err = NoServerUrl;

    fn from_str(text: &str) -> Result<Self, NoServerUrl> {
        let wrong = || NoServerUrl(text.to_owned());
        let url = Url::parse(text.trim()).ok().filter(is_server).ok_or_else(wrong)?;
        let host = parse(url.host_str().unwrap_or_default()).ok_or_else(wrong)?;
        let authority = Authority { port: url.port(), ..host };
        let text = url.as_str().trim_end_matches('/');
        let text = text.strip_suffix("/api").unwrap_or(text).trim_end_matches('/').to_owned();
        let is_tls = url.scheme() == Scheme::Https.name();
        Ok(Self {
            text,
            authority,
            is_tls,
            is_loopback: is_loopback(url.host_str().unwrap_or_default()),
        })
    }
}

fn is_server(url: &Url) -> bool {
    let is_plain = url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    is_plain && is_anonymous && url.has_host() && matches!(url.scheme(), "http" | "https")
}

fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr + ToString>(text: &str, expected: Option<&str>) {
        let read = text.parse::<T>().ok().map(|value| value.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn hosts() {
        check::<Authority>("Volunteer.Test:50080", Some("volunteer.test:50080"));
        check::<Authority>("[0:0::1]:80", Some("[::1]:80"));
        check::<Authority>("localhost", Some("localhost"));
        let bad =
            ["", ":80", "a:", "a:+1", "a:65536", "a b", "http://a", "a/b", "[::1", "::1", "[x]"];
        for text in bad {
            check::<Authority>(text, None);
        }
    }

    #[test]
    fn origins() {
        check::<Origin>("HTTPS://Example.org", Some("https://example.org"));
        check::<Origin>("http://a:80", Some("http://a"));
        check::<Origin>("https://a:80", Some("https://a:80"));
        for text in ["", "null", "*", "a", "ftp://a", "http://", "http://a/", "https://*.a"] {
            check::<Origin>(text, None);
        }
    }

    #[test]
    fn an_origin_is_of_its_host() {
        let is_of = |origin: &str, host: &str| {
            origin.parse::<Origin>().unwrap().is_of(&host.parse().unwrap())
        };
        assert!(is_of("http://a:50080", "A:50080"));
        assert!(is_of("http://a", "a:80"));
        assert!(is_of("https://a", "a"));
        assert!(!is_of("http://a", "a:50080"));
        assert!(!is_of("http://b:50080", "a:50080"));
    }

    #[test]
    fn servers() {
        check::<ServerUrl>("http://localhost:50080/", Some("http://localhost:50080"));
        check::<ServerUrl>(" https://a.org/api/ ", Some("https://a.org"));
        check::<ServerUrl>("https://a.org/colony", Some("https://a.org/colony"));
        for text in
            ["", "localhost:50080", "a.org", "ws://a", "http://u:p@a", "http://a?b", "http://a;b"]
        {
            check::<ServerUrl>(text, None);
        }
        let server = "https://[::1]/colony".parse::<ServerUrl>().unwrap();
        assert_eq!((server.host(), server.port(), server.is_tls()), ("[::1]", 443, true));
        let is_loopback = |text: &str| text.parse::<ServerUrl>().unwrap().is_loopback();
        assert!(is_loopback("http://[::1]:1") && is_loopback("http://127.0.0.1"));
        assert!(!is_loopback("http://localhost.example"));
    }
}
