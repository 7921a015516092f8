//! `webpool init`: makes a colony with keys of its own in a data folder that has none.
//!
//! The keys are stored and not shown; `webpool env --secrets` shows them. What is in the folder is
//! never changed: a folder that has a colony, or a broker's database, is refused.

use std::path::Path;
use std::process::ExitCode;

use crate::announcement;
use crate::cli::Init;
use crate::data::{self, Data};
use crate::error::Error;
use crate::keyring::Keyring;

/// Makes the keys and says what can be done with them.
///
/// # Errors
///
/// A folder that cannot be written, that others may use, that a server uses, or that has keys or a
/// database already.
pub(crate) fn run(arguments: &Init, folder: &Path) -> Result<ExitCode, Error> {
    if folder.is_dir() {
        data::require_private(folder)?;
    }
    let data = Data::open(folder)?;
    require_empty(data.path())?;
    let keyring = Keyring::generate(arguments.colony.clone());
    keyring.store(&data)?;
    announcement::for_colony(&keyring.colony, data.path());
    Ok(ExitCode::SUCCESS)
}

fn require_empty(folder: &Path) -> Result<(), Error> {
    if data::keys(folder).exists() {
        return Err(Error::ColonyExists(folder.to_owned()));
    }
    if data::database(folder, false).exists() {
        return Err(Error::KeysMissing(folder.to_owned()));
    }
    if data::database(folder, true).exists() {
        return Err(Error::BrokerExists(folder.to_owned()));
    }
    Ok(())
}
