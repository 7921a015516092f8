//! What a row plays on: a stage with a proxy before its server, and what the row tells.

use std::cell::{Ref, RefCell};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::Instant;

use crate::harness::{Folder, Proxy, Stage, Way, dist};
use crate::row::Row;

/// How long all slots may take to join, on a busy machine.
const JOIN: Duration = Duration::from_secs(30);

/// What a row has told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What shows that the fault happened.
    pub(crate) witnesses: Vec<String>,
    /// What the broker shows.
    pub(crate) observed: String,
    /// What the page's activity log says that matters most.
    pub(crate) said: String,
    /// How long recovery took.
    pub(crate) took: Option<Duration>,
    begun: Option<Instant>,
}

/// What a row plays on.
pub(crate) struct Case {
    /// Server, page, and a client that asks the server itself.
    pub(crate) stage: Stage,
    /// What stands between the page and the server.
    pub(crate) proxy: Proxy,
    /// How the page's executors reach the server.
    pub(crate) way: Way,
    files: Option<Folder>,
    told: RefCell<Told>,
}

impl Case {
    /// Builds the stage of a row.
    pub(crate) async fn build(row: &Row) -> Result<Self> {
        let proxy = Proxy::bind().await?;
        let files = row.has_files.then(|| Folder::copy_of(&dist())).transpose()?;
        let folder = files.as_ref().map(|files| files.path().to_string_lossy());
        let serve: Vec<&str> =
            folder.iter().flat_map(|folder| ["--dist", folder.as_ref()]).collect();
        let stage = Stage::build_behind(&row.setup, &proxy, &serve).await?;
        Ok(Self { stage, proxy, way: row.way, files, told: RefCell::default() })
    }

    /// The folder of the page's files, of a row that has its own.
    pub(crate) fn files(&self) -> Result<&Path> {
        Ok(self.files.as_ref().context("this row has no files of its own")?.path())
    }

    /// Opens the page and starts `workers` slots by this way; returns once all have joined.
    pub(crate) async fn start(&self, workers: u32) -> Result<()> {
        self.click_start(workers).await?;
        self.stage.page.wait_ready(workers, JOIN).await
    }

    /// The same, without waiting for them.
    pub(crate) async fn click_start(&self, workers: u32) -> Result<()> {
        match self.way {
            Way::Http => self.stage.click_start_by_key(workers).await,
            Way::Link => self.stage.click_start(workers).await,
        }
    }

    /// Tells what shows that the fault happened.
    pub(crate) fn witness(&self, text: impl Into<String>) {
        let (mut told, text) = (self.told.borrow_mut(), text.into());
        if !told.witnesses.contains(&text) {
            told.witnesses.push(text);
        }
    }

    /// Tells what the broker shows.
    pub(crate) fn observed(&self, text: impl Into<String>) {
        self.told.borrow_mut().observed = text.into();
    }

    /// Takes what the page's activity log says: the newest warning or error, else the newest line. A
    /// page that has come back since has a new log.
    pub(crate) async fn take_log(&self) -> Result<()> {
        let log = self.stage.page.log().await?;
        let matters = |(level, _): &&(String, String)| level != "note";
        let line = log.iter().find(matters).or_else(|| log.first());
        let said = line.map_or_else(String::new, |(_, text)| text.clone());
        self.told.borrow_mut().said = said;
        Ok(())
    }

    /// Recovery is timed from here.
    pub(crate) fn begin(&self) {
        self.told.borrow_mut().begun = Some(Instant::now());
    }

    /// Recovery is timed to here; the longest one counts.
    pub(crate) fn recovered(&self) {
        let begun = self.told.borrow_mut().begun.take();
        if let Some(begun) = begun {
            self.took(begun.elapsed());
        }
    }

    /// Tells how long recovery took, where it was measured otherwise; the longest one counts.
    pub(crate) fn took(&self, time: Duration) {
        let mut told = self.told.borrow_mut();
        told.took = told.took.max(Some(time));
    }

    /// What was told so far.
    pub(crate) fn told(&self) -> Ref<'_, Told> {
        self.told.borrow()
    }
}
