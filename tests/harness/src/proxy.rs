//! A proxy between a page and `webpool serve` that injects faults.
//!
//! It knows the type (`payloadtype`) of what it carries: of a request in `POST /api`, of one in a frame
//! of a link, and of the replies to both. It carries one request a connection, so that each has an end.
//!
//! - `rules` which fault is due
//! - `http` a connection, one request and its reply
//! - `frames` a connection that has become a WebSocket
//! - `closes` which processes were closed, and how often

mod closes;
mod frames;
mod http;
mod rules;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use closes::Closed;
use closes::Closes;
use rules::Rules;
pub use rules::{Fault, Injection, Rule, What};

/// A proxy at a free port of 127.0.0.1; dropping it ends all that it carries.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

/// What the connections share.
#[derive(Debug, Default)]
struct Shared {
    /// Where to.
    server: AtomicU16,
    is_cut: watch::Sender<bool>,
    hushes: watch::Sender<()>,
    rules: Rules,
    closes: Closes,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// With a farewell (FIN).
    Close,
    /// Without one (RST).
    Reset,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Proxy {
    /// Begins to listen. Nothing is carried before [`Self::lead_to`].
    ///
    /// # Errors
    ///
    /// The system's.
    pub async fn bind() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let listener = tokio::spawn(listen(Arc::clone(&shared), listener, port));
        Ok(Self { port, shared, listener })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Says at which port of 127.0.0.1 the server is.
    pub fn lead_to(&self, port: u16) {
        self.shared.server.store(port, Ordering::Relaxed);
    }

    /// Injects a fault wherever the rule fits, until the injection is dropped.
    ///
    /// Of several rules that fit each counts, and the fault of the first is injected; a delay of
    /// nothing only counts.
    pub fn inject(&self, rule: Rule) -> Injection {
        self.shared.rules.add(rule)
    }

    /// How often a process was closed, as far as the server's answers came by; faults in these
    /// come after.
    pub fn closed(&self, process: &str) -> Closed {
        self.shared.closes.of(process)
    }

    /// Resets all connections, and refuses new ones.
    pub fn cut_off(&self) {
        self.shared.is_cut.send_replace(true);
    }

    /// Lets all connections that are open fall silent for who began them, without an end, and ends
    /// them for the server; new ones are carried.
    pub fn hush(&self) {
        self.shared.hushes.send_replace(());
    }

    /// Takes connections again.
    pub fn restore(&self) {
        self.shared.is_cut.send_replace(false);
    }
}

/// Takes connections, except while it is cut off: then nobody listens at the port.
async fn listen(shared: Arc<Shared>, listener: TcpListener, port: u16) {
    let mut is_cut = shared.is_cut.subscribe();
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            client = accept(listener.as_ref()) => {
                connections.spawn(carry(Arc::clone(&shared), client));
            }
            Some(_) = connections.join_next() => {}
            Ok(()) = is_cut.changed() => {
                let is_cut = *is_cut.borrow_and_update();
                listener = None;
                if !is_cut {
                    listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.ok();
                }
            }
        }
    }
}

/// The next connection; none ever if nobody listens.
async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let accepted = match listener {
        Some(listener) => listener.accept().await.ok(),
        None => None,
    };
    match accepted {
        Some((client, _)) => client,
        None => std::future::pending().await,
    }
}

/// Carries one connection to its end.
async fn carry(shared: Arc<Shared>, mut client: TcpStream) {
    let mut hushes = shared.hushes.subscribe();
    let end = tokio::select! {
        () = until_cut(&shared) => End::Reset,
        Ok(()) = hushes.changed() => {
            until_cut(&shared).await;
            End::Reset
        }
        end = http::carry(&shared, &mut client) => end.unwrap_or(End::Close),
    };
    match end {
        End::Close => drop(client),
        End::Reset => drop(client.set_zero_linger()),
    }
}

async fn until_cut(shared: &Shared) {
    // It ends by an error as well: if the sender were gone.
    drop(shared.is_cut.subscribe().wait_for(|is_cut| *is_cut).await);
}
