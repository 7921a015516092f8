//! How much memory a page takes, of the whole process that it and its workers are in.

use anyhow::{Context as _, Result};
use serde_json::json;

use super::{Page, garbage};
use crate::processes::{resident, worker_count};

/// In bytes, and in threads.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Of the process: what is resident and its own, no file and not shared.
    pub resident: u64,
    /// Of the page's own objects.
    pub heap: u64,
    /// How many threads of workers are left, also of such as were ended.
    pub threads: usize,
}

impl Page {
    /// Makes Chromium give back what it can, of a page with so many executors, and measures.
    ///
    /// The page and each worker, two to an executor, have heaps of their own, of which the garbage is
    /// collected; the allocators keep freed pages until memory is short.
    ///
    /// # Errors
    ///
    /// The browser's, if it was not started with [`super::WITH_DEBUGGER`]; or if there is not exactly
    /// one such page.
    pub async fn memory(&self, executors: usize) -> Result<Memory> {
        let none = json!({});
        let lack = json!({ "level": "critical" });
        garbage::collect(self.browser.profile(), 2 * executors).await?;
        self.browser.inquire("Memory.simulatePressureNotification", &lack).await?;
        let usage = self.browser.inquire("Runtime.getHeapUsage", &none).await?;
        let heap = usage.pointer("/value/usedSize").context("no size of the heap")?;
        // It is a whole number, which may be written with a point.
        let heap = heap.to_string().split('.').next().unwrap_or_default().parse()?;
        let process = self.browser.process_with_workers(executors)?;
        Ok(Memory { resident: resident(process)?, heap, threads: worker_count(process) })
    }
}
