//! Where connections come in: a bound port that tells of each connection which two addresses it
//! joins.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};

use crate::error::Error;

/// A bound port; nobody is answered before it is served.
#[derive(Debug)]
pub(crate) struct Door(TcpListener);

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// The other end.
    pub(crate) peer: IpAddr,
    /// This end; loopback, which is admitted anyway, if the system does not say.
    pub(crate) local: IpAddr,
}

impl Door {
    /// Binds an address; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// [`Error::PortInUse`], or [`Error::Listen`] if the system refuses the address.
    ///
    /// # Cancellation
    ///
    /// Nothing is bound.
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, Error> {
        TcpListener::bind(address).await.map(Self).map_err(|source| {
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
        self.0.local_addr().map_err(Error::Serve)
    }
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = Ends;

    async fn accept(&mut self) -> (TcpStream, Ends) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for the acknowledgement of earlier ones.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("no TCP_NODELAY: {error}");
        }
        let local = stream.local_addr().map(|local| local.ip());
        let local = local.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        (stream, Ends { peer: peer.ip(), local })
    }

    fn local_addr(&self) -> io::Result<Ends> {
        let local = self.0.local_addr()?.ip();
        Ok(Ends { peer: local, local })
    }
}
