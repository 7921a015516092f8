//! A server, a browser with the page, and a client of the colony: what a test plays on.
//!
//! Everything is taken down when the stage is dropped, after a failure too. Ports are the system's
//! choice; nothing is shared between stages.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use webpool_colony::FunctionSpec;

use crate::browser::{Browser, Kind};
use crate::colony::{COLONY_KEY, Colony, TYPE, call};
use crate::folder::Folder;
use crate::identity::Identity;
use crate::page::Page;
use crate::place::{Place, Way};
use crate::proxy::Proxy;
use crate::server::Server;

/// What the page says that has happened, the newest first.
const ACTIVITY: &str = "return [...document.querySelectorAll('.log li')]
    .map(line => line.textContent).join('\\n');";

/// How long a test may take in all.
const LONGEST: Duration = Duration::from_mins(2);

/// The type of executors before a server elsewhere: nobody else's processes are of it.
const BEFORE: &str = "wasm-behind-a-gateway";

/// Clicks, and waits until so many slots have joined: how long that took, in ms.
const START: &str = "const [workers, done] = arguments;
    const pool = document.getElementById('pool');
    const begun = performance.now();
    const observer = new MutationObserver(() => {
        if (pool.dataset.ready === workers) {
            observer.disconnect();
            done(performance.now() - begun);
        }
    });
    observer.observe(pool, { attributes: true });
    document.getElementById('start').click();";

/// What a test needs to differ in.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The name in the page's address.
    pub host: &'static str,
    /// Further arguments of `webpool serve`.
    pub serve: &'static [&'static str],
    /// In which browser; without one, in the one that the run is about.
    pub browser: Option<Kind>,
    /// Further arguments of the browser, a Chromium.
    pub chromium: &'static [&'static str],
    /// Whether it, a Chromium, traces what its threads do.
    pub is_traced: bool,
    /// Whether no other test runs meanwhile: this one has a bound on time.
    pub is_alone: bool,
    /// Whether it waits more than it computes: even one that is alone is not held up by it.
    pub is_quiet: bool,
    /// The type of the page's executors, and of what is submitted for them.
    pub executor_type: &'static str,
    /// Texts that an error in the browser's console may contain.
    pub expected_errors: &'static [&'static str],
}

impl Setup {
    /// What most tests need: a page at 127.0.0.1 and a console without errors.
    pub const USUAL: Self = Self {
        host: "127.0.0.1",
        serve: &[],
        browser: None,
        chromium: &[],
        is_traced: false,
        is_alone: false,
        is_quiet: false,
        executor_type: TYPE,
        expected_errors: &[],
    };

    /// The same, with nobody else at work.
    pub const ALONE: Self = Self { is_alone: true, ..Self::USUAL };

    /// Where it is played: where the environment says, unless the server's arguments do.
    async fn place(&self) -> Result<Place> {
        if self.serve.contains(&"--colonies") {
            let identity = Identity::development(self.executor_type);
            return Ok(Place { server: None, way: Way::Link, identity });
        }
        Place::from_environment(self.executor_type).await
    }

    /// The page of a gateway before a server elsewhere, which must know the development colony. The
    /// folder holds the key of its owner as long as it is kept.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn before(server: &str) -> Result<(Self, Folder)> {
        let folder = Folder::make("key")?;
        let key = folder.path().join("owner");
        fs::write(&key, COLONY_KEY)?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
        let key = key.to_string_lossy();
        let serve = leak(["--colonies", server, "--owner-key-file", &key]);
        Ok((Self { serve, executor_type: BEFORE, ..Self::USUAL }, folder))
    }
}

/// Arguments that live as long as the program does: a few a test.
fn leak<const COUNT: usize>(arguments: [&str; COUNT]) -> &'static [&'static str] {
    arguments.map(|argument| &*argument.to_owned().leak()).to_vec().leak()
}

/// A server, a browser with the page, and a client of the colony.
#[derive(Debug)]
pub struct Stage {
    /// The page.
    pub page: Page,
    /// A client of the server's colony.
    pub colony: Colony,
    /// The server.
    pub server: Server,
    place: Place,
}

impl Stage {
    /// Starts all of it.
    ///
    /// # Errors
    ///
    /// If a program does not start.
    pub async fn build(setup: &Setup) -> Result<Self> {
        let place = setup.place().await?;
        let server = start_server(setup, &place, &[]).await?;
        let port = server.port();
        Self::build_before(setup, place, server, port).await
    }

    /// The same, with a proxy between the page and the server. The client asks the server itself.
    ///
    /// # Errors
    ///
    /// If a program does not start.
    pub async fn build_behind(setup: &Setup, proxy: &Proxy, serve: &[&str]) -> Result<Self> {
        let host = format!("{}:{}", setup.host, proxy.port());
        let place = setup.place().await?;
        let server =
            start_server(setup, &place, &[serve, &["--allow-host", &host]].concat()).await?;
        proxy.lead_to(server.port());
        Self::build_before(setup, place, server, proxy.port()).await
    }

    /// The rest of the stage, with the page at a port.
    async fn build_before(setup: &Setup, place: Place, server: Server, port: u16) -> Result<Self> {
        let kind = match setup.browser {
            Some(kind) => kind,
            None => Kind::wanted()?,
        };
        let browser = if setup.is_traced {
            Browser::start_traced(setup.chromium).await?
        } else {
            Browser::start(kind, setup.chromium).await?
        };
        let colony = Colony::of(server.url(), place.identity.clone())?;
        let address = format!("{}://{}:{}", server.scheme(), setup.host, port);
        let page = Page::new(browser, address);
        Ok(Self { page, colony, server, place })
    }

    /// How its executors come to the server.
    pub fn way(&self) -> Way {
        self.place.way
    }

