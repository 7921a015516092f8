//! A temporary folder of one test, removed with all it holds when it is dropped.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use anyhow::{Context, Result};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Attempts to remove the folder: a browser that is just ending may still write into it.
const ATTEMPTS: u32 = 50;

/// A folder that nobody else uses.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty one.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn make(purpose: &str) -> Result<Self> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("webpool-e2e-{}-{number}-{purpose}", process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Makes one with copies of the files of another folder.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn copy_of(other: &Path) -> Result<Self> {
        let folder = Self::make("copy")?;
        for entry in fs::read_dir(other)? {
            let entry = entry?;
            fs::copy(entry.path(), folder.path().join(entry.file_name()))?;
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let is_gone = |_: &u32| fs::remove_dir_all(&self.0).is_ok() || !self.0.exists();
        (0..ATTEMPTS).find(is_gone);
    }
}
