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
//! - [`attributes`]: keys and values attached to a process
//! - [`blueprints`]: what somebody wants, and who brings it about
//! - [`logs`]: what executors said
//!
//! The file is locked for this process alone: two brokers over one file would wake nobody for what
//! the other one stores.

mod attributes;
mod blueprints;
mod claims;
mod colonies;
mod executors;
mod functions;
mod logs;
mod processes;
mod users;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Params, Row};
use webpool_colony::{Json, Timestamp};

pub(crate) use claims::Poll;
pub(crate) use colonies::Standing;
pub(crate) use processes::{Filter, Head, Submission};

use crate::error::Error;

/// The schema's version this release writes.
const VERSION: i64 = 1;

/// How many statements stay prepared.
const STATEMENTS: usize = 128;

/// The open file.
#[derive(Debug)]
pub(crate) struct Store {
    db: Connection,
}

impl Store {
    /// Opens the file; makes it and its tables when missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
        )?;
        let store = Self { db };
        store.begin()?;
        match store.db.pragma_query_value(None, "user_version", |row| row.get(0))? {
            0 => {
                store.db.execute_batch(include_str!("schema.sql"))?;
                store.db.pragma_update(None, "user_version", VERSION)?;
            }
            VERSION => {}
            found => return Err(Error::Newer { found, known: VERSION }),
        }
        store.commit()?;
        Ok(store)
    }

    /// Begins a transaction.
    pub(crate) fn begin(&self) -> rusqlite::Result<()> {
        self.execute("BEGIN IMMEDIATE", []).map(drop)
    }

    /// Makes durable what was changed since [`Self::begin`].
    pub(crate) fn commit(&self) -> rusqlite::Result<()> {
        self.execute("COMMIT", []).map(drop)
    }

    /// Takes back what was changed since [`Self::begin`].
    pub(crate) fn rollback(&self) -> rusqlite::Result<()> {
        self.execute("ROLLBACK", []).map(drop)
    }

    /// Does `work`; when it fails, takes back what it changed, and only that.
    pub(crate) fn attempt<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.execute("SAVEPOINT request", [])?;
        let result = work();
        if result.is_err() {
            self.execute("ROLLBACK TO request", [])?;
        }
        self.execute("RELEASE request", [])?;
        result
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
}

/// Whether an error says that a row is there already.
pub(crate) fn is_duplicate(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
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
