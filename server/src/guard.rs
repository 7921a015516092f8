//! Who may ask the embedded broker, or the ColonyOS servers behind webpool.
//!
//! A web page elsewhere is not a user: its posts need no preflight, so it could drive a broker on
//! this machine with the published keys, or reach it by pointing a name of its own at 127.0.0.1.
//! Therefore a request passes only if
//!
//! - with the public development keys, it comes from this machine, and did not pass a proxy (which
//!   would hide where it comes from);
//! - it asks for a host this server was started for: a loopback name, the bound address (bound to
//!   all, the address at which this very request arrived), or one named with `--allow-host`;
//! - its `Origin`, if a browser sent one, is that host or one named with `--allow-origin`.
//!
//! A host without a port is meant at 80 or at 443: a request that a proxy took from https looks like
//! one of plain http here, and names no port.
//!
//! Pure: headers in, [`Standing`] or [`Refusal`] out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::authority::{Authority, HTTP_PORT, HTTPS_PORT, Origin};

/// Headers that tell of a proxy.
pub(crate) const PROXY_HEADERS: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// What a host without a port may mean.
const PORTS: [u16; 2] = [HTTP_PORT, HTTPS_PORT];

/// What is known about a request before it is read. A header that came twice, or is no text,
/// counts as an empty one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    /// The other end of the connection.
    pub(crate) peer: IpAddr,
    /// This end of it.
    pub(crate) local: IpAddr,
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
    #[error(
        "the development keys are public, so this server answers to its own machine only; \
         `webpool init` makes a colony with keys of its own"
    )]
    Peer,
    /// Through a proxy.
    #[error(
        "the development keys are public, so a request that passed a proxy is refused (it carries \
         the header {0}); `webpool init` makes a colony with keys of its own"
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

/// Whom a server answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// This machine alone: everybody knows the keys.
    Machine,
    /// Whoever can reach it: the keys are its own.
    Anywhere,
}

/// Judges requests to a server.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    address: SocketAddr,
    reach: Reach,
    hosts: Vec<Authority>,
    origins: Vec<Origin>,
}

impl Guard {
    /// A guard for a server bound to `address`; a host without port is meant at the bound port.
    pub(crate) fn new(
        address: SocketAddr,
        reach: Reach,
        hosts: &[Authority],
        origins: &[Origin],
    ) -> Self {
        let port = address.port();
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let mut admitted: Vec<Authority> = "localhost".parse().into_iter().collect();
        admitted.extend(loopback.map(|address| Authority::new(address, port)));
        if !loopback.contains(&address.ip()) && !address.ip().is_unspecified() {
            admitted.push(Authority::new(address.ip(), port));
        }
        admitted.extend_from_slice(hosts);
        let hosts = admitted.iter().map(|host| host.with_default_port(port)).collect();
        Self { address, reach, hosts, origins: origins.to_vec() }
    }

    /// Decides whether a request is read at all.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] that says what to change.
    pub(crate) fn judge(&self, asker: &Asker<'_>) -> Result<Standing, Refusal> {
        match self.reach {
            Reach::Machine => require_machine(asker)?,
            Reach::Anywhere => {}
        }
        let host = self.admitted_host(asker)?;
        let Some(text) = asker.origin else {
            return Ok(Standing::Own);
        };
        match text.parse::<Origin>() {
            Ok(origin) if origin.is_of(&host) => Ok(Standing::Own),
            Ok(origin) if self.origins.contains(&origin) => Ok(Standing::Guest(origin)),
            Ok(_) | Err(_) => Err(Refusal::Origin(text.to_owned())),
        }
    }

    fn admitted_host(&self, asker: &Asker<'_>) -> Result<Authority, Refusal> {
        let text = asker.host.unwrap_or_default();
        let host = text.parse::<Authority>().ok();
        let mut meant = host.iter().flat_map(|host| PORTS.map(|port| host.with_default_port(port)));
        let arrival = self.arrival(asker.local);
        meant
            .find(|host| self.hosts.contains(host) || arrival.as_ref() == Some(host))
            .ok_or_else(|| self.refusal(text, arrival))
    }

    /// The host of the address at which a request arrived, if the server is bound to all.
    fn arrival(&self, local: IpAddr) -> Option<Authority> {
        let is_bound_to_all = self.address.ip().is_unspecified();
        is_bound_to_all.then(|| Authority::new(local.to_canonical(), self.address.port()))
    }

    fn refusal(&self, host: &str, arrival: Option<Authority>) -> Refusal {
        let arrival = arrival.filter(|arrival| !self.hosts.contains(arrival));
        let admitted = self.hosts.iter().chain(&arrival).map(ToString::to_string);
        let admitted = admitted.collect::<Vec<_>>().join(", ");
        Refusal::Host { host: host.to_owned(), admitted }
    }
}

fn require_machine(asker: &Asker<'_>) -> Result<(), Refusal> {
    if !asker.peer.to_canonical().is_loopback() {
        return Err(Refusal::Peer);
    }
    asker.proxy.map_or(Ok(()), |header| Err(Refusal::Proxy(header)))
}

#[cfg(test)]
mod tests;
