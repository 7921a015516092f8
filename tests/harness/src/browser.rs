//! A browser over WebDriver, with a profile of its own, and what its console shows.
//!
//! A browser ends with its driver, however a test ends: Chromium is held by a pipe, the processes of
//! Firefox and WebKitGTK are killed one by one.
//!
//! WebDriver does not hand on what Chromium's console says about failed requests of workers, so an
//! empty poll (404) is not seen there; it does hand on their errors. Firefox is asked itself for the
//! errors of pages and of their workers. What WebKitGTK has to say nobody can ask.

use std::cell::Cell;
use std::env;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::child::Running;
use crate::folder::Folder;
use crate::processes;
use crate::trace::Trace;
use crate::{chromium, firefox, webkit};

/// How long a browser may take to close.
const CLOSE: Duration = Duration::from_secs(5);

/// Names the browser that a run of tests is about.
const WANTED: &str = "WEBPOOL_BROWSER";

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chromium by chromedriver.
    Chromium,
    /// Firefox by geckodriver.
    Firefox,
    /// WebKitGTK's `MiniBrowser` by `WebKitWebDriver`.
    WebKit,
}

impl Kind {
    /// Those that all is measured in.
    pub const MEASURED: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// All of them.
    const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// The one that the environment names; Chromium if it names none.
    ///
    /// # Errors
    ///
    /// If there is none of this name.
    pub fn wanted() -> Result<Self> {
        let name = env::var(WANTED).unwrap_or_default();
        let is_it = |kind: &Self| kind.name().eq_ignore_ascii_case(&name);
        match Self::ALL.into_iter().find(is_it) {
            Some(kind) => Ok(kind),
            None if name.is_empty() => Ok(Self::Chromium),
            None => bail!("{WANTED} is «{name}», allowed is chromium, firefox or webkit"),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    fn capabilities(self, profile: &Folder, arguments: &[&str]) -> Result<Capabilities> {
        match self {
            Self::Chromium => chromium::capabilities(profile, arguments),
            Self::Firefox => firefox::capabilities(profile, arguments),
            Self::WebKit => webkit::capabilities(arguments),
        }
    }

    async fn start_driver(self, profile: &Folder) -> Result<Driver> {
        let (mut command, mark) = match self {
            Self::Chromium => chromium::driver()?,
            Self::Firefox => firefox::driver()?,
            Self::WebKit => {
                let (screen, program, port) = webkit::start(profile).await?;
                return Ok(Driver { program, port, _screen: Some(screen) });
            }
        };
        command.arg("--port=0");
        command.stderr(Stdio::null());
        let start = move || Running::start(&mut command, mark);
        let (program, port) = tokio::task::spawn_blocking(start).await??;
        let port = port.trim().trim_end_matches('.').parse()?;
        Ok(Driver { program, port, _screen: None })
    }
}

/// The program that drives a browser, and the screen that it is on, if it needs one.
#[derive(Debug)]
struct Driver {
    program: Running,
    port: u16,
    _screen: Option<Running>,
}

/// A browser; it begins with one tab.
#[derive(Debug)]
pub struct Browser {
    /// The tab that is driven.
    pub tab: Client,
    kind: Kind,
    session: String,
    http: reqwest::Client,
    driver: Driver,
    profile: Folder,
    /// How many errors of Firefox were taken.
    taken: Cell<usize>,
}

impl Browser {
    /// Starts one with these further arguments. Now and then a browser does not get up on a machine that
    /// is busy starting others, which is nothing that a test is about: it is started once more then.
    ///
    /// # Errors
    ///
    /// If the driver or the browser do not start, twice.
    pub async fn start(kind: Kind, arguments: &[&str]) -> Result<Self> {
        match Self::try_start(kind, arguments).await {
            Ok(browser) => Ok(browser),
            Err(first) => {
                let second = Self::try_start(kind, arguments).await;
                second.with_context(|| format!("not at the first attempt either: {first:#}"))
            }
        }
    }

    async fn try_start(kind: Kind, arguments: &[&str]) -> Result<Self> {
        let profile = Folder::make("profile")?;
        let capabilities = kind.capabilities(&profile, arguments)?;
        Self::connect(kind, profile, capabilities).await
    }

    /// Starts a Chromium that traces what its threads do.
    ///
    /// # Errors
    ///
    /// If chromedriver or Chromium do not start.
    pub async fn start_traced(arguments: &[&str]) -> Result<Self> {
        let profile = Folder::make("profile")?;
        let mut capabilities = chromium::capabilities(&profile, arguments)?;
        for (pointer, key, value) in [
            ("goog:chromeOptions", "perfLoggingPrefs", Trace::preferences()),
            ("goog:loggingPrefs", "performance", json!("ALL")),
        ] {
            let options = capabilities.get_mut(pointer).and_then(Value::as_object_mut);
            options.context("options are an object")?.insert(key.to_owned(), value);
        }
        Self::connect(Kind::Chromium, profile, capabilities).await
    }

    async fn connect(kind: Kind, profile: Folder, capabilities: Capabilities) -> Result<Self> {
        let driver = kind.start_driver(&profile).await?;
        let tab = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await?;
        let session = tab.session_id().await?.context("no session")?;
        let http = reqwest::Client::new();
        Ok(Self { tab, kind, session, http, driver, profile, taken: Cell::new(0) })
    }

    /// The folder that it keeps everything in.
    pub(crate) fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// Opens a second, empty tab if there is but one; the first one is driven still.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn open_spare_tab(&self) -> Result<()> {
        if self.tab.windows().await?.len() < 2 {
            self.tab.new_window(true).await?;
        }
        Ok(())
    }

    /// Drives another tab from now on.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub async fn switch_tab(&self) -> Result<()> {
        let driven = self.tab.window().await.ok();
        let others = self.tab.windows().await?.into_iter();
        let mut others = others.filter(|tab| Some(tab) != driven.as_ref());
        let other = others.next().context("there is one tab only")?;
        Ok(self.tab.switch_to_window(other).await?)
    }

