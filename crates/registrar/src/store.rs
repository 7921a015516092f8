//! The registrar's state in one `SQLite` file, written ahead to a log (WAL).
//!
//! Several processes may have it open: the server, and a command that makes or revokes an invite.
//! Who finds it locked waits up to 10 s. Every function takes the time as an argument, in ms since
//! 1970; nothing here reads a clock, checks a rule or decides.
//!
//! - `invites`: invites, the visits by them, and the visits that are banned
//! - `members`: who was let in, and what became of the processes of those who have gone
//! - `versions`: the schema of a fresh file, and what brings an older one up to it
//!
//! What is [`Kept::Always`] survives a loss of power; what is [`Kept::Usually`] survives the end of
//! the program, and of a loss of power all but the last moments: it is written once for each process,
//! and waiting for the disk each time would slow everybody down.

mod invites;
mod members;
mod versions;

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Params, Row, Transaction, TransactionBehavior,
};

use crate::error::Error;

/// How many statements stay prepared.
const STATEMENTS: usize = 64;

/// How long another process may keep the file locked.
const PATIENCE: Duration = Duration::from_secs(10);

/// How well a change is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The disk has it before anything else happens.
    Always,
    /// The operating system has it.
    Usually,
}

/// How often opening the file is tried while others are making it, and the time in between.
const ATTEMPTS: u32 = 200;
const BETWEEN: Duration = Duration::from_millis(25);

/// The open file.
#[derive(Debug)]
pub(crate) struct Store {
    db: Connection,
    kept: Cell<Kept>,
    /// The file's `data_version` when it was last looked at.
    seen: Cell<i64>,
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

impl Store {
    /// Opens the file; makes it and its tables when missing, and brings an older one up to date.
    ///
    /// Whoever opens a fresh file makes it one with a log of its own; `SQLite` does not let others
    /// wait for that, so they try again.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Self::try_open(path) {
                Err(Error::Storage(error)) if is_busy(&error) && attempts < ATTEMPTS => {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "nobody is woken when another process lets go of the file"
                    )]
                    std::thread::sleep(BETWEEN);
                }
                result => return result,
            }
        }
    }

    fn try_open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path)?;
        db.busy_timeout(PATIENCE)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        let store = Self { db, kept: Cell::new(Kept::Always), seen: Cell::new(0) };
        store.within(Kept::Always, || {
            versions::migrate(&store.db, include_str!("schema.sql"), versions::STEPS)
        })?;
        store.seen.set(store.version()?);
        Ok(store)
    }

    /// Whether somebody else has changed the file since this was last asked.
    pub(crate) fn has_changed(&self) -> rusqlite::Result<bool> {
        let version = self.version()?;
        Ok(self.seen.replace(version) != version)
    }

    fn version(&self) -> rusqlite::Result<i64> {
        self.one("PRAGMA data_version", [], |row| row.get(0)).map(Option::unwrap_or_default)
    }

    /// Does `work` in one transaction: all of it is kept, or nothing if it fails. Nobody else can
    /// write meanwhile.
    pub(crate) fn within<T>(
        &self,
        kept: Kept,
        work: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.kept.replace(kept) != kept {
            let sql = match kept {
                Kept::Always => "PRAGMA synchronous = FULL",
                Kept::Usually => "PRAGMA synchronous = NORMAL",
            };
            self.db.execute_batch(sql)?;
        }
        let transaction = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?;
        let result = work()?;
        transaction.commit()?;
        Ok(result)
    }

    fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.db.prepare_cached(sql)?.execute(params)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.db.prepare_cached(sql)?.query_row(params, read).optional()
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.db.prepare_cached(sql)?.query_map(params, read)?.collect()
    }

    fn count(&self, sql: &str, params: impl Params) -> rusqlite::Result<u32> {
        self.one(sql, params, |row| row.get(0)).map(Option::unwrap_or_default)
    }
}
