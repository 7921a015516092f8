//! The broker's state in one `SQLite` file, written ahead to a log (WAL).
//!
//! Every function takes the time as an argument, in nanoseconds since 1970; nothing here reads a
//! clock, checks a role or decides. What a function changes belongs to the transaction under way.
//!
//! - [`colonies`]: colonies, and the counts of a colony and of the server
//! - [`users`]: the users of a colony
//! - [`executors`]: executors, from pending to unregistered
//! - [`functions`]: the functions executors offer, with their counters
//! - [`processes`]: submitting, reading and listing processes
//! - [`claims`]: a process given to an executor, taken back, and ended
//! - [`graphs`]: workflows, and what follows in them when a process ends
//! - [`channels`]: who may use a process's channels
//! - [`attributes`]: keys and values attached to a process
//! - [`blueprints`]: what somebody wants, and who brings it about
//! - [`logs`]: what executors said
//! - [`versions`]: the schema of a fresh file, and what brings an older one up to it
//!
//! When `SQLite` itself ends a transaction (the disk is full, or fails), nothing more is done in it:
//! every further attempt, and the commit, fail with the error that ended it.
//!
//! The file is locked for this process alone: two brokers over one file would wake nobody for what
//! the other one stores.

mod attributes;
mod blueprints;
mod channels;
mod claims;
mod colonies;
mod executors;
mod functions;
mod graphs;
mod logs;
mod processes;
mod users;
mod versions;

use std::cell::RefCell;
use std::path::Path;

use rusqlite::{CachedStatement, Connection, ErrorCode, OptionalExtension, Params, Row, ffi};
use webpool_colony::{Json, Timestamp};

pub(crate) use channels::Line;
pub(crate) use claims::Poll;
pub(crate) use colonies::Standing;
pub(crate) use graphs::{NewGraph, Place};
pub(crate) use logs::Reach;
pub(crate) use processes::{Filter, Head, Submission};

use crate::error::Error;

/// How many statements stay prepared.
const STATEMENTS: usize = 128;

/// The open file.
#[derive(Debug)]
pub(crate) struct Store {
    db: Connection,
    /// What ended the transaction under way, or kept it from beginning.
    lost: RefCell<Option<rusqlite::Error>>,
    /// What the disk has refused since this was last asked.
    trouble: RefCell<Option<rusqlite::Error>>,
    /// Every statement so far.
    #[cfg(test)]
    spoken: RefCell<std::collections::BTreeSet<String>>,
}

impl Store {
    /// Opens the file; makes it and its tables when missing, and brings an older one up to date.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
        )?;
        let store = Self {
            db,
            lost: RefCell::default(),
            trouble: RefCell::default(),
            #[cfg(test)]
            spoken: RefCell::default(),
        };
        store.begin()?;
        versions::migrate(&store.db, include_str!("schema.sql"), versions::STEPS)?;
        store.commit()?;
        Ok(store)
    }

    /// What the file says of how it is written: `journal_mode=wal synchronous=FULL`.
    pub(crate) fn durability(&self) -> rusqlite::Result<String> {
        let journal: String = self.db.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        let level: i64 = self.db.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        let level = match level {
            0 => "OFF",
            1 => "NORMAL",
            2 => "FULL",
            _ => "EXTRA",
        };
        Ok(format!("journal_mode={journal} synchronous={level}"))
    }

    /// Begins a transaction.
    pub(crate) fn begin(&self) -> rusqlite::Result<()> {
        self.abandon();
        self.lost.take();
        self.execute("BEGIN IMMEDIATE", []).map(drop)
    }

    /// Whether what is changed now can still be committed.
    pub(crate) fn is_open(&self) -> bool {
        !self.db.is_autocommit()
    }

    /// Makes durable what was changed since [`Self::begin`]; if it cannot, nothing of it stays.
    pub(crate) fn commit(&self) -> rusqlite::Result<()> {
        if !self.is_open() {
            return Err(self.loss());
        }
        self.execute("COMMIT", []).map(drop).inspect_err(|_| self.abandon())
    }

    /// Does `work`; when it fails, takes back what it changed, and only that. If that cannot be
    /// done either, the whole transaction is over.
    pub(crate) fn attempt<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if !self.is_open() {
            return Err(self.loss().into());
        }
        self.execute("SAVEPOINT request", [])?;
        let result = work();
        if !self.is_open() {
            return result.and_then(|_| Err(self.loss().into()));
        }
        let taken_back = match result {
            Ok(_) => Ok(0),
            Err(_) => self.execute("ROLLBACK TO request", []),
        };
        taken_back.and_then(|_| self.execute("RELEASE request", [])).inspect_err(|error| {
            self.lost.replace(Some(again(error)));
            self.abandon();
        })?;
        result
    }

    /// Takes back what was changed since [`Self::begin`].
    fn abandon(&self) {
        if self.is_open() {
            // What fails here has ended the transaction; if not, the next one begins with this.
            self.execute("ROLLBACK", []).unwrap_or_default();
        }
    }

    /// Why there is no transaction.
    fn loss(&self) -> rusqlite::Error {
        let misuse = || rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_MISUSE), None);
        self.lost.borrow().as_ref().map_or_else(misuse, again)
    }

    /// What the disk has refused since this was last asked, the first of it.
    pub(crate) fn take_trouble(&self) -> Option<rusqlite::Error> {
        self.trouble.take()
    }

    /// How many rows have been changed since the file was opened, also those taken back.
    pub(crate) fn changed_rows(&self) -> u64 {
        self.db.total_changes()
    }

    /// Remembers an error that has ended the transaction, and one that is the disk's.
    fn noted<T>(&self, result: rusqlite::Result<T>) -> rusqlite::Result<T> {
        result.inspect_err(|error| {
            if is_of_disk(error) && self.trouble.borrow().is_none() {
                self.trouble.replace(Some(again(error)));
            }
            if !self.is_open() && self.lost.borrow().is_none() {
                self.lost.replace(Some(again(error)));
            }
        })
    }

    fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.noted(self.prepare(sql).and_then(|mut statement| statement.execute(params)))
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.noted(self.prepare(sql).and_then(|mut found| found.query_row(params, read).optional()))
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.noted(self.prepare(sql).and_then(|mut found| found.query_map(params, read)?.collect()))
    }

    fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        #[cfg(test)]
        self.spoken.borrow_mut().insert(sql.to_owned());
        self.db.prepare_cached(sql)
    }
}

/// The same error once more.
pub(crate) fn again(error: &rusqlite::Error) -> rusqlite::Error {
    let code = error.sqlite_error().copied().unwrap_or(ffi::Error::new(ffi::SQLITE_ERROR));
    rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
}

/// Whether an error says that the file cannot be read or written.
fn is_of_disk(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
        )
    )
}

/// Whether an error says that a row is there already.
pub(crate) fn is_duplicate(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// Nanoseconds since 1970 as the file keeps them.
fn from_time(time: Timestamp) -> Option<i64> {
    time.to_unix_ns().and_then(|ns| i64::try_from(ns).ok())
}

/// The moment of a column.
fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    let ns: Option<i64> = row.get(column)?;
    let ns = ns.and_then(|ns| u64::try_from(ns).ok());
    Ok(ns.map_or(Timestamp::NEVER, Timestamp::from_unix_ns))
}

/// The JSON of a column.
fn json(row: &Row<'_>, column: &str) -> rusqlite::Result<Json> {
    Json::from_text(row.get::<_, String>(column)?).map_err(unreadable)
}

/// JSON in the file that cannot be read back.
fn unreadable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}

#[cfg(test)]
pub(crate) mod tests;
