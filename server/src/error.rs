//! What can go wrong, in one sentence each, with its exit code: 2 for bad input, 1 for the rest.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use webpool_colony::key::KeyError;
use webpool_registrar::{BadInvite, InviteId};

use crate::authority::ServerUrl;
use crate::environment::COLONY_KEY;
use crate::keyring::NoKeyring;
use crate::tls::NoTls;

/// Why a command ended without doing what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The development colony may not be offered beyond loopback.
    #[error(
        "--host {0} is not allowed: the development keys are public, so a broker with them listens \
         on 127.0.0.1 or ::1 only; `webpool init --colony NAME --data DIR` makes a colony with \
         keys of its own in a new data folder"
    )]
    PublicHost(IpAddr),
    /// A `COLONIES_…` variable makes no sense.
    #[error("the environment variable {name} is «{value}», allowed is {allowed}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        allowed: &'static str,
    },
    /// The variable with the private key holds none. The value is not repeated.
    #[error("the environment variable COLONIES_PRVKEY holds no private key")]
    Key(#[source] KeyError),
    /// Somebody else listens there.
    #[error(
        "port {} on {} is in use, perhaps by another webpool or a ColonyOS server: stop that one \
         or choose another port with --port",
        .0.port(), .0.ip()
    )]
    PortInUse(SocketAddr),
    /// The operating system refuses the address.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The page has not been built.
    #[error("the page is missing: {} does not exist; run `cargo xtask build` first", .0.display())]
    MissingPage(PathBuf),
    /// The data folder cannot be used.
    #[error("cannot write to the data folder {} (choose another with --data DIR)", .path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The data folder has keys already.
    #[error(
        "the data folder {} has a colony of its own already; nothing was changed (choose another \
         folder with --data DIR)",
        .0.display()
    )]
    ColonyExists(PathBuf),
    /// The data folder has the development colony.
    #[error(
        "the data folder {} has a broker with the development colony already; nothing was changed \
         (choose another folder with --data DIR)",
        .0.display()
    )]
    BrokerExists(PathBuf),
    /// The data folder has a colony of its own without its keys.
    #[error(
        "the data folder {} has the database of a colony, colony.sqlite, but not its keys: put its \
         colony.json back, or choose another folder with --data DIR",
        .0.display()
    )]
    KeysMissing(PathBuf),
    /// Others may use what holds private keys.
    #[error(
        "{path} is for private keys, but other users of this machine have permissions on it: take \
         them away with `chmod go-rwx {path}`, or choose another folder with --data DIR",
        path = .0.display()
    )]
    Exposed(PathBuf),
    /// The file with the keys holds none.
    #[error("cannot use the keys in {}", .path.display())]
    Keyring {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: NoKeyring,
    },
    /// Others may use the file with the owner's key.
    #[error(
        "{path} is for the colony owner's private key, but other users of this machine have \
         permissions on it: take them away with `chmod go-rwx {path}`",
        path = .0.display()
    )]
    ExposedKey(PathBuf),
    /// A file with a key cannot be read.
    #[error("cannot read the private key in {}", .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file with a key holds none. What it holds is not repeated.
    #[error("the file {} holds no private key", .path.display())]
    NoKeyInFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: KeyError,
    },
    /// The file with the operator key holds none. What it holds is not repeated.
    #[error(
        "the file {} holds no operator key: remove it, and `webpool serve` makes another",
        .0.display()
    )]
    NoOperatorKey(PathBuf),
    /// The variable with the owner's key holds none. The value is not repeated.
    #[error("the environment variable {COLONY_KEY} holds no private key")]
    OwnerKey(#[source] KeyError),
    /// The registrar cannot be used.
    #[error("cannot use the invites in {}", .path.display())]
    Registrar {
        /// The data folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: webpool_registrar::Error,
    },
    /// An invite cannot be made so.
    #[error("{0}")]
    BadInvite(BadInvite),
    /// There is no such invite.
    #[error(
        "there is no invite {0} in this data folder: `webpool invite list` shows those there are"
    )]
    NoInvite(InviteId),
    /// It is not known where the page is.
    #[error(
        "webpool serves the page in front of {0}, so the page's own address is not known here: \
         name it with --url, for example --url https://pool.example.org"
    )]
    NoPage(ServerUrl),
    /// A file that `--tls-cert` or `--tls-key` names is of no use.
    #[error("cannot serve https with {}", .path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: NoTls,
    },
    /// Another webpool has the data folder.
    #[error(
        "another webpool is using the data folder {}: stop that one or choose another folder with \
         --data DIR",
        .0.display()
    )]
    DataInUse(PathBuf),
    /// The broker cannot be opened.
    #[error("cannot open the embedded broker in {}", .path.display())]
    Broker {
        /// The data folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: webpool_broker::Error,
    },
    /// Accepting connections or waiting for signals failed.
    #[error("the server stopped working")]
    Serve(#[source] io::Error),
    /// The HTTP client cannot be made.
    #[error("cannot prepare the HTTP client")]
    Http(#[source] reqwest::Error),
    /// A request to a server failed.
    #[error("{server}")]
    Request {
        /// The server's address.
        server: String,
        /// What happened.
        #[source]
        source: webpool_colony::Error,
    },
}

impl Error {
    /// 2 if the input was wrong, else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::PublicHost(_)
            | Self::Variable { .. }
            | Self::Key(_)
            | Self::OwnerKey(_)
            | Self::BadInvite(_)
            | Self::NoPage(_) => ExitCode::from(2),
            Self::PortInUse(_)
            | Self::Listen { .. }
            | Self::MissingPage(_)
            | Self::Data { .. }
            | Self::ColonyExists(_)
            | Self::BrokerExists(_)
            | Self::KeysMissing(_)
            | Self::Exposed(_)
            | Self::Keyring { .. }
            | Self::ExposedKey(_)
            | Self::KeyFile { .. }
            | Self::NoKeyInFile { .. }
            | Self::NoOperatorKey(_)
            | Self::Registrar { .. }
            | Self::NoInvite(_)
            | Self::Tls { .. }
            | Self::DataInUse(_)
            | Self::Broker { .. }
            | Self::Serve(_)
            | Self::Http(_)
            | Self::Request { .. } => ExitCode::FAILURE,
        }
    }
}

/// The error and its causes in one line.
pub(crate) fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