    /// Whether the server is one elsewhere, which is not ours to be measured.
    pub fn is_elsewhere(&self) -> bool {
        self.place.server.is_some()
    }

    /// Opens the page and starts `workers` slots; returns once all have joined.
    ///
    /// # Errors
    ///
    /// If they do not in time.
    pub async fn start(&self, workers: u32) -> Result<()> {
        self.click_start(workers).await?;
        self.page.wait_ready(workers, Duration::from_secs(15)).await
    }

    /// The same, without waiting for them.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn click_start(&self, workers: u32) -> Result<()> {
        self.open(workers).await?;
        self.press_start().await
    }

    /// Clicks start on the open page, as who has typed what is needed.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn press_start(&self) -> Result<()> {
        self.type_key().await?;
        self.page.click("start").await
    }

    /// Types the colony's key into the open page, if its executors come with it.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn type_key(&self) -> Result<()> {
        match self.place.way {
            Way::Http => self.page.fill("colony-key", &self.place.identity.colony_key).await,
            Way::Link => Ok(()),
        }
    }

    /// The same as [`Self::start`] by a script; how long it took from the click until all had joined, as the page shows
    /// it.
    ///
    /// # Errors
    ///
    /// If they have not in time.
    pub async fn time_start(&self, workers: u32) -> Result<Duration> {
        self.open(workers).await?;
        self.type_key().await?;
        let elapsed_ms = self.page.script_async(START, &[&workers.to_string()]).await?;
        let elapsed_ms = elapsed_ms.as_f64().context("a time in ms")?;
        Ok(Duration::try_from_secs_f64(elapsed_ms / 1000.0)?)
    }

    /// Opens the page, its form filled for so many slots of the stage's colony.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn open(&self, workers: u32) -> Result<()> {
        let Identity { colony, executor_type, .. } = &self.place.identity;
        let mut query = format!("worker_count={workers}&executor_type={executor_type}");
        if self.place.way == Way::Http {
            write!(query, "&colony_name={colony}")?;
        }
        self.page.open(&query).await
    }

    /// A call by a tab of the page's type. `args` is the text of a JSON array.
    ///
    /// # Errors
    ///
    /// If it is not JSON.
    pub fn call(&self, function: &str, args: &str) -> Result<FunctionSpec> {
        let mut spec = call(function, args)?;
        self.place.identity.take_over(&mut spec);
        Ok(spec)
    }

    /// Submits so many trivial calls; how long after the last submission the last result was there,
    /// in s on the server's clock.
    ///
    /// # Errors
    ///
    /// If one does not come to its result in time.
    pub async fn burst(&self, calls: u32) -> Result<f64> {
        self.colony.burst(calls, |args| self.call("add", args)).await
    }

    /// Opens the page and starts slots with the colony's key, which a person has to type. Returns once
    /// they begin to join.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn click_start_by_key(&self, workers: u32) -> Result<()> {
        let Identity { colony, colony_key, executor_type, .. } = &self.place.identity;
        let query =
            format!("colony_name={colony}&executor_type={executor_type}&worker_count={workers}");
        self.page.open(&query).await?;
        self.page.fill("colony-key", colony_key).await?;
        self.page.click("start").await
    }

    /// What a person would look at after a failure.
    pub async fn account(&self) -> String {
        let pool = self.page.pool().await.map_or_else(|error| error.to_string(), |a| a.to_string());
        let slots = self.page.slots().await.unwrap_or_default();
        let slots: Vec<String> = slots.iter().map(ToString::to_string).collect();
        let activity = self.page.script(ACTIVITY, &[]).await.unwrap_or_default();
        let console = self.page.console().await.unwrap_or_default();
        format!(
            "pool: {pool}\nslots:\n{}\nactivity:\n{}\nconsole:\n{}\nserver:\n{}",
            slots.join("\n"),
            activity.as_str().unwrap_or_default(),
            console.join("\n"),
            self.server.log_tail()
        )
    }
}

async fn start_server(setup: &Setup, place: &Place, serve: &[&str]) -> Result<Server> {
    let (arguments, variables) = place.serve();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Server::start_with(&[setup.serve, serve, &arguments].concat(), variables).await
}

/// Held by every test that runs, for itself by one that is alone.
static TURN: RwLock<()> = RwLock::const_new(());

/// A test's turn, over when this is dropped.
#[derive(Debug)]
enum Turn {
    Alone { _turn: RwLockWriteGuard<'static, ()> },
    Beside { _turn: RwLockReadGuard<'static, ()> },
    Unnoticed,
}

impl Turn {
    async fn take(setup: &Setup) -> Self {
        match setup {
            Setup { is_alone: true, .. } => Self::Alone { _turn: TURN.write().await },
            Setup { is_quiet: true, .. } => Self::Unnoticed,
            _ => Self::Beside { _turn: TURN.read().await },
        }
    }
}

/// Runs a test on a stage of its own, and checks at the end that the console shows no error.
///
/// # Errors
///
/// Whatever the test met, with an account of page, console and server.
pub async fn play(setup: Setup, test: impl AsyncFnOnce(&Stage) -> Result<()>) -> Result<()> {
    let _turn = Turn::take(&setup).await;
    let stage = Stage::build(&setup).await?;
    let played = async {
        test(&stage).await?;
        let errors = stage.page.errors(setup.expected_errors).await?;
        ensure!(errors.is_empty(), "the browser's console shows errors:\n{}", errors.join("\n"));
        Ok(())
    };
    let outcome = tokio::time::timeout(LONGEST, played)
        .await
        .unwrap_or_else(|_| Err(anyhow!("the test took over {LONGEST:?}")));
    match outcome {
        Ok(()) => Ok(()),
        Err(error) => Err(anyhow!("{error:#}\n{}", stage.account().await)),
    }
}
