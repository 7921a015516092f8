//! Who may ask the embedded broker, as long as its keys are the public development ones.
//!
//! A web page elsewhere is not a user: its posts need no preflight, so it could drive a broker on
//! this machine with the published keys, or reach it by pointing a name of its own at 127.0.0.1.
//! Therefore a request passes only if
//!
//! - it comes from this machine, and did not pass a proxy (which would hide where it comes from);
//! - it asks for a host this server was started for: a loopback name, the bound address, or one
//!   named with `--allow-host`;
//! - its `Origin`, if a browser sent one, is the server's own or one named with `--allow-origin`.
//!
//! Pure: headers in, [`Standing`] or [`Refusal`] out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::authority::{Authority, Origin};

/// Headers that tell of a proxy.
pub(crate) const PROXY_HEADERS: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// The port of a Host header without one.
const HTTP_PORT: u16 = 80;

/// What is known about a request before it is read. A header that came twice, or is no text,
/// counts as an empty one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    /// The other end of the connection.
    pub(crate) peer: IpAddr,
    /// The `Host` header.
    pub(crate) host: Option<&'a str>,
    /// The `Origin` header.
    pub(crate) origin: Option<&'a str>,
    /// The first of [`PROXY_HEADERS`] that is there.
    pub(crate) proxy: Option<&'static str>,
}

/// Where an admitted request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No browser, or a page of this server.
    Own,
    /// A page of an origin named with `--allow-origin`: the answer needs CORS headers.
    Guest(Origin),
}

/// Why a request is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// From another machine.
    #[error("the development keys are public, so this server answers to its own machine only")]
    Peer,
    /// Through a proxy.
    #[error(
        "the development keys are public, so a request that passed a proxy is refused (it carries \
         the header {0})"
    )]
    Proxy(&'static str),
    /// For a name this server was not started for.
    #[error(
        "this server was not started for the host «{host}», it answers to {admitted}; start it \
         with --allow-host NAME to admit another"
    )]
    Host {
        /// What was asked for.
        host: String,
        /// What may be asked for.
        admitted: String,
    },
    /// From a page of another origin.
    #[error(
        "pages of the origin «{0}» are not admitted; start the server with --allow-origin ORIGIN \
         to admit them"
    )]
    Origin(String),
}

/// Judges requests to a server that listens on loopback.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    hosts: Vec<Authority>,
    origins: Vec<Origin>,
}

impl Guard {
    /// A guard for a server bound to `address`; a host without port is meant at the bound port.
    pub(crate) fn new(address: SocketAddr, hosts: &[Authority], origins: &[Origin]) -> Self {
        let port = address.port();
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let mut admitted: Vec<Authority> = "localhost".parse().into_iter().collect();
        admitted.extend(loopback.map(|address| Authority::new(address, port)));
        if !loopback.contains(&address.ip()) {
            admitted.push(Authority::new(address.ip(), port));
        }
        admitted.extend_from_slice(hosts);
        let admitted = admitted.iter().map(|host| host.with_default_port(port)).collect();
        Self { hosts: admitted, origins: origins.to_vec() }
    }

    /// Decides whether a request is read at all.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] that says what to change.
    pub(crate) fn judge(&self, asker: &Asker<'_>) -> Result<Standing, Refusal> {
        if !asker.peer.to_canonical().is_loopback() {
            return Err(Refusal::Peer);
        }
        if let Some(header) = asker.proxy {
            return Err(Refusal::Proxy(header));
        }
        let host = self.admitted_host(asker.host.unwrap_or_default())?;
        let Some(text) = asker.origin else {
            return Ok(Standing::Own);
        };
        match text.parse::<Origin>() {
            Ok(origin) if origin.is_of(&host) => Ok(Standing::Own),
            Ok(origin) if self.origins.contains(&origin) => Ok(Standing::Guest(origin)),
            Ok(_) | Err(_) => Err(Refusal::Origin(text.to_owned())),
        }
    }

    fn admitted_host(&self, text: &str) -> Result<Authority, Refusal> {
        let asked = text.parse::<Authority>().ok().map(|host| host.with_default_port(HTTP_PORT));
        asked.filter(|host| self.hosts.contains(host)).ok_or_else(|| {
            let admitted: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
            Refusal::Host { host: text.to_owned(), admitted: admitted.join(", ") }
        })
    }
}

#[cfg(test)]
mod tests;
