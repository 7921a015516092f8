//! How much memory a page takes, of the whole process that it and its workers are in.

use anyhow::{Context as _, Result};
use serde_json::json;

use super::Page;
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
    /// Makes Chromium give back what it can, of a page with so many workers, and measures.
    ///
    /// Each worker has a heap of its own, whose garbage nothing but a lack of memory makes it
    /// collect while it is small; the allocators keep freed pages until then, too.
    ///
    /// # Errors
    ///
    /// The browser's; or if there is not exactly one such page.
    pub async fn memory(&self, workers: usize) -> Result<Memory> {
        let none = json!({});
        let lack = json!({ "level": "critical" });
        self.browser.inquire("Memory.simulatePressureNotification", &lack).await?;
        self.browser.inquire("HeapProfiler.collectGarbage", &none).await?;
        let usage = self.browser.inquire("Runtime.getHeapUsage", &none).await?;
        let heap = usage.pointer("/value/usedSize").context("no size of the heap")?;
        // It is a whole number, which may be written with a point.
        let heap = heap.to_string().split('.').next().unwrap_or_default().parse()?;
        let process = self.browser.process_with_workers(workers)?;
        Ok(Memory { resident: resident(process)?, heap, threads: worker_count(process) })
    }
}
