//! The time that events carry, and the server's clock.
//!
//! Two local clocks: `mono` never jumps but may stand still while a computer sleeps; `wall` is the
//! time of day, since 1970. The server's clock is estimated from the times in its replies: such a
//! time is older than the reply's arrival by the way back, so of several estimates the largest
//! offset is the best. It is counted from `mono`: that clock is never set, and where it stood still
//! the true offset only grew.

use std::time::Duration;

use webpool_colony::Timestamp;

/// When an event happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Since the worker began.
    pub mono: Duration,
    /// Since 1970, by the local clock.
    pub wall: Duration,
}

/// How far the server's clock is ahead of `mono`, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerClock {
    offset_ns: Option<i128>,
}

impl ServerClock {
    /// Learns from a time that the server put into a reply that has just arrived.
    pub fn learn(&mut self, now: Now, server: Timestamp) {
        let Some(server) = server.since_unix() else { return };
        let offset = nanoseconds(server) - nanoseconds(now.mono);
        self.offset_ns = Some(self.offset_ns.map_or(offset, |known| known.max(offset)));
    }

    /// Time left until `limit` after the server's time `start`; zero if it is over.
    pub fn time_left(&self, now: Now, start: Timestamp, limit: Duration) -> Duration {
        let Some(start) = start.since_unix() else { return limit };
        let Some(offset) = self.offset_ns else { return limit };
        let left = nanoseconds(start) + nanoseconds(limit) - nanoseconds(now.mono) - offset;
        Duration::from_nanos(u64::try_from(left.max(0)).unwrap_or(u64::MAX)).min(limit)
    }
}

fn nanoseconds(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_follow_the_servers_clock() {
        let mut clock = ServerClock::default();
        let now = Now { mono: Duration::from_secs(1_000), wall: Duration::ZERO };
        let start = Timestamp::from_unix_ns(1_060_000_000_000);
        clock.learn(now, start);
        let limit = Duration::from_secs(10);
        assert_eq!(clock.time_left(now, start, limit), limit);
        let later = Now { mono: Duration::from_secs(1_004), ..now };
        assert_eq!(clock.time_left(later, start, limit), Duration::from_secs(6));
        let too_late = Now { mono: Duration::from_secs(1_021), ..now };
        assert_eq!(clock.time_left(too_late, start, limit), Duration::ZERO);
    }

    #[test]
    fn the_quickest_reply_counts() {
        let mut clock = ServerClock::default();
        let now = Now { mono: Duration::from_secs(1_000), wall: Duration::ZERO };
        clock.learn(now, Timestamp::from_unix_ns(1_000_000_000_000));
        clock.learn(now, Timestamp::from_unix_ns(997_000_000_000));
        let start = Timestamp::from_unix_ns(1_000_000_000_000);
        let limit = Duration::from_secs(5);
        assert_eq!(clock.time_left(now, start, limit), limit);
    }
}
