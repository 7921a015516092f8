//! `webpool serve`: opens everything, says where it is, and ends it cleanly.
//!
//! One port carries the page, its configuration and the embedded broker, every route behind the
//! guard. With the development keys that port is on loopback. With `--colonies` there is no broker
//! and no key, so anybody may have the page.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::sync::oneshot;
use tokio::task::block_in_place;
use webpool_broker::{Broker, Settings};

use crate::admission::admit;
use crate::authority::ServerUrl;
use crate::cli::Serve;
use crate::connections::Terms;
use crate::data::{self, Data};
use crate::door::Door;
use crate::error::{Error, sentence};
use crate::guard::{Guard, Reach};
use crate::headers::{Policy, protect};
use crate::health::{self, Worker};
use crate::keyring::Keyring;
use crate::limits::Limits;
use crate::metrics::{self, Metrics, count};
use crate::throttle::{Throttle, throttle};
use crate::{announcement, api, clock, config, connections, pages, tls};

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
    match &arguments.colonies {
        Some(server) => serve_page(arguments, server, data).await?,
        None => serve_broker(arguments, data).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Serves the page of a server elsewhere.
async fn serve_page(arguments: &Serve, server: &ServerUrl, data: &Path) -> Result<(), Error> {
    let opened = Opened::new(arguments).await?;
    if let Err(error) = data::remember_colonies(data, server) {
        // The page needs no folder: only the other commands do not learn about the server.
        tracing::warn!("{}", sentence(&error));
    }
    let page = page(arguments, config::Server::Colonies(server.clone()))
        .merge(health::router(Worker::colonies(server)?));
    announcement::for_colonies(opened.address, opened.is_tls(), server);
    let policy = Policy::new(Some(server), &arguments.frame_ancestors);
    let routes = behind_all(page, &opened, None, policy);
    serve(opened, routes, || ()).await
}

/// Serves the page and the broker behind it.
async fn serve_broker(arguments: &Serve, data: &Path) -> Result<(), Error> {
    if Keyring::open(data)?.is_public() && !arguments.host.is_loopback() {
        return Err(Error::PublicHost(arguments.host));
    }
    let opened = Opened::new(arguments).await?;
    let data = Data::open(data)?;
    // Read again: nobody makes other keys as long as the folder is open here.
    let keyring = Keyring::open(data.path())?;
    let broker = open_broker(&data, &keyring, opened.address)?;
    data.remember(opened.address, opened.is_tls())?;
    let reach = if keyring.is_public() { Reach::Machine } else { Reach::Anywhere };
    let guard = Guard::new(opened.address, reach, &arguments.allow_host, &arguments.allow_origin);
    let policy = Policy::new(None, &arguments.frame_ancestors);
    let routes = page(arguments, config::Server::broker(&keyring))
        .merge(api::router(broker.clone(), opened.terms.limits))
        .merge(health::router(Worker::Broker(broker.clone())));
    let routes = behind_all(routes, &opened, Some(guard), policy);
    announcement::for_broker(opened.address, opened.is_tls(), &keyring, data.path());
    drop(keyring);
    serve(opened, routes, || block_in_place(|| broker.close())).await
}

/// The page's files, and what the page is told.
fn page(arguments: &Serve, server: config::Server) -> Router {
    let files = pages::router(arguments.dist.clone());
    config::router(server, &arguments.dist).fallback_service(files)
}

/// The routes behind everything that looks at each request, and the server's own figures.
fn behind_all(routes: Router, opened: &Opened, guard: Option<Guard>, policy: Policy) -> Router {
    let metrics = &opened.terms.metrics;
    let routes = routes.merge(metrics::router(Arc::clone(metrics)));
    let routes = routes.layer(from_fn_with_state(opened.throttle.clone(), throttle));
    let guarded = match guard {
        Some(guard) => routes.layer(from_fn_with_state(Arc::new(guard), admit)),
        None => routes,
    };
    guarded
        .layer(from_fn_with_state(Arc::new(policy), protect))
        .layer(from_fn_with_state(Arc::clone(metrics), count))
}

fn open_broker(data: &Data, keyring: &Keyring, address: SocketAddr) -> Result<Broker, Error> {
    let failed = |source| Error::Broker { path: data.path().to_owned(), source };
    let database = data.database(keyring.is_public())?;
    let mut settings = Settings::new(database, keyring.server_id(), Arc::new(clock::now));
    settings.address = Some(address);
    let broker = Broker::open(settings).map_err(failed)?;
    tracing::info!("the database is open, {}", broker.durability());
    broker.seed(keyring.to_colony(), vec![keyring.to_user()]).map_err(failed)?;
    Ok(broker)
}

/// Serves `routes` until a signal; then calls `close`, which answers what still waits, and gives
/// the connections a moment to end.
async fn serve(opened: Opened, routes: Router, close: impl FnOnce()) -> Result<(), Error> {
    let (ending, ended) = oneshot::channel::<()>();
    let mut server = pin!(connections::serve(opened.door, routes, opened.terms, async {
        // Dropping the other end is the signal too.
        ended.await.unwrap_or_default();
    }));
    tokio::select! {
        () = &mut server => return Ok(()),
        () = opened.signals.wait() => {}
    }
    drop(ending);
    // Connections are told before what waits is answered, so a WebSocket ends with a farewell.
    let end = async { tokio::join!(biased; server, async { close() }) };
    if tokio::time::timeout(GRACE, end).await.is_err() {
        tracing::info!("some connections were cut off");
    }
    Ok(())
}

/// What lets requests in, and what ends it; nothing is answered yet.
struct Opened {
    door: Door,
    address: SocketAddr,
    signals: Signals,
    throttle: Throttle,
    terms: Terms,
}

impl Opened {
    fn is_tls(&self) -> bool {
        self.terms.tls.is_some()
    }

    async fn new(arguments: &Serve) -> Result<Self, Error> {
        pages::check(&arguments.dist)?;
        let tls = match (&arguments.tls_cert, &arguments.tls_key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
            (_, _) => None,
        };
        let (limits, proxies) = (Limits::default(), &arguments.trusted_proxy);
        let metrics = Arc::new(Metrics::new());
        let asked = arguments.rate_limit;
        let throttle = Throttle::new(limits, asked, proxies, Arc::clone(&metrics));
        let address = SocketAddr::new(arguments.host, arguments.port);
        let door = Door::bind(address, throttle.clone()).await?;
        let address = door.address()?;
        let signals = Signals::new().map_err(Error::Serve)?;
        Ok(Self { door, address, signals, throttle, terms: Terms { limits, tls, metrics } })
    }
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
