//! The users of colonies, in the file.

use rusqlite::{Row, params};
use webpool_colony::Id;
use webpool_colony::types::User;

use super::Store;

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        colonyname: row.get("colony")?,
        userid: Id::from_text(row.get::<_, String>("userid")?),
        name: row.get("name")?,
        email: row.get("email")?,
        phone: row.get("phone")?,
    })
}

impl Store {
    pub(crate) fn add_user(&self, user: &User) -> rusqlite::Result<()> {
        let sql = "INSERT INTO users (colony, name, userid, email, phone) \
             VALUES (?1, ?2, ?3, ?4, ?5)";
        let id = user.userid.as_str();
        self.execute(sql, params![user.colonyname, user.name, id, user.email, user.phone]).map(drop)
    }

    pub(crate) fn users(&self, colony: &str) -> rusqlite::Result<Vec<User>> {
        self.all("SELECT * FROM users WHERE colony = ?1 ORDER BY rowid", [colony], user)
    }

    pub(crate) fn user(&self, colony: &str, name: &str) -> rusqlite::Result<Option<User>> {
        self.one("SELECT * FROM users WHERE colony = ?1 AND name = ?2", [colony, name], user)
    }

    pub(crate) fn user_by_id(&self, colony: &str, id: &Id) -> rusqlite::Result<Option<User>> {
        let sql = "SELECT * FROM users WHERE colony = ?1 AND userid = ?2 ORDER BY rowid LIMIT 1";
        self.one(sql, [colony, id.as_str()], user)
    }

    /// Deletes a user; whether there was one.
    pub(crate) fn remove_user(&self, colony: &str, name: &str) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM users WHERE colony = ?1 AND name = ?2";
        Ok(self.execute(sql, [colony, name])? > 0)
    }
}
