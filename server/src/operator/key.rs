//! The operator key: the file `operator.key` in the data folder, one line.
//!
//! It has 26 letters and digits, 128 random bits as the secret of an invite has, so it can be typed
//! from a terminal into a phone. Its file is for its owner only. `webpool env --secrets` prints it;
//! no log, error or `Debug` repeats it, and a server that runs keeps its SHA-256 alone.

use std::fs;
use std::path::Path;

use webpool_registrar::Token;

use crate::data::{self, Data};
use crate::error::Error;

/// Name of the file.
const FILE: &str = "operator.key";

/// The operator key; makes it where there is none yet.
///
/// # Errors
///
/// [`Error::Data`] if it cannot be stored; a file that is there and cannot be read, that others may
/// use, or that holds no key.
pub(crate) fn open(data: &Data) -> Result<Token, Error> {
    if let Some(key) = read(data.path())? {
        return Ok(key);
    }
    let failed = |source| Error::Registrar { path: data.path().to_owned(), source };
    let key = Token::generate().map_err(failed)?;
    data.store(FILE, &format!("{}\n", key.to_text()))?;
    Ok(key)
}

/// The operator key of a data folder; none if no server has made it yet.
///
/// # Errors
///
/// A file that cannot be read, that others may use, or that holds no key.
pub(crate) fn read(folder: &Path) -> Result<Option<Token>, Error> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if data::is_missing(&error) => return Ok(None),
        Err(source) => return Err(Error::KeyFile { path, source }),
    };
    data::require_private(&path)?;
    let key = Token::from_text(text.trim());
    key.map(Some).ok_or(Error::NoOperatorKey(path))
}
