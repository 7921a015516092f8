//! The data folder: what `webpool` keeps from one run to the next.
//!
//! - `broker.sqlite` (with two more files beside it while it is open): the broker's database
//! - `lock`: held by the server that uses the folder; the lock ends with its process
//! - `address`: where the server last listened, as `IP:PORT`, for `webpool env` and `webpool submit`
//!
//! A folder that is made here is readable by its owner only.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// An opened data folder; nobody else can open it while this exists.
#[derive(Debug)]
pub(crate) struct Data {
    path: PathBuf,
    _lock: File,
}

impl Data {
    /// Opens the folder, making it if it is missing, and takes its lock.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if it cannot be made or written, [`Error::DataInUse`].
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Data { path: path.to_owned(), source };
        make_private(path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        let lock = File::create(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::DataInUse(path)),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// The folder, as an absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the broker's database lies.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("broker.sqlite")
    }

    /// Remembers where the server listens.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if the folder cannot be written.
    pub(crate) fn remember(&self, address: SocketAddr) -> Result<(), Error> {
        fs::write(self.path.join("address"), format!("{address}\n"))
            .map_err(|source| Error::Data { path: self.path.clone(), source })
    }
}

/// Where the server of this data folder last listened; none if it never did.
pub(crate) fn remembered(path: &Path) -> Option<SocketAddr> {
    fs::read_to_string(path.join("address")).ok()?.trim().parse().ok()
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
