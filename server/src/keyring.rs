//! The keys of a data folder's colony: its server's owner, its own owner, and its user.
//!
//! A folder made by `webpool init` has them in `colony.json`, a JSON object of five texts and
//! numbers: `version` (1), `colony`, `server_key`, `colony_key`, `user_key` (64 hex digits each).
//! A folder without that file has the public development keys ([`crate::development`]).
//!
//! The file appears whole or not at all. Only its owner may read it, from its first byte on, and it is not read if others may.
//! No error, log or `Debug` repeats anything that stands in it.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;
use webpool_colony::key::KeyError;
use webpool_colony::types::{Colony, User};
use webpool_colony::{Id, PrivateKey};

use crate::data::{self, Data};
use crate::development;
use crate::error::Error;

/// The only layout of the file so far.
const VERSION: u64 = 1;

/// Name of the user of a colony made by `webpool init`.
const USER: &str = "operator";

/// The longest name of a colony, in characters.
const MAX_NAME: usize = 64;

/// Who owns the server and its colony, and who uses it.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    /// Name of the colony.
    pub(crate) colony: String,
    /// Key of the server's owner.
    pub(crate) server_key: PrivateKey,
    /// Key of the colony's owner.
    pub(crate) colony_key: PrivateKey,
    /// Key of the colony's user.
    pub(crate) user_key: PrivateKey,
    user: &'static str,
    is_public: bool,
}

/// Why a file holds no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoKeyring {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// It is no JSON.
    #[error("it is no JSON")]
    Syntax(#[source] serde_json::Error),
    /// It was written by another release.
    #[error("its `version` is not {VERSION}")]
    Version,
    /// The colony has no name, or one that `webpool init` does not give.
    #[error("its `colony` is no name: {0}")]
    Name(NoName),
    /// A key is missing, or is none.
    #[error("its `{field}` is no private key")]
    Key {
        /// Which one.
        field: &'static str,
        /// What is wrong with it.
        #[source]
        source: KeyError,
    },
}

/// Why a text is no name of a colony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "allowed are 1 to {MAX_NAME} letters a-z and A-Z, digits, `-`, `.` and `_`, beginning with a \
     letter or a digit"
)]
pub(crate) struct NoName;

/// Reads the name of a colony. It needs no quotes in a shell, and no `:`, which the protocol forbids.
///
/// # Errors
///
/// [`NoName`], which says what is allowed.
pub(crate) fn name(text: &str) -> Result<String, NoName> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_name = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= MAX_NAME
        && text.chars().all(is_inner);
    if is_name { Ok(text.to_owned()) } else { Err(NoName) }
}

impl Keyring {
    /// The keys everybody knows.
    pub(crate) fn development() -> Self {
        Self {
            colony: development::COLONY.to_owned(),
            server_key: known(development::SERVER_KEY),
            colony_key: known(development::COLONY_KEY),
            user_key: known(development::USER_KEY),
            user: development::USER,
            is_public: true,
        }
    }

    /// Makes fresh keys for a colony.
    pub(crate) fn generate(colony: String) -> Self {
        Self {
            colony,
            server_key: PrivateKey::generate(),
            colony_key: PrivateKey::generate(),
            user_key: PrivateKey::generate(),
            user: USER,
            is_public: false,
        }
    }

    /// The keys of a data folder: its own, or the development ones where it has none.
    ///
    /// # Errors
    ///
    /// [`Error::Keyring`], [`Error::Exposed`], or [`Error::KeysMissing`] for a folder that has the
    /// database of a colony made by `webpool init`, but not its keys.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let path = data::keys(folder);
        let failed = |source| Error::Keyring { path: path.clone(), source };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if !data::is_missing(&error) => {
                return Err(failed(NoKeyring::Read(error)));
            }
            Err(_) if data::database(folder, false).exists() => {
                return Err(Error::KeysMissing(folder.to_owned()));
            }
            Err(_) => return Ok(Self::development()),
        };
        data::require_private(&path)?;
        Self::from_text(&text).map_err(failed)
    }

    fn from_text(text: &str) -> Result<Self, NoKeyring> {
        let file: Value = serde_json::from_str(text).map_err(NoKeyring::Syntax)?;
        if file.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return Err(NoKeyring::Version);
        }
        let text = |field| file.get(field).and_then(Value::as_str).unwrap_or_default();
        let key = |field| {
            PrivateKey::from_hex(text(field)).map_err(|source| NoKeyring::Key { field, source })
        };
        Ok(Self {
            colony: name(text("colony")).map_err(NoKeyring::Name)?,
            server_key: key("server_key")?,
            colony_key: key("colony_key")?,
            user_key: key("user_key")?,
            user: USER,
            is_public: false,
        })
    }

    fn to_text(&self) -> String {
        let file = serde_json::json!({
            "version": VERSION,
            "colony": self.colony,
            "server_key": self.server_key.to_hex(),
            "colony_key": self.colony_key.to_hex(),
            "user_key": self.user_key.to_hex(),
        });
        format!("{file:#}\n")
    }

    /// Stores the keys in a data folder that has none.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if the folder cannot be written; then it still has no keys.
    pub(crate) fn store(&self, data: &Data) -> Result<(), Error> {
        data.store(data::KEYS, &self.to_text())
    }

    /// Whether everybody knows the keys.
    pub(crate) const fn is_public(&self) -> bool {
        self.is_public
    }

    /// Who owns the server.
    pub(crate) fn server_id(&self) -> Id {
        self.server_key.id()
    }

    /// The colony as the broker stores it.
    pub(crate) fn to_colony(&self) -> Colony {
        Colony { colonyid: self.colony_key.id().as_str().to_owned(), name: self.colony.clone() }
    }

    /// Its user as the broker stores it.
    pub(crate) fn to_user(&self) -> User {
        User {
            colonyname: self.colony.clone(),
            userid: self.user_key.id(),
            name: self.user.to_owned(),
            ..User::default()
        }
    }
}

#[expect(clippy::expect_used, reason = "the keys are constants; a test reads each of them")]
fn known(key: &str) -> PrivateKey {
    PrivateKey::from_hex(key).expect("a development key is a key")
}

#[cfg(test)]
mod tests;
