//! What can be done to a file that no request does, and what the statements cost.

use rusqlite::StatementStatus;

use super::Store;

impl Store {
    /// Lets the file grow to so many pages and no further, as a full disk would; fewer than it has
    /// now are as many as it has.
    pub(crate) fn limit_pages(&self, pages: i64) {
        let granted = self.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        granted.unwrap();
    }

    /// Makes every commit fail that changes a process, until [`Self::mend`]: a row is left behind
    /// that belongs to none.
    pub(crate) fn break_commits(&self) {
        let sql = "PRAGMA foreign_keys = ON; CREATE TEMP TABLE parents (id INTEGER PRIMARY KEY); \
             CREATE TEMP TABLE orphans (parent REFERENCES parents DEFERRABLE INITIALLY DEFERRED); \
             CREATE TEMP TRIGGER breaking AFTER UPDATE ON processes \
             BEGIN INSERT INTO orphans VALUES (1); END;";
        self.db.execute_batch(sql).unwrap();
    }

    /// Makes commits work again.
    pub(crate) fn mend(&self) {
        self.db.execute_batch("DROP TRIGGER breaking").unwrap();
    }

    /// Forgets which statements there were so far, and how often they have run.
    pub(crate) fn forget_statements(&self) {
        for sql in self.spoken.take() {
            self.db.prepare_cached(&sql).unwrap().reset_status(StatementStatus::Run);
        }
    }

    /// How often each statement since has run.
    pub(crate) fn runs(&self) -> Vec<(String, i32)> {
        let runs = |sql: &String| {
            let statement = self.db.prepare_cached(sql).unwrap();
            (sql.clone(), statement.get_status(StatementStatus::Run))
        };
        self.spoken.borrow().iter().map(runs).collect()
    }

    /// How many steps the file's machine has taken since this was last asked.
    pub(crate) fn steps(&self) -> i64 {
        let steps = |sql: &String| {
            let statement = self.db.prepare_cached(sql).unwrap();
            i64::from(statement.reset_status(StatementStatus::VmStep))
        };
        self.spoken.borrow().iter().map(steps).sum()
    }

    /// The names by which statements call the tables of the file.
    pub(crate) fn tables(&self) -> Vec<String> {
        let mut tables =
            self.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let names = tables.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).chain(["first".to_owned()]).collect()
    }

    /// The lines of the query plans of all statements since, each with its statement.
    pub(crate) fn plans(&self) -> Vec<(String, String)> {
        let plans = |sql: &String| {
            let mut explained = self.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let nothing = vec![rusqlite::types::Null; explained.parameter_count()];
            let parameters = rusqlite::params_from_iter(nothing);
            let lines = explained.query_map(parameters, |row| row.get("detail")).unwrap();
            lines.map(|line| (line.unwrap(), sql.clone())).collect::<Vec<_>>()
        };
        self.spoken.borrow().iter().flat_map(plans).collect()
    }
}
