//! The keys that the registrar signs with, and where they come from.
//!
//! The colony owner's key: with the embedded broker that of the [`crate::keyring`]; before ColonyOS
//! servers the one in a file that its owner alone may read, else in `COLONIES_COLONY_PRVKEY`. It is
//! never stored here. The registrar's own key, with which it reads: made once, and kept in the data
//! folder as `registrar.key`, 64 hex digits. No error or `Debug` repeats a key.

use std::fs;
use std::path::Path;

use webpool_colony::PrivateKey;

use crate::data::{self, Data};
use crate::environment::COLONY_KEY;
use crate::error::Error;

/// Name of the file with the registrar's own key.
const READER_KEY: &str = "registrar.key";

/// The key of the owner of a colony at ColonyOS servers: from `file` if one is named, else from the
/// environment; none if it has none.
///
/// # Errors
///
/// A file that cannot be read or that others may use, and what is no key.
pub(crate) fn owner_key(file: Option<&Path>) -> Result<Option<PrivateKey>, Error> {
    owner_key_from(file, |name| std::env::var(name).ok())
}

fn owner_key_from(
    file: Option<&Path>,
    lookup: impl Fn(&'static str) -> Option<String>,
) -> Result<Option<PrivateKey>, Error> {
    if let Some(path) = file {
        return read(path).map(Some);
    }
    let text = lookup(COLONY_KEY).filter(|text| !text.is_empty());
    text.map(|text| PrivateKey::from_hex(&text).map_err(Error::OwnerKey)).transpose()
}

/// Reads a file with nothing but a key.
fn read(path: &Path) -> Result<PrivateKey, Error> {
    let unreadable = |source| Error::KeyFile { path: path.to_owned(), source };
    if !data::is_private(path).map_err(unreadable)? {
        return Err(Error::ExposedKey(path.to_owned()));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    PrivateKey::from_hex(&text)
        .map_err(|source| Error::NoKeyInFile { path: path.to_owned(), source })
}

/// The registrar's own key; makes it where there is none yet.
///
/// # Errors
///
/// [`Error::Data`] if it cannot be stored; a file that is there and cannot be read, that others may
/// use, or that holds no key.
pub(crate) fn reader_key(data: &Data) -> Result<PrivateKey, Error> {
    match read(&data.path().join(READER_KEY)) {
        Err(Error::KeyFile { source, .. }) if data::is_missing(&source) => {
            let key = PrivateKey::generate();
            data.store(READER_KEY, &format!("{}\n", key.to_hex()))?;
            Ok(key)
        }
        result => result,
    }
}

#[cfg(test)]
mod tests;
