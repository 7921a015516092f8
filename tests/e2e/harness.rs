//! What every browser test stands on.
//!
//! A test is given a [`Stage`]: a server of its own over an empty folder, a browser of its own
//! with the page open, and a client of the colony. Everything is taken down when the stage is
//! dropped, after a failure too. Ports are the system's choice; nothing is shared between tests.
//!
//! - `programs` which programs are driven
//! - `folder` a temporary folder
//! - `child` a program that says when it is ready
//! - `server` `webpool serve`
//! - `browser` Chromium over WebDriver, and its console
//! - `trace` what the browser's tracing says about the page's main thread
//! - `page` the page by its automation contract
//! - `colony` a client of the colony
//! - `wait` waiting for a condition, up to a limit

mod browser;
mod child;
mod colony;
mod folder;
mod page;
mod programs;
mod server;
mod trace;
mod wait;

use std::env;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};

pub(crate) use browser::Browser;
pub(crate) use colony::{COLONY, COLONY_KEY, Colony, TYPE, USER_KEY, call, seconds_between, text};
pub(crate) use folder::Folder;
pub(crate) use page::Page;
pub(crate) use programs::dist;
pub(crate) use server::Server;
pub(crate) use trace::Task;
pub(crate) use wait::{Look, stays, until};

/// How long a test may take in all.
const LONGEST: Duration = Duration::from_mins(2);

/// Names a ColonyOS server to try as well, which must know the development colony.
const ELSEWHERE: &str = "WEBPOOL_COLONIES";

/// What a test needs to differ in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// The name in the page's address.
    pub(crate) host: &'static str,
    /// Further arguments of `webpool serve`.
    pub(crate) serve: &'static [&'static str],
    /// Further arguments of Chromium.
    pub(crate) chromium: &'static [&'static str],
    /// Whether Chromium traces what its threads do.
    pub(crate) is_traced: bool,
    /// Texts that an error in the browser's console may contain.
    pub(crate) expected_errors: &'static [&'static str],
}

impl Setup {
    /// What most tests need: a page at 127.0.0.1 and a console without errors.
    pub(crate) const USUAL: Self = Self {
        host: "127.0.0.1",
        serve: &[],
        chromium: &[],
        is_traced: false,
        expected_errors: &[],
    };

    /// A page for the ColonyOS server that `WEBPOOL_COLONIES` names, and that server's address
    /// without trailing slash; none if it names none.
    pub(crate) fn elsewhere() -> Option<(Self, String)> {
        let server = env::var(ELSEWHERE).ok().filter(|server| !server.is_empty())?;
        let server = server.trim_end_matches('/').to_owned();
        // Once a test: what is leaked lives as long as the program anyway.
        let serve: &[&str] = vec!["--colonies", server.clone().leak()].leak();
        Some((Self { serve, ..Self::USUAL }, server))
    }
}

/// A server, a browser with the page, and a client of the colony.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) page: Page,
    pub(crate) colony: Colony,
    pub(crate) server: Server,
}

impl Stage {
    async fn build(setup: &Setup) -> Result<Self> {
        let server = Server::start(setup.serve).await?;
        let browser = if setup.is_traced {
            Browser::start_traced(setup.chromium).await?
        } else {
            Browser::start(setup.chromium).await?
        };
        let colony = Colony::new(server.url())?;
        let address = format!("{}://{}:{}", server.scheme(), setup.host, server.port());
        let page = Page::new(browser, address);
        Ok(Self { page, colony, server })
    }

    /// Opens the page and starts `workers` slots; returns once all have joined.
    pub(crate) async fn start(&self, workers: u32) -> Result<()> {
        self.page.open(&format!("worker_count={workers}")).await?;
        self.page.click("start").await?;
        self.page.wait_ready(workers, Duration::from_secs(15)).await
    }

    /// The same for a ColonyOS server elsewhere, whose colony's key a person has to type. Returns
    /// once the slots begin to join.
    pub(crate) async fn click_start_elsewhere(&self, workers: u32) -> Result<()> {
        let query = format!("colony_name={COLONY}&executor_type={TYPE}&worker_count={workers}");
        self.page.open(&query).await?;
        self.page.fill("colony-key", COLONY_KEY).await?;
        self.page.click("start").await
    }

    /// What a person would look at after a failure.
    async fn account(&self) -> String {
        let pool = self.page.pool().await.map_or_else(|error| error.to_string(), |a| a.to_string());
        let slots = self.page.slots().await.unwrap_or_default();
        let slots: Vec<String> = slots.iter().map(ToString::to_string).collect();
        let console = self.page.console().await.unwrap_or_default();
        format!(
            "pool: {pool}\nslots:\n{}\nconsole:\n{}\nserver:\n{}",
            slots.join("\n"),
            console.join("\n"),
            self.server.log_tail()
        )
    }
}

/// Runs a test on a stage of its own, and checks at the end that the console shows no error.
///
/// # Errors
///
/// Whatever the test met, with an account of page, console and server.
pub(crate) async fn play(setup: Setup, test: impl AsyncFnOnce(&Stage) -> Result<()>) -> Result<()> {
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
