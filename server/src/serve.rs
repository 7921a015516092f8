//! `webpool serve`: opens everything, says where it is, and ends it cleanly.
//!
//! One port carries the page, its configuration and the embedded broker. With the development
//! colony (the only one so far) that port is on loopback and every route stands behind the guard;
//! with `--colonies` there is no broker and no key, so anybody may have the page.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::block_in_place;
use webpool_broker::{Broker, Settings};
use webpool_colony::Id;

use crate::admission::admit;
use crate::cli::Serve;
use crate::data::Data;
use crate::error::Error;
use crate::guard::Guard;
use crate::limits::Limits;
use crate::{announcement, api, clock, config, connections, development, pages};

/// How long requests under way may take to end once the server is told to.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
///
/// A host that is not allowed, a missing page, an address or a data folder that cannot be used.
///
/// # Cancellation
///
/// Connections end with the runtime; what was answered is stored.
pub(crate) async fn run(arguments: &Serve, data: &Path) -> Result<ExitCode, Error> {
    if arguments.colonies.is_none() && !arguments.host.is_loopback() {
        return Err(Error::PublicHost(arguments.host));
    }
    pages::check(&arguments.dist)?;
    let listener = bind(SocketAddr::new(arguments.host, arguments.port)).await?;
    let address = listener.local_addr().map_err(Error::Serve)?;
    let signals = Signals::new().map_err(Error::Serve)?;
    let files = pages::router(arguments.dist.clone());
    let config = config::router(arguments.colonies.clone(), &arguments.dist);
    let page = config.fallback_service(files);
    if let Some(server) = &arguments.colonies {
        announcement::for_colonies(address, server);
        serve(listener, page, signals, || ()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let data = Data::open(data)?;
    let broker = open_broker(&data, address)?;
    data.remember(address)?;
    let guard = Guard::new(address, &arguments.allow_host, &arguments.allow_origin);
    let routes = page
        .merge(api::router(broker.clone(), Limits::default()))
        .layer(from_fn_with_state(Arc::new(guard), admit));
    announcement::for_broker(address, data.path());
    serve(listener, routes, signals, || block_in_place(|| broker.close())).await?;
    Ok(ExitCode::SUCCESS)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| {
        let is_in_use = source.kind() == io::ErrorKind::AddrInUse;
        if is_in_use { Error::PortInUse(address) } else { Error::Listen { address, source } }
    })
}

fn open_broker(data: &Data, address: SocketAddr) -> Result<Broker, Error> {
    let failed = |source| Error::Broker { path: data.path().to_owned(), source };
    let server_id = Id::from_text(development::SERVER_ID);
    let mut settings = Settings::new(data.database(), server_id, Arc::new(clock::now));
    settings.address = Some(address);
    let broker = Broker::open(settings).map_err(failed)?;
    broker.seed(development::colony(), vec![development::user()]).map_err(failed)?;
    Ok(broker)
}

/// Serves `routes` until a signal; then calls `close`, which answers what still waits, and gives
/// the connections a moment to end.
async fn serve(
    listener: TcpListener,
    routes: Router,
    signals: Signals,
    close: impl FnOnce(),
) -> Result<(), Error> {
    // Small answers must not wait for the acknowledgement of earlier ones.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!("no TCP_NODELAY: {error}");
        }
    });
    let (ending, ended) = oneshot::channel::<()>();
    let mut server = pin!(connections::serve(listener, routes, Limits::default(), async {
        // Dropping the other end is the signal too.
        ended.await.unwrap_or_default();
    }));
    tokio::select! {
        () = &mut server => return Ok(()),
        () = signals.wait() => {}
    }
    drop(ending);
    close();
    if tokio::time::timeout(GRACE, server).await.is_err() {
        tracing::info!("some connections were cut off");
    }
    Ok(())
}

/// The signals that end the server; none that comes after [`Signals::new`] is missed.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]))
    }

    async fn wait(self) {
        let Self([mut terminate, mut interrupt]) = self;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// The signal that ends the server.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn wait(mut self) {
        self.0.recv().await;
    }
}
