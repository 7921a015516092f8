//! Which build of the page is served: its files may be replaced while the server runs, and pages of
//! the build before go on running.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use super::office::Office;
use crate::config;

/// How often it is looked whether other files lie there.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The build in a folder, as it was seen last.
#[derive(Debug)]
pub(super) struct Build {
    dist: PathBuf,
    seen: Mutex<String>,
}

impl Build {
    /// Looks into the folder of the page's files.
    pub(super) fn of(dist: &Path) -> Self {
        Self { dist: dist.to_owned(), seen: Mutex::new(config::build(dist)) }
    }

    /// The build; empty if none was ever seen.
    pub(super) fn seen(&self) -> String {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks again; the build, if it is another one. Files that are just being replaced have none.
    async fn look(&self) -> Option<String> {
        let found = config::read_build(&self.dist).await;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if found.is_empty() || *seen == found {
            return None;
        }
        seen.clone_from(&found);
        Some(found)
    }
}

/// Tells everybody who is here when another build is served, as long as there is an office.
pub(super) async fn watch(office: Office) {
    let way_back = office.way_back();
    drop(office);
    while let Some(office) = way_back() {
        if let Some(build) = office.build().look().await {
            tracing::info!("another build of the page is served: {build}");
            office.books().tell_build(&build);
        }
        drop(office);
        sleep(LOOK_EVERY).await;
    }
}
