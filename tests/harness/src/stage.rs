//! A server, a browser with the page, and a client of the colony: what a test plays on.
//!
//! Everything is taken down when the stage is dropped, after a failure too. Ports are the system's
//! choice; nothing is shared between stages.

use std::env;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};

use crate::browser::{Browser, Kind};
use crate::colony::{COLONY, COLONY_KEY, Colony, TYPE};
use crate::page::Page;
use crate::server::Server;

/// How long a test may take in all.
const LONGEST: Duration = Duration::from_mins(2);

/// Names a ColonyOS server to try as well, which must know the development colony.
const ELSEWHERE: &str = "WEBPOOL_COLONIES";

/// What a test needs to differ in.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The name in the page's address.
    pub host: &'static str,
    /// Further arguments of `webpool serve`.
    pub serve: &'static [&'static str],
    /// In which browser.
    pub browser: Kind,
    /// Further arguments of the browser.
    pub chromium: &'static [&'static str],
    /// Whether it, a Chromium, traces what its threads do.
    pub is_traced: bool,
    /// Texts that an error in the browser's console may contain.
    pub expected_errors: &'static [&'static str],
}

impl Setup {
    /// What most tests need: a page at 127.0.0.1 and a console without errors.
    pub const USUAL: Self = Self {
        host: "127.0.0.1",
        serve: &[],
        browser: Kind::Chromium,
        chromium: &[],
        is_traced: false,
        expected_errors: &[],
    };

    /// A page for the ColonyOS server that `WEBPOOL_COLONIES` names, and that server's address
    /// without trailing slash; none if it names none.
    pub fn elsewhere() -> Option<(Self, String)> {
        let server = env::var(ELSEWHERE).ok().filter(|server| !server.is_empty())?;
        let server = server.trim_end_matches('/').to_owned();
        // Once a test: what is leaked lives as long as the program anyway.
        let serve: &[&str] = vec!["--colonies", server.clone().leak()].leak();
        Some((Self { serve, ..Self::USUAL }, server))
    }
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
}

impl Stage {
    /// Starts all of it.
    ///
    /// # Errors
    ///
    /// If a program does not start.
    pub async fn build(setup: &Setup) -> Result<Self> {
        let server = Server::start(setup.serve).await?;
        let browser = if setup.is_traced {
            Browser::start_traced(setup.chromium).await?
        } else {
            Browser::start(setup.browser, setup.chromium).await?
        };
        let colony = Colony::new(server.url())?;
        let address = format!("{}://{}:{}", server.scheme(), setup.host, server.port());
        let page = Page::new(browser, address);
        Ok(Self { page, colony, server })
    }

    /// Opens the page and starts `workers` slots; returns once all have joined.
    ///
    /// # Errors
    ///
    /// If they do not in time.
    pub async fn start(&self, workers: u32) -> Result<()> {
        self.page.open(&format!("worker_count={workers}")).await?;
        self.page.click("start").await?;
        self.page.wait_ready(workers, Duration::from_secs(15)).await
    }

    /// The same for a ColonyOS server elsewhere, whose colony's key a person has to type. Returns
    /// once the slots begin to join.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn click_start_elsewhere(&self, workers: u32) -> Result<()> {
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
pub async fn play(setup: Setup, test: impl AsyncFnOnce(&Stage) -> Result<()>) -> Result<()> {
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
