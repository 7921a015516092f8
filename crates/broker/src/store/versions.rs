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

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "CREATE TABLE notes (text TEXT NOT NULL);";
    const NEWEST: &str =
        "CREATE TABLE notes (text TEXT NOT NULL, written INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX notes_by_time ON notes (written);";
    const NEW_STEPS: [&str; 2] = [
        "ALTER TABLE notes ADD COLUMN written INTEGER NOT NULL DEFAULT 0;
        UPDATE notes SET written = 7;",
        "CREATE INDEX notes_by_time ON notes (written);",
    ];

    fn version(db: &Connection) -> i64 {
        db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    fn note(db: &Connection) -> (String, i64) {
        let sql = "SELECT text, written FROM notes INDEXED BY notes_by_time";
        db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    }

    #[test]
    fn an_older_file_takes_the_steps_it_lacks() {
        for taken in 0..=NEW_STEPS.len() {
            let db = Connection::open_in_memory().unwrap();
            migrate(&db, V1, &[]).unwrap();
            db.execute("INSERT INTO notes (text) VALUES ('kept')", []).unwrap();
            migrate(&db, NEWEST, &NEW_STEPS[..taken]).unwrap();
            migrate(&db, NEWEST, &NEW_STEPS).unwrap();
            assert_eq!((version(&db), note(&db)), (3, ("kept".to_owned(), 7)), "{taken} taken");
        }
    }

    #[test]
    fn a_fresh_file_gets_the_newest_schema_at_once() {
        let db = Connection::open_in_memory().unwrap();
        migrate(&db, NEWEST, &NEW_STEPS).unwrap();
        db.execute("INSERT INTO notes (text) VALUES ('new')", []).unwrap();
        assert_eq!((version(&db), note(&db)), (3, ("new".to_owned(), 0)));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let db = Connection::open_in_memory().unwrap();
        migrate(&db, V1, &[]).unwrap();
        db.execute_batch("BEGIN").unwrap();
        let result = migrate(&db, NEWEST, &[NEW_STEPS[0], "CREATE INDEX i ON nothing (x)"]);
        assert!(matches!(result, Err(Error::Storage(_))), "{result:?}");
        db.execute_batch("ROLLBACK").unwrap();
        assert_eq!(version(&db), 1);
        assert!(db.prepare("SELECT written FROM notes").is_err());
    }

    #[test]
    fn files_of_other_versions_are_not_touched() {
        for (found, sentence) in [
            (
                4,
                "the broker's file has schema version 4, this release knows up to 3: a newer \
                 webpool has written it",
            ),
            (-1, "the broker's file has schema version -1: webpool has not written it"),
        ] {
            let db = Connection::open_in_memory().unwrap();
            db.pragma_update(None, "user_version", found).unwrap();
            let error = migrate(&db, NEWEST, &NEW_STEPS).unwrap_err();
            assert_eq!((error.to_string().as_str(), version(&db)), (sentence, found));
        }
    }
}