    /// The process in which a page has so many workers at least.
    ///
    /// # Errors
    ///
    /// If there is not exactly one.
    pub fn process_with_workers(&self, count: usize) -> Result<u32> {
        let mut found = processes::below(self.driver.program.id())?;
        found.retain(|process| processes::worker_count(*process) >= count);
        let &[process] = found.as_slice() else {
            anyhow::bail!("{} processes have {count} workers", found.len())
        };
        Ok(process)
    }

    /// Takes what the console has shown since the last call: level, then text.
    ///
    /// # Errors
    ///
    /// If the driver does not answer as expected.
    pub async fn take_console(&self) -> Result<Vec<String>> {
        match self.kind {
            Kind::Chromium => {}
            Kind::Firefox => {
                let errors = self.ask_firefox().await?;
                let taken = self.taken.replace(errors.len());
                return Ok(errors.into_iter().skip(taken).collect());
            }
            Kind::WebKit => return Ok(Vec::new()),
        }
        let entries = self.take_log("browser").await?;
        let part = |entry: &Value, key: &str| {
            entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let line = |entry| format!("{} {}", part(entry, "level"), part(entry, "message"));
        Ok(entries.iter().map(line).collect())
    }

    /// Takes what was traced since the start, of a browser that traces. Tracing ends by that.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub async fn take_trace(&self) -> Result<Trace> {
        let mut entries = Vec::new();
        loop {
            let more = self.take_log("performance").await?;
            if more.is_empty() {
                return Trace::from_log(&entries);
            }
            entries.extend(more);
        }
    }

    /// Takes what a log has collected since the last call, or the beginning of it if it is long.
    async fn take_log(&self, kind: &str) -> Result<Vec<Value>> {
        let mut answer = self.ask("se/log", &json!({ "type": kind })).await?;
        let entries = answer.get_mut("value").and_then(Value::as_array_mut);
        entries.map(std::mem::take).with_context(|| format!("no log of the {kind}"))
    }

    /// Shows the page as on a screen of this size, in CSS pixels, however wide a window must be.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub async fn set_screen(&self, width: u32, height: u32) -> Result<()> {
        let params =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", &params).await
    }

    /// From now on runs a script in each page that is opened, before its own scripts.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub async fn run_before_all(&self, script: &str) -> Result<()> {
        self.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script })).await
    }

    /// Freezes the tab's page and its workers, or lets them go on.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub async fn set_frozen(&self, is_frozen: bool) -> Result<()> {
        let state = if is_frozen { "frozen" } else { "active" };
        self.tell("Page.setWebLifecycleState", &json!({ "state": state })).await
    }

    /// Makes the main thread of the tab's page so many times slower than the machine.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub async fn slow_down(&self, rate: u32) -> Result<()> {
        self.tell("Emulation.setCPUThrottlingRate", &json!({ "rate": rate })).await
    }

    /// Takes the network from the tab's page, but not from its workers, or gives it back.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub async fn set_offline(&self, is_offline: bool) -> Result<()> {
        let (delay, rate) = (0, -1);
        let conditions = json!({
            "offline": is_offline,
            "latency": delay,
            "downloadThroughput": rate,
            "uploadThroughput": rate,
        });
        self.tell("Network.emulateNetworkConditions", &conditions).await
    }

    /// A command of Chromium's developer tools.
    async fn tell(&self, command: &str, params: &Value) -> Result<()> {
        self.inquire(command, params).await.map(drop)
    }

    /// The same, with the answer under `value`.
    pub(crate) async fn inquire(&self, command: &str, params: &Value) -> Result<Value> {
        let command = json!({ "cmd": command, "params": params });
        self.ask("goog/cdp/execute", &command).await
    }

    /// All errors that Firefox has kept: its own scripts may see them.
    async fn ask_firefox(&self) -> Result<Vec<String>> {
        self.ask("moz/context", &json!({ "context": "chrome" })).await?;
        let script = json!({ "script": firefox::ERRORS, "args": [] });
        let answer = self.ask("execute/sync", &script).await;
        self.ask("moz/context", &json!({ "context": "content" })).await?;
        let errors = answer?.get_mut("value").map(Value::take).context("no answer")?;
        Ok(serde_json::from_value(errors)?)
    }

    /// What only one of the drivers knows: its answer to a command of its own.
    async fn ask(&self, command: &str, body: &Value) -> Result<Value> {
        let url =
            format!("http://127.0.0.1:{}/session/{}/{command}", self.driver.port, self.session);
        let answer = self.http.post(url).body(body.to_string()).send().await?;
        Ok(serde_json::from_str(&answer.error_for_status()?.text().await?)?)
    }

    /// Asks chromedriver to close Chromium and waits until it has.
    fn close(&self) -> io::Result<()> {
        let mut driver = TcpStream::connect((Ipv4Addr::LOCALHOST, self.driver.port))?;
        driver.set_read_timeout(Some(CLOSE))?;
        let session = &self.session;
        write!(
            driver,
            "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )?;
        driver.read(&mut [0; 16]).map(drop)
    }
}

impl Drop for Browser {
    /// Without an answer Chromium still ends, with chromedriver's pipe.
    fn drop(&mut self) {
        match self.kind {
            Kind::Chromium => self.close().unwrap_or_default(),
            Kind::Firefox | Kind::WebKit => {
                let processes = processes::below(self.driver.program.id()).unwrap_or_default();
                for process in processes {
                    processes::kill(process).unwrap_or_default();
                }
            }
        }
    }
}
