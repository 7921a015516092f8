//! Sessions, and the time there is to come back when one has ended.
//!
//! Who says goodbye leaves at once. A session that breaks (a killed tab, a proxy that restarts) has
//! two seconds to be replaced. Who falls silent (a frozen phone, a lost network) has 45 s, and a
//! tenth of the time its process has run, but not more than 8 min: hours of work are not thrown away
//! for a minute's gap, and a ColonyOS server gives them away by itself after ten.
//!
//! A browser answers pings also for a page that is frozen: who holds a process and says nothing of
//! its own has fallen silent too.

use std::time::Duration;

/// A session's number, never used twice.
pub type Session = u64;

/// How long a broken session may be replaced.
pub const BROKEN: Duration = Duration::from_secs(2);

/// How long silence is borne at least, and at most.
pub const SILENT: Duration = Duration::from_secs(45);
/// See [`SILENT`].
pub const LONGEST: Duration = Duration::from_mins(8);

/// How long who holds a process may say nothing: an executor says something every minute.
pub(crate) const MUTE: Duration = Duration::from_secs(75);

/// How long there is to come back after a restart: Firefox waits for up to a minute before it connects
/// again to a server to which it has lost many sockets.
pub(crate) const RESTARTED: Duration = Duration::from_secs(90);

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The other side said goodbye.
    Goodbye,
    /// The connection ended without a word.
    Broken,
    /// Nothing was heard for a while; when it was the last time.
    Silent {
        /// On the driver's clock.
        since: Duration,
    },
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has this session.
    Here(Session),
    /// It has until then to come back.
    Away(Duration),
    /// It leaves: no session counts any more.
    Leaving,
}

/// Until when somebody may come back whose session ended in this way at `now`, and whose process has
/// run for `busy`.
pub(crate) fn grace(now: Duration, ending: Ending, busy: Duration) -> Duration {
    match ending {
        Ending::Goodbye => now,
        Ending::Broken => now + BROKEN,
        Ending::Silent { since } => since + (SILENT + busy / 10).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grace_grows_with_the_work() {
        let s = Duration::from_secs;
        let silent = Ending::Silent { since: s(100) };
        let cases = [
            (Ending::Goodbye, 9999, 130),
            (Ending::Broken, 9999, 132),
            (silent, 0, 145),
            (silent, 600, 205),
            (silent, 36_000, 580),
        ];
        for (ending, busy, until) in cases {
            assert_eq!(grace(s(130), ending, s(busy)), s(until), "{ending:?} {busy}");
        }
    }
}
