//! What executors said about processes and about themselves, oldest first.

use rusqlite::{Row, params};
use webpool_colony::request::{GetLogs, SearchLogs};
use webpool_colony::types::Log;

use super::Store;

fn log(row: &Row<'_>) -> rusqlite::Result<Log> {
    Ok(Log {
        processid: row.get("processid")?,
        colonyname: row.get("colony")?,
        executorname: row.get("executorname")?,
        message: row.get("message")?,
        timestamp: row.get("timestamp")?,
    })
}

impl Store {
    pub(crate) fn add_log(&self, log: &Log) -> rusqlite::Result<()> {
        let sql = "INSERT INTO logs (processid, colony, executorname, message, timestamp) \
             VALUES (?1, ?2, ?3, ?4, ?5)";
        let Log { processid, colonyname, executorname, message, timestamp } = log;
        self.execute(sql, params![processid, colonyname, executorname, message, timestamp])
            .map(drop)
    }

    /// The lines of an executor of the colony if one is named, else those about a process; the
    /// newest `count` of them, or the first `count` after `since`.
    pub(crate) fn logs(&self, wanted: &GetLogs) -> rusqlite::Result<Vec<Log>> {
        let (whose, key) = match wanted.executorname.as_str() {
            "" => ("processid = ?1 AND ?2 = ''", &wanted.processid),
            _ => ("colony = ?1 AND executorname = ?2", &wanted.colonyname),
        };
        let (order, since) = if wanted.latest { ("DESC", i64::MIN) } else { ("ASC", wanted.since) };
        let sql = format!(
            "SELECT * FROM (SELECT * FROM logs WHERE {whose} AND timestamp > ?4 \
             ORDER BY seq {order} LIMIT ?3) ORDER BY seq"
        );
        self.all(&sql, params![key, wanted.executorname, wanted.count, since], log)
    }

    /// The first lines of a colony after `since` that contain the text.
    pub(crate) fn search_logs(
        &self,
        wanted: &SearchLogs,
        since: i64,
    ) -> rusqlite::Result<Vec<Log>> {
        let sql = "SELECT * FROM logs WHERE colony = ?1 AND timestamp > ?2 AND message GLOB ?3 \
             ORDER BY timestamp, seq LIMIT ?4";
        let pattern = glob(&wanted.text);
        self.all(sql, params![wanted.colonyname, since, pattern, wanted.count], log)
    }
}

/// The pattern for lines that contain `text`. Its wild cards are those of the reference server's
/// `LIKE`: `%` any characters, `_` one, a backslash before a character that means itself. Upper and
/// lower case differ, so it is written for `GLOB`.
fn glob(text: &str) -> String {
    let mut pattern = String::from("*");
    let mut is_escaped = false;
    for character in text.chars() {
        match character {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            '%' if !is_escaped => pattern.push('*'),
            '_' if !is_escaped => pattern.push('?'),
            '*' | '?' | '[' => pattern.extend(['[', character, ']']),
            plain => pattern.push(plain),
        }
        is_escaped = false;
    }
    // What would have meant the closing wild card means itself.
    pattern.push(if is_escaped { '%' } else { '*' });
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_cards() {
        let cases = [
            ("hel", "*hel*"),
            ("", "**"),
            ("50%_", "*50*?*"),
            ("50\\%", "*50%*"),
            ("a*[b]?", "*a[*][[]b][?]*"),
            ("end\\", "*end%"),
        ];
        for (text, pattern) in cases {
            assert_eq!(glob(text), pattern, "{text}");
        }
    }
}
