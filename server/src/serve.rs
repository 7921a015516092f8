//! `webpool serve`: opens everything, says where it is, and ends it cleanly.
//!
//! One port carries the page, its configuration and the routes of a ColonyOS server, every route
//! behind the guard. The embedded broker answers them, on loopback only if its keys are the
//! development ones. With `--colonies` they go on to servers elsewhere, which judge for themselves
//! who may do what: there is no key here, so whoever reaches this port may ask.

use std::collections::BTreeSet;
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
use webpool_gateway::Offer;
use webpool_registrar::{self as registrar, Owner, Reader, Registrar};

use crate::admission::admit;
use crate::authority::ServerUrl;
use crate::backend::{Backend, Colonies};
use crate::cli::Serve;
use crate::connections::Terms;
use crate::data::{self, Data};
use crate::door::Door;
use crate::error::{Error, sentence};
use crate::front::Front;
use crate::guard::{Guard, Reach};
use crate::headers::{Policy, protect};
use crate::keyring::Keyring;
use crate::limits::Limits;
use crate::link::{Office, Rights};
use crate::metrics::{Metrics, count};
use crate::operator::Desk;
use crate::room::Room;
use crate::throttle::{Throttle, throttle};
use crate::{
    announcement, api, body, clock, config, connections, files, health, link, metrics, operator,
    pages, registrar_keys, tls,
};

/// How long requests under way may take to end once the server is told to.
const GRACE: Duration = Duration::from_secs(2);

