//! The page's activity log.

use anyhow::Result;

use super::Page;

/// The activity log, the newest line first: how much it matters, and what it says.
const LOG: &str = "return [...document.querySelectorAll('.log li')].map(
    e => [e.dataset.level, e.lastElementChild.textContent.trim()]);";

impl Page {
    /// The activity log, the newest line first: `note`, `warning` or `error`, and what it says.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn log(&self) -> Result<Vec<(String, String)>> {
        Ok(serde_json::from_value(self.script(LOG, &[]).await?)?)
    }
}
