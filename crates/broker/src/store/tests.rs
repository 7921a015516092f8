//! What can be done to a file that no request does, and what the statements cost.

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
}
