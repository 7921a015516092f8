//! The versions of the schema: what a fresh file gets, and what brings an older one up to date.
//!
//! A file says its version in `user_version`; 0 is a file without any table. `schema.sql` is the
//! newest version in one piece. [`STEPS`] leads there from version 1, one step a version, each a
//! piece of SQL that is never changed once released: a change of the schema after a release is a
//! change of `schema.sql` and a new step. All steps belong to one transaction, so a file is never
//! left half way.

use rusqlite::Connection;

use crate::error::Error;

/// What leads from each version to the next one, beginning with version 1.
pub(super) const STEPS: &[&str] = &[];

/// Brings the file to the version that `steps` lead to; a fresh one gets `schema`. Must be called
/// within a transaction.
pub(super) fn migrate(db: &Connection, schema: &str, steps: &[&str]) -> Result<(), Error> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX).saturating_add(1);
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(Error::Newer { found, known });
    }
    match usize::try_from(found) {
        Ok(0) => db.execute_batch(schema)?,
        Ok(done) => {
            for step in steps.iter().skip(done.saturating_sub(1)) {
                db.execute_batch(step)?;
            }
        }
        Err(_) => return Err(Error::Foreign { found }),
    }
    db.pragma_update(None, "user_version", known)?;
    Ok(())
}
