//! When a process has waited or run for too long, and what follows.
//!
//! Limits are whole seconds: -1 is "no limit", and so is 0 for waiting. Any other limit that is not
//! positive counts as passed from the start: a process with `maxexectime` 0 fails within a second.
//! Times are compared in whole seconds, strictly, so a deadline fires up to a second late.

/// Nanoseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000_000;

/// The longest limit that is kept, in seconds (190 years): later than that is never.
pub(crate) const MAX_LIMIT_S: i64 = 6_000_000_000;

/// What happens to a process whose time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It waits again, one retry the poorer.
    Requeue,
    /// It has failed, for this reason.
    Fail(&'static str),
}

/// When a limit of `limit_s` seconds from `start` is reached; none if there is no such moment.
pub(crate) fn deadline(start: i64, limit_s: i64) -> Option<i64> {
    let limit = limit_s.min(MAX_LIMIT_S).checked_mul(SECOND)?;
    (limit_s > 0).then(|| start.saturating_add(limit))
}

/// When a process waiting from `start` on has to be looked at.
pub(crate) fn wait_expires(start: i64, maxwaittime: i64) -> Option<i64> {
    match maxwaittime {
        0 | -1 => None,
        limit => deadline(start, limit).or(Some(start)),
    }
}

/// The last moment that counts as past at `now`, exclusive: the beginning of the second.
pub(crate) fn past(now: i64) -> i64 {
    now.div_euclid(SECOND).saturating_mul(SECOND)
}

/// The first moment at which `expires` counts as past.
pub(crate) fn due_at(expires: i64) -> i64 {
    past(expires).saturating_add(SECOND)
}

/// What happens to a process whose time is up. A negative `maxretries` is no limit.
pub(crate) fn verdict(is_running: bool, retries: i64, maxretries: i64) -> Verdict {
    if !is_running {
        Verdict::Fail("Maximum waiting time limit exceeded")
    } else if maxretries >= 0 && retries >= maxretries {
        Verdict::Fail("Maximum execution time limit exceeded")
    } else {
        Verdict::Requeue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(deadline(5, 2), Some(5 + 2 * SECOND));
        for limit in [0, -1, -7, i64::MIN] {
            assert_eq!(deadline(5, limit), None, "{limit}");
        }
        assert_eq!(wait_expires(5, 0), None);
        assert_eq!(wait_expires(5, -1), None);
        assert_eq!(wait_expires(5, -2), Some(5));
        assert!(deadline(1_800_000_000 * SECOND, i64::MAX).is_some());
    }

    #[test]
    fn whole_seconds() {
        let start = 10 * SECOND + 1;
        assert_eq!(due_at(start), 11 * SECOND);
        assert!(start >= past(11 * SECOND - 1));
        assert!(start < past(11 * SECOND));
    }

    #[test]
    fn verdicts() {
        let failed = Verdict::Fail("Maximum execution time limit exceeded");
        assert_eq!(verdict(true, 0, 0), failed);
        assert_eq!(verdict(true, 3, 3), failed);
        assert_eq!(verdict(true, 2, 3), Verdict::Requeue);
        assert_eq!(verdict(true, 99, -1), Verdict::Requeue);
        assert!(matches!(verdict(false, 0, 5), Verdict::Fail(_)));
    }
}
