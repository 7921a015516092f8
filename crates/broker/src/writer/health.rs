//! What the operator is told of the file: once when it begins to fail, once when it works again.
//!
//! It works again when something is written, and nothing has gone wrong for 10 s: on a disk that is
//! nearly full short writes succeed between long ones that do not.

use crate::deadlines::SECOND;

/// How long nothing may go wrong, in nanoseconds.
const QUIET: i64 = 10 * SECOND;

/// Whether the file fails.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// When it failed last, in nanoseconds since 1970; none if it works.
    last_failure: Option<i64>,
}

impl Health {
    /// Notes how a transaction went: what went wrong with the file, if anything did, and whether
    /// anything was written.
    pub(super) fn note(&mut self, trouble: Option<&rusqlite::Error>, has_written: bool, now: i64) {
        let was_failing = self.is_failing();
        if let Some(error) = trouble {
            self.last_failure = Some(now);
            if !was_failing {
                tracing::error!("the broker's file cannot be used, clients are refused: {error}");
            }
        } else if has_written && self.last_failure.is_some_and(|last| is_long_ago(last, now)) {
            self.last_failure = None;
            tracing::warn!("the broker's file can be used again");
        }
    }

    pub(super) fn is_failing(&self) -> bool {
        self.last_failure.is_some()
    }
}

fn is_long_ago(then: i64, now: i64) -> bool {
    now >= then.saturating_add(QUIET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fails_until_it_has_worked_for_a_while() {
        let error = rusqlite::Error::InvalidQuery;
        let mut health = Health::default();
        let steps = [
            (None, true, 0, false),
            (Some(&error), false, 1, true),
            (None, true, 2, true),
            (Some(&error), true, 9, true),
            (None, true, 18, true),
            (None, false, 30, true),
            (None, true, 31, false),
            (None, true, 32, false),
        ];
        for (trouble, has_written, second, is_failing) in steps {
            health.note(trouble, has_written, second * SECOND);
            assert_eq!(health.is_failing(), is_failing, "{second} s");
        }
    }
}
