//! The server that both ways lead to, and a client that asks it, except while it is restarted.

use anyhow::{Error, Result, anyhow};
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::harness::{Colony, Proxy, Server};
use crate::lane::Lane;

/// A server and its client.
pub(crate) struct Ground {
    server: Server,
    colony: RwLock<Colony>,
}

impl Ground {
    /// Starts a server, and leads proxies to it.
    pub(crate) async fn start(proxies: &[&Proxy]) -> Result<Self> {
        let hosts: Vec<String> =
            proxies.iter().map(|proxy| format!("127.0.0.1:{}", proxy.port())).collect();
        let arguments: Vec<&str> =
            hosts.iter().flat_map(|host| ["--allow-host", host.as_str()]).collect();
        let server = Server::start(&arguments).await?;
        for proxy in proxies {
            proxy.lead_to(server.port());
        }
        let colony = RwLock::new(Colony::new(server.url())?);
        Ok(Self { server, colony })
    }

    /// The client; the server stays as long as this is held.
    pub(crate) async fn colony(&self) -> RwLockReadGuard<'_, Colony> {
        self.colony.read().await
    }

    /// Kills the server once nobody here asks it, and starts it again.
    pub(crate) async fn restart(&self) -> Result<()> {
        let mut colony = self.colony.write().await;
        self.server.restart().await?;
        *colony = Colony::new(self.server.url())?;
        Ok(())
    }

    /// An error with an account of both pages and of the server.
    pub(crate) async fn explain(&self, error: Error, lanes: [&Lane<'_>; 2]) -> Error {
        let mut accounts = Vec::new();
        for lane in lanes {
            accounts.push(lane.account().await);
        }
        anyhow!("{error:#}\n{}\nserver:\n{}", accounts.join("\n"), self.server.log_tail())
    }
}
