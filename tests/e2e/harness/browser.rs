//! Chromium over WebDriver, with a profile of its own, and what its console shows.
//!
//! Chromium is held by a pipe: it ends with chromedriver, however that ends.
//!
//! WebDriver does not hand on what the console says about failed requests of workers, so an empty
//! poll (404) is not seen there; it does hand on their errors.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::child::Running;
use super::folder::Folder;
use super::programs;
use super::trace::Trace;

/// How long Chromium may take to close.
const CLOSE: Duration = Duration::from_secs(5);

/// Nothing that talks to anyone but the page's server, nothing that needs a screen.
const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
];

/// A browser with one tab.
#[derive(Debug)]
pub(crate) struct Browser {
    /// The tab.
    pub(crate) tab: Client,
    session: String,
    port: u16,
    http: reqwest::Client,
    _driver: Running,
    _profile: Folder,
}

impl Browser {
    /// Starts one with these further arguments.
    ///
    /// # Errors
    ///
    /// If chromedriver or Chromium do not start.
    pub(crate) async fn start(arguments: &[&str]) -> Result<Self> {
        let profile = Folder::make("profile")?;
        let capabilities = capabilities(&profile, arguments)?;
        Self::connect(profile, capabilities).await
    }

    /// Starts one that traces what its threads do.
    ///
    /// # Errors
    ///
    /// If chromedriver or Chromium do not start.
    pub(crate) async fn start_traced(arguments: &[&str]) -> Result<Self> {
        let profile = Folder::make("profile")?;
        let mut capabilities = capabilities(&profile, arguments)?;
        for (pointer, key, value) in [
            ("goog:chromeOptions", "perfLoggingPrefs", Trace::preferences()),
            ("goog:loggingPrefs", "performance", json!("ALL")),
        ] {
            let options = capabilities.get_mut(pointer).and_then(Value::as_object_mut);
            options.context("options are an object")?.insert(key.to_owned(), value);
        }
        Self::connect(profile, capabilities).await
    }

    async fn connect(profile: Folder, capabilities: Capabilities) -> Result<Self> {
        let mut command = Command::new(programs::chromedriver()?);
        command.arg("--port=0").stderr(Stdio::null());
        let start = move || Running::start(&mut command, "started successfully on port ");
        let (driver, port) = tokio::task::spawn_blocking(start).await??;
        let port: u16 = port.trim().trim_end_matches('.').parse()?;
        let tab = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await?;
        let session = tab.session_id().await?.context("no session")?;
        let http = reqwest::Client::new();
        Ok(Self { tab, session, port, http, _driver: driver, _profile: profile })
    }

    /// Takes what the console has shown since the last call: level, then text.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub(crate) async fn take_console(&self) -> Result<Vec<String>> {
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
    pub(crate) async fn take_trace(&self) -> Result<Trace> {
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
    pub(crate) async fn set_screen(&self, width: u32, height: u32) -> Result<()> {
        let params =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", &params).await
    }

    /// From now on runs a script in each page that is opened, before its own scripts.
    ///
    /// # Errors
    ///
    /// If chromedriver does not answer as expected.
    pub(crate) async fn run_before_all(&self, script: &str) -> Result<()> {
        self.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script })).await
    }

    /// A command of Chromium's developer tools.
    async fn tell(&self, command: &str, params: &Value) -> Result<()> {
        let command = json!({ "cmd": command, "params": params });
        self.ask("goog/cdp/execute", &command).await.map(drop)
    }

    /// What only chromedriver knows: its answer to a command of its own.
    async fn ask(&self, command: &str, body: &Value) -> Result<Value> {
        let url = format!("http://127.0.0.1:{}/session/{}/{command}", self.port, self.session);
        let answer = self.http.post(url).body(body.to_string()).send().await?;
        Ok(serde_json::from_str(&answer.error_for_status()?.text().await?)?)
    }

    /// Asks chromedriver to close Chromium and waits until it has.
    fn close(&self) -> io::Result<()> {
        let mut driver = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
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
        self.close().unwrap_or_default();
    }
}

fn capabilities(profile: &Folder, arguments: &[&str]) -> Result<Capabilities> {
    let profile = format!("--user-data-dir={}", profile.path().display());
    let arguments: Vec<&str> =
        ARGUMENTS.iter().chain(arguments).copied().chain([profile.as_str()]).collect();
    let all = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "binary": programs::chromium()?, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    all.as_object().cloned().context("capabilities are an object")
}