/// How many executors may come from this machine at the same time, over all pages.
const LOCAL_AT_ONCE: u32 = 1000;

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
    match arguments.colonies.as_slice() {
        [] => serve_broker(arguments, data).await?,
        [first, ..] => serve_colonies(arguments, first, data).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Serves the page, and passes requests on to ColonyOS servers elsewhere. With the key of the
/// colony's owner executors come in by link.
async fn serve_colonies(arguments: &Serve, first: &ServerUrl, data: &Path) -> Result<(), Error> {
    let owner = registrar_keys::owner_key(arguments.owner_key_file.as_deref())?;
    let opened = Opened::new(arguments).await?;
    let backend = Backend::Colonies(Colonies::new(arguments.colonies.clone())?);
    let announce = |data: Option<&Path>| {
        announcement::for_colonies(opened.address, opened.is_tls(), &arguments.colonies, data);
    };
    let Some(key) = owner else {
        if arguments.visitors_submit {
            tracing::warn!("--visitors-submit changes nothing without the colony owner's key");
        }
        announce(None);
        if let Err(error) = data::remember_colonies(data, first) {
            // The page needs no folder: only the other commands do not learn about the server.
            tracing::warn!("{}", sentence(&error));
        }
        let page = page(arguments, config::Server::Colonies(first.clone()));
        let policy = Policy::new(Some(first), &arguments.frame_ancestors);
        let gate = Gate { reach: Reach::Anywhere, policy };
        return serve(opened, arguments, gate, page, Front::Open(backend)).await;
    };
    let data = Data::open(data)?;
    data::remember_colonies(data.path(), first)?;
    let colony = config::named_colony();
    let page = page(arguments, config::Server::Gateway(colony.clone()));
    let suggested_type = config::suggested_type(&colony);
    let office = open_office(backend, Owner::new(key, colony), arguments, &data, &opened.throttle)?;
    let behind = format!("at the ColonyOS server {first}");
    let desk = open_desk(&office, &data, &opened, (behind, suggested_type))?;
    announce(Some(data.path()));
    let policy = Policy::new(None, &arguments.frame_ancestors);
    let gate = Gate { reach: Reach::Anywhere, policy };
    let page = page.merge(operator::router(desk));
    serve(opened, arguments, gate, page, Front::Guarded(office)).await
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
    let stale_after = Duration::from_secs(arguments.stale_after.into());
    let broker = open_broker(&data, &keyring, opened.address, stale_after)?;
    data.remember(opened.address, opened.is_tls())?;
    let reach = if keyring.is_public() { Reach::Machine } else { Reach::Anywhere };
    let page = page(arguments, config::Server::broker(&keyring, arguments.stale_after));
    let owner = Owner::new(keyring.colony_key.clone(), keyring.colony.clone());
    let office = open_office(broker.into(), owner, arguments, &data, &opened.throttle)?;
    let behind = ("with the embedded broker".to_owned(), config::BROKER_TYPE.to_owned());
    let desk = open_desk(&office, &data, &opened, behind)?;
    let page = page.merge(operator::router(desk));
    announcement::for_broker(opened.address, opened.is_tls(), &keyring, data.path());
    drop(keyring);
    let policy = Policy::new(None, &arguments.frame_ancestors);
    serve(opened, arguments, Gate { reach, policy }, page, Front::Guarded(office)).await
}

/// Opens the way in for those who come without the colony's key.
fn open_office(
    backend: Backend,
    owner: Owner,
    arguments: &Serve,
    data: &Data,
    throttle: &Throttle,
) -> Result<Office, Error> {
    let failed = |source| Error::Registrar { path: data.path().to_owned(), source };
    let registrar = Registrar::open(&data::make_registrar(data.path())?).map_err(failed)?;
    let local = registrar::Terms {
        colony: owner.colony().to_owned(),
        executor_type: None,
        name_prefix: String::new(),
        at_once: LOCAL_AT_ONCE,
    };
    let offer = offer(arguments, owner.colony());
    let rights = Rights {
        reader: Reader::new(registrar_keys::reader_key(data)?, owner.colony()),
        owner,
        registrar,
        local,
        dist: arguments.dist.clone(),
        visitors_submit: arguments.visitors_submit,
        stale_after_s: arguments.colonies.is_empty().then_some(arguments.stale_after),
        settings: webpool_gateway::Settings {
            offer: Some(offer),
            longest_poll_s: Some(backend.poll_s()),
        },
        throttle: throttle.clone(),
    };
    Office::open(backend, rights).map_err(failed)
}

/// What visitors may submit: where they come from elsewhere, nothing for the colony's other executors.
fn offer(arguments: &Serve, colony: &str) -> Offer {
    let own_type = || match arguments.colonies.as_slice() {
        [] => config::BROKER_TYPE.to_owned(),
        [_, ..] => config::suggested_type(colony),
    };
    let executor_types = arguments.visitors_submit.then(|| BTreeSet::from([own_type()]));
    Offer { executor_types, ..Offer::default() }
}

/// Opens the operator's view of an office. What stands behind webpool is said in words, and by the
/// type that a page suggests for executors there.
fn open_desk(
    office: &Office,
    data: &Data,
    opened: &Opened,
    (behind, suggested_type): (String, String),
) -> Result<Desk, Error> {
    let key = operator::key::open(data)?.digest();
    let (office, throttle) = (office.clone(), opened.throttle.clone());
    Ok(Desk { office, key, throttle, behind, suggested_type })
}

/// The page's files, and what the page is told.
fn page(arguments: &Serve, server: config::Server) -> Router {
    let files = pages::router(arguments.dist.clone());
    let config = config::router(server, &arguments.dist, arguments.visitors_submit);
    config.fallback_service(files)
}

fn open_broker(
    data: &Data,
    keyring: &Keyring,
    address: SocketAddr,
    stale_after: Duration,
) -> Result<Broker, Error> {
    let failed = |source| Error::Broker { path: data.path().to_owned(), source };
    let database = data.database(keyring.is_public())?;
    let mut settings = Settings::new(database, keyring.server_id(), Arc::new(clock::now));
    settings.address = Some(address);
    settings.bear_silence_for(stale_after);
    let broker = Broker::open(settings).map_err(failed)?;
    tracing::info!("the database is open, {}", broker.durability());
    broker.seed(keyring.to_colony(), vec![keyring.to_user()]).map_err(failed)?;
    Ok(broker)
}

/// Who may ask, and what pages may do.
struct Gate {
    reach: Reach,
    policy: Policy,
}

/// Serves `page` and the routes to what is behind `front`, to whom `gate` says, until a signal; then
/// answers what still waits at an embedded broker, and gives the connections a moment to end.
async fn serve(
    opened: Opened,
    arguments: &Serve,
    gate: Gate,
    page: Router,
    front: Front,
) -> Result<(), Error> {
    let limits = opened.terms.limits;
    let guard =
        Guard::new(opened.address, gate.reach, &arguments.allow_host, &arguments.allow_origin);
    let room = Room::new(limits);
    let link = match &front {
        Front::Guarded(office) => link::router(office.clone(), limits, room.clone()),
        Front::Open(_) => Router::new(),
    };
    let backend = front.backend().clone();
    let metrics = &opened.terms.metrics;
    let routes = page
        .merge(api::router(front, body::Reader::new(limits, room)))
        .merge(link)
        .merge(health::router(backend.clone()))
        .merge(metrics::router(Arc::clone(metrics)))
        .layer(from_fn_with_state(opened.throttle.clone(), throttle))
        .layer(from_fn_with_state(Arc::new(guard), admit))
        .layer(from_fn_with_state(Arc::new(gate.policy), protect))
        .layer(from_fn_with_state(Arc::clone(metrics), count));
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
    let end = async { tokio::join!(biased; server, async { block_in_place(|| backend.close()) }) };
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
        let connections = files::make_room_for_connections();
        let limits = Limits { connections, ..Limits::default() };
        let proxies = &arguments.trusted_proxy;
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
