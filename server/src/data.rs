//! The data folder: what `webpool` keeps from one run to the next.
//!
//! - `broker.sqlite` (with two more files beside it while it is open): the database of the broker
//!   with the development colony; `colony.sqlite`: of the broker with a colony of its own. They are
//!   two, so that the one is never in the other
//! - `colony.json`: the keys of a colony of its own (see [`crate::keyring`])
//! - `registrar.sqlite` (with two more files beside it while it is open): invites and who came by
//!   them; commands open it too while a server uses the folder
//! - `registrar.key`: the registrar's own private key (see [`crate::registrar_keys`])
//! - `operator.key`: the operator key (see [`crate::operator::key`])
//! - `lock`: held by the server that uses the folder; the lock ends with its process
//! - `address`: where the server last listened, as `IP:PORT`, `tls IP:PORT` if over https, or the address of the server that
//!   `--colonies` named, for `webpool env` and `webpool submit`
//!
//! What is made here, the folder and each file, is for its owner only.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::authority::ServerUrl;
use crate::error::Error;

/// What stands before an address that is served over https.
const TLS: &str = "tls ";

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
        let lock = private_file().create(true).open(path.join("lock")).map_err(failed)?;
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

    /// Where the broker's database lies; a file is there, empty if the broker was never opened, for
    /// the two that come beside it take its permissions.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if the file cannot be made.
    pub(crate) fn database(&self, is_public: bool) -> Result<PathBuf, Error> {
        let path = database(&self.path, is_public);
        match private_file().create(true).open(&path) {
            Ok(_) => Ok(path),
            Err(source) => Err(Error::Data { path: self.path.clone(), source }),
        }
    }

    /// Stores a text in the folder, whole or not at all, in a file for its owner only.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if the folder cannot be written; then the file is as it was.
    pub(crate) fn store(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        let unfinished = self.path.join(format!("{name}.new"));
        let write = || {
            // What an interrupted attempt left is not trusted to be private.
            match fs::remove_file(&unfinished) {
                Err(error) if !is_missing(&error) => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let mut file = private_file().create_new(true).open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            sync_folder(&self.path)
        };
        write().map_err(|source| Error::Data { path: self.path.clone(), source })
    }

    /// Remembers where the server listens, as this machine reaches it.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if the folder cannot be written.
    pub(crate) fn remember(&self, address: SocketAddr, is_tls: bool) -> Result<(), Error> {
        let scheme = if is_tls { TLS } else { "" };
        write_address(&self.path, &format!("{scheme}{}", reachable(address)))
    }
}

/// Where the server of a data folder was last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// The embedded broker, on this machine.
    Broker {
        /// Where it listened.
        address: SocketAddr,
        /// Whether over https.
        is_tls: bool,
    },
    /// Another server, named with `--colonies`.
    Colonies(ServerUrl),
}

/// Where the server of this data folder was last; none if there never was one.
pub(crate) fn remembered(path: &Path) -> Option<Last> {
    let text = fs::read_to_string(path.join("address")).ok()?;
    let text = text.trim();
    let (address, is_tls) = text.strip_prefix(TLS).map_or((text, false), |rest| (rest, true));
    let colonies = || text.parse().ok().map(Last::Colonies);
    address.parse().ok().map(|address| Last::Broker { address, is_tls }).or_else(colonies)
}

/// Remembers the server that `--colonies` named, making the folder if it is missing.
///
/// # Errors
///
/// [`Error::Data`] if the folder cannot be made or written.
pub(crate) fn remember_colonies(path: &Path, server: &ServerUrl) -> Result<(), Error> {
    make_private(path).map_err(|source| Error::Data { path: path.to_owned(), source })?;
    write_address(path, &server.to_string())
}

/// An address at which this machine reaches a server that is bound to `address`.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(loopback, address.port())
}

/// Name of the file with the keys of a folder's own colony.
pub(crate) const KEYS: &str = "colony.json";

/// Where the keys of a folder's own colony lie.
pub(crate) fn keys(folder: &Path) -> PathBuf {
    folder.join(KEYS)
}

/// Where the database lies of a broker with public keys, or with its own.
pub(crate) fn database(folder: &Path, is_public: bool) -> PathBuf {
    folder.join(if is_public { "broker.sqlite" } else { "colony.sqlite" })
}

/// Where the registrar's file lies.
pub(crate) fn registrar(folder: &Path) -> PathBuf {
    folder.join("registrar.sqlite")
}

/// Makes the registrar's file, and the folder, if they are missing; where it lies.
///
/// # Errors
///
/// [`Error::Data`] if they cannot be made.
pub(crate) fn make_registrar(folder: &Path) -> Result<PathBuf, Error> {
    let path = registrar(folder);
    let make = || {
        make_private(folder)?;
        private_file().create(true).open(&path).map(drop)
    };
    make().map_err(|source| Error::Data { path: folder.to_owned(), source })?;
    Ok(path)
}

/// How a file is opened for writing that, when it is made, is for its owner only.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Checks that only the owner may use a file or a folder, where the system can tell.
///
/// # Errors
///
/// [`Error::Exposed`], or [`Error::Data`] if it cannot be looked at.
pub(crate) fn require_private(path: &Path) -> Result<(), Error> {
    let is_private =
        is_private(path).map_err(|source| Error::Data { path: path.to_owned(), source })?;
    if is_private { Ok(()) } else { Err(Error::Exposed(path.to_owned())) }
}

/// Whether only the owner may use a file or a folder.
///
/// # Errors
///
/// It cannot be looked at.
#[cfg(unix)]
pub(crate) fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let of_others = fs::metadata(path)?.permissions().mode() & 0o077;
    Ok(of_others == 0)
}

/// Yes: permissions are not those of Unix, so nothing can be told.
///
/// # Errors
///
/// None here.
#[cfg(not(unix))]
pub(crate) fn is_private(_path: &Path) -> io::Result<bool> {
    Ok(true)
}

fn write_address(folder: &Path, text: &str) -> Result<(), Error> {
    let write = || {
        let mut file = private_file().create(true).truncate(true).open(folder.join("address"))?;
        writeln!(file, "{text}")
    };
    write().map_err(|source| Error::Data { path: folder.to_owned(), source })
}

/// Whether there is no such file, or no such folder.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Makes a new name in a folder durable, where the system can.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_reached_over_loopback() {
        let check = |address: &str, expected: &str| {
            assert_eq!(reachable(address.parse().unwrap()).to_string(), expected);
        };
        check("0.0.0.0:1", "127.0.0.1:1");
        check("[::]:1", "[::1]:1");
        check("192.0.2.1:1", "192.0.2.1:1");
    }
}
