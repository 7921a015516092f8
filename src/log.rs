//! The activity log: the newest 200 lines, each with a number that never comes again.

use std::collections::VecDeque;

use webpool_wire::Level;

use crate::snapshot::LogEntry;

/// Lines kept.
const LINES: usize = 200;

/// A ring of lines, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<LogEntry>,
    written: u64,
}

impl Log {
    /// Writes a line at `at_ms`, about `slot` if it is about one.
    pub(crate) fn write(&mut self, at_ms: f64, level: Level, slot: Option<u32>, text: String) {
        if self.entries.len() == LINES {
            self.entries.pop_front();
        }
        self.written += 1;
        self.entries.push_back(LogEntry { number: self.written, at_ms, level, slot, text });
    }

    /// Writes a line unless the newest one says the same.
    pub(crate) fn write_once(&mut self, at_ms: f64, level: Level, slot: Option<u32>, text: String) {
        if self.entries.back().is_none_or(|entry| entry.text != text) {
            self.write(at_ms, level, slot, text);
        }
    }

    /// The lines, newest last.
    pub(crate) fn to_entries(&self) -> Vec<LogEntry> {
        self.entries.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest() {
        let mut log = Log::default();
        for line in 0..250_u32 {
            log.write(f64::from(line), Level::Info, Some(line), format!("line {line}"));
        }
        let entries = log.to_entries();
        assert_eq!(entries.len(), LINES);
        assert_eq!((entries[0].number, entries[0].text.as_str()), (51, "line 50"));
        assert_eq!(entries.last().map(|entry| entry.number), Some(250));
    }

    #[test]
    fn says_once_what_is_the_same() {
        let mut log = Log::default();
        for text in ["a", "a", "b", "a"] {
            log.write_once(0.0, Level::Info, None, text.to_owned());
        }
        let texts: Vec<_> = log.to_entries().into_iter().map(|entry| entry.text).collect();
        assert_eq!(texts, ["a", "b", "a"]);
    }
}
