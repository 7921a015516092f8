//! What executors said about processes and about themselves, oldest first.

use std::collections::VecDeque;

use rusqlite::{Row, params};
use webpool_colony::request::{GetLogs, SearchLogs};
use webpool_colony::types::Log;

use super::Store;

/// How far a search goes back: to a moment, and over so many lines and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Nanoseconds since 1970.
    pub(crate) since: i64,
    /// The most lines that are looked at.
    pub(crate) lines: i64,
    /// The most bytes in these.
    pub(crate) bytes: i64,
}

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

    /// Of the newest lines of a colony, as far as the search reaches, those that contain the text:
    /// the first `count` of them, oldest first.
    pub(crate) fn search_logs(
        &self,
        wanted: &SearchLogs,
        reach: Reach,
    ) -> rusqlite::Result<Vec<Log>> {
        let sql = "SELECT *, octet_length(message) AS size, \
             octet_length(message) <= ?4 AND message GLOB ?3 AS is_found \
             FROM logs WHERE colony = ?1 AND timestamp > ?2 \
             ORDER BY timestamp DESC, seq DESC LIMIT ?5";
        let pattern = glob(&wanted.text);
        let params = params![wanted.colonyname, reach.since, pattern, reach.bytes, reach.lines];
        let count = usize::try_from(wanted.count).unwrap_or_default();
        self.noted(self.prepare(sql).and_then(|mut lines| {
            let mut found = VecDeque::new();
            let (mut lines, mut bytes) = (lines.query(params)?, 0_i64);
            while let Some(line) = lines.next()? {
                bytes = bytes.saturating_add(line.get("size")?);
                if bytes > reach.bytes {
                    break;
                }
                if line.get("is_found")? {
                    found.push_front(log(line)?);
                    found.truncate(count);
                }
            }
            Ok(found.into())
        }))
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
    use std::path::Path;

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

    /// A file with these lines, one a nanosecond.
    fn store(messages: &[&str]) -> Store {
        let store = Store::open(Path::new(":memory:")).unwrap();
        for (timestamp, message) in (1..).zip(messages) {
            let (colonyname, message) = ("c".to_owned(), (*message).to_owned());
            let (processid, executorname) = (String::new(), String::new());
            let log = Log { processid, colonyname, executorname, message, timestamp };
            store.add_log(&log).unwrap();
        }
        store
    }

    /// Looks for `x`.
    fn search(store: &Store, count: i64, reach: Reach) -> Vec<String> {
        let (colonyname, text) = ("c".to_owned(), "x".to_owned());
        let wanted = SearchLogs { colonyname, text, days: 1, count };
        let found = store.search_logs(&wanted, reach).unwrap();
        found.into_iter().map(|log| log.message).collect()
    }

    #[test]
    fn a_search_reaches_so_far() {
        let store = store(&["x1", "-2", "x3", "x4", "-5", "x6"]);
        let far = Reach { since: 0, lines: 100, bytes: 100 };
        let cases: [(i64, Reach, &[&str]); 9] = [
            (9, far, &["x1", "x3", "x4", "x6"]),
            (2, far, &["x1", "x3"]),
            (0, far, &[]),
            (9, Reach { since: 1, ..far }, &["x3", "x4", "x6"]),
            (9, Reach { lines: 4, ..far }, &["x3", "x4", "x6"]),
            (1, Reach { lines: 4, ..far }, &["x3"]),
            (9, Reach { bytes: 8, ..far }, &["x3", "x4", "x6"]),
            (9, Reach { bytes: 7, ..far }, &["x4", "x6"]),
            (9, Reach { bytes: 1, ..far }, &[]),
        ];
        for (count, reach, expected) in cases {
            assert_eq!(search(&store, count, reach), expected, "{count} {reach:?}");
        }
    }

    #[test]
    fn what_is_out_of_reach_costs_nothing() {
        let store = store(&["-"; 1_000]);
        for reach in [
            Reach { since: 0, lines: 10, bytes: 1_000 },
            Reach { since: 0, lines: 1_000, bytes: 10 },
        ] {
            store.steps();
            assert!(search(&store, 9, reach).is_empty());
            let steps = store.steps();
            assert!((10..500).contains(&steps), "{steps} steps for {reach:?}");
        }
    }
}
