//! Where connections come in: a bound port that tells of each connection which two addresses it
//! joins. Who connects too often finds it closed.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::HeaderMap;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::error::Error;
use crate::guard::PROXY_HEADERS;
use crate::throttle::Throttle;

/// A bound port; nobody is answered before it is served.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    throttle: Throttle,
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// The other end.
    pub(crate) peer: IpAddr,
    /// This end; loopback, which is admitted anyway, if the system does not say.
    pub(crate) local: IpAddr,
}

impl Ends {
    /// Whether a request over this connection comes from this machine itself, and through no proxy.
    pub(crate) fn is_here(&self, headers: &HeaderMap) -> bool {
        let is_proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
        self.peer.to_canonical().is_loopback() && !is_proxied
    }
}

impl Door {
    /// Binds an address; port 0 is any free one. `throttle` says who may come in.
    ///
    /// # Errors
    ///
    /// [`Error::PortInUse`], or [`Error::Listen`] if the system refuses the address.
    ///
    /// # Cancellation
    ///
    /// Nothing is bound.
    pub(crate) async fn bind(address: SocketAddr, throttle: Throttle) -> Result<Self, Error> {
        let bound = TcpListener::bind(address).await;
        bound.map(|listener| Self { listener, throttle }).map_err(|source| {
            let is_in_use = source.kind() == io::ErrorKind::AddrInUse;
            if is_in_use { Error::PortInUse(address) } else { Error::Listen { address, source } }
        })
    }

    /// The bound address, with its port.
    ///
    /// # Errors
    ///
    /// [`Error::Serve`] if the system does not say.
    pub(crate) fn address(&self) -> Result<SocketAddr, Error> {
        self.listener.local_addr().map_err(Error::Serve)
    }
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = Ends;

    async fn accept(&mut self) -> (TcpStream, Ends) {
        let (stream, peer) = loop {
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            if self.throttle.admits(peer.ip(), Instant::now()) {
                break (stream, peer);
            }
            tracing::debug!("a connection comes too soon after others of its client");
        };
        // Small answers must not wait for the acknowledgement of earlier ones.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("no TCP_NODELAY: {error}");
        }
        let local = stream.local_addr().map(|local| local.ip());
        let local = local.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        (stream, Ends { peer: peer.ip(), local })
    }

    fn local_addr(&self) -> io::Result<Ends> {
        let local = self.listener.local_addr()?.ip();
        Ok(Ends { peer: local, local })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::limits::Limits;
    use crate::metrics::Metrics;
    use crate::rates::Rate;

    #[tokio::test]
    async fn who_connects_too_often_finds_it_closed() {
        let rate = Rate { burst: 2, per_second: 1 };
        let limits = Limits { connection_rate: rate, ..Limits::default() };
        let throttle =
            Throttle::new(limits, std::num::NonZero::new(1), &[], Arc::new(Metrics::new()));
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let mut door = Door::bind(address, throttle).await.unwrap();
        let address = door.address().unwrap();
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        let admitted = [door.accept().await.0, door.accept().await.0];
        let ports = admitted.map(|stream| stream.peer_addr().unwrap().port());
        let third = clients.pop().unwrap();
        assert!(!ports.contains(&third.local_addr().unwrap().port()));
        // The third is closed while the door waits for a fourth, in whose time there is one token.
        let mut refused = third;
        let read = async { refused.read(&mut [0; 1]).await.unwrap_or_default() };
        let ended = tokio::select! {
            length = read => length,
            _ = door.accept() => panic!("nobody else came"),
            () = tokio::time::sleep(Duration::from_secs(20)) => panic!("it stays open"),
        };
        assert_eq!(ended, 0);
    }
}
