//! How often somebody may do something: one token bucket for each key of each kind.
//!
//! A bucket holds as many tokens as a [`Rate`] has for a burst, and fills up evenly. What is kept of
//! it is when it will be full again, 24 bytes a key. Keys are kept as keyed hashes, so that they may
//! be anything, and nobody can choose two that fall together. A bucket that is full again is
//! forgotten. Once there is no room for more keys all new ones share one bucket of their kind: who
//! was there before notices nothing.
//!
//! Pure: the time is an argument.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Limits;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Connections of an address.
    Connection,
    /// Requests of an address.
    Request,
    /// Members that come by an invite.
    Join,
    /// What the visitors of an address submit who come from elsewhere.
    Submission,
    /// Operator keys that an address tries.
    Key,
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// At once, at least 1.
    pub(crate) burst: u32,
    /// In a second on average, at least 1.
    pub(crate) per_second: u32,
}

impl Rate {
    /// The rate of somebody who brings `count` at the same time: they may all come, and all come
    /// again, at once; and once a minute on average.
    pub(crate) const fn for_many(self, count: u32) -> Self {
        let burst = self.burst.saturating_add(count.saturating_mul(2));
        Self { burst, per_second: self.per_second.saturating_add(count / 60) }
    }

    /// How long one token takes.
    fn interval(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }
}

/// When there will be a token again, from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryAfter(Duration);

impl RetryAfter {
    /// In whole seconds, rounded up, as the header `Retry-After` has it.
    pub(crate) fn to_seconds(self) -> u64 {
        let seconds = self.0.as_secs();
        if self.0.subsec_nanos() == 0 { seconds } else { seconds + 1 }
    }
}

/// How often a table that is full is looked through for buckets that can be forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// What stands for all keys that have no bucket of their own.
const OTHERS: u64 = 0;

type Key = (Kind, u64);

/// The buckets of one server.
#[derive(Debug)]
pub(crate) struct Rates {
    limits: Limits,
    hasher: RandomState,
    table: Mutex<Table>,
}

/// When the bucket of each key will be full again.
#[derive(Debug, Default)]
struct Table {
    full_at: HashMap<Key, Instant>,
    swept_at: Option<Instant>,
}

impl Rates {
    /// Full buckets for everybody.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, hasher: RandomState::new(), table: Mutex::default() }
    }

    /// Takes a token of `kind` from the bucket of `key`.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] if there is none; then nothing is taken.
    pub(crate) fn take(&self, kind: Kind, key: &impl Hash, now: Instant) -> Result<(), RetryAfter> {
        self.take_at(self.limits.rate(kind), kind, key, now)
    }

    /// The same at a rate of the key's own; a key has the same one each time.
    ///
    /// # Errors
    ///
    /// As [`Rates::take`].
    pub(crate) fn take_at(
        &self,
        rate: Rate,
        kind: Kind,
        key: &impl Hash,
        now: Instant,
    ) -> Result<(), RetryAfter> {
        let key = (kind, self.hasher.hash_one(key));
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        take(table.bucket(key, self.limits.rated_keys, now), rate, now)
    }
}

fn take(full_at: &mut Instant, rate: Rate, now: Instant) -> Result<(), RetryAfter> {
    let (interval, burst) = (rate.interval(), rate.burst.max(1));
    let missing = full_at.saturating_duration_since(now) + interval;
    match missing.checked_sub(interval * burst) {
        Some(wait) if !wait.is_zero() => Err(RetryAfter(wait)),
        Some(_) | None => {
            *full_at = now + missing;
            Ok(())
        }
    }
}

impl Table {
    /// The bucket of a key, made if there is room for one.
    fn bucket(&mut self, key: Key, room: usize, now: Instant) -> &mut Instant {
        let is_known = self.full_at.contains_key(&key);
        if !is_known && self.full_at.len() >= room {
            self.sweep(now);
        }
        let is_shared = !is_known && self.full_at.len() >= room;
        let key = if is_shared { (key.0, OTHERS) } else { key };
        self.full_at.entry(key).or_insert(now)
    }

    fn sweep(&mut self, now: Instant) {
        let is_due = |at: Instant| now.saturating_duration_since(at) >= SWEEP_EVERY;
        if self.swept_at.is_none_or(is_due) {
            self.swept_at = Some(now);
            self.full_at.retain(|_, full_at| *full_at > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn(u32, u32, usize) -> Limits = |burst, per_second, rated_keys| Limits {
        request_rate: Rate { burst, per_second },
        rated_keys,
        ..Limits::default()
    };

    /// Takes tokens at these times, in ms; `0` is let through, else the seconds to wait.
    fn check(burst: u32, per_second: u32, steps: &[(u64, &str, u64)]) {
        let rates = Rates::new(LIMITS(burst, per_second, 3));
        let start = Instant::now();
        for (at_ms, key, expected) in steps {
            let now = start + Duration::from_millis(*at_ms);
            let found = rates.take(Kind::Request, key, now).err().map_or(0, RetryAfter::to_seconds);
            assert_eq!(
                found, *expected,
                "{key} at {at_ms} ms, of {burst} and {per_second} a second"
            );
        }
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        check(2, 1, &[(0, "a", 0), (0, "a", 0), (0, "a", 1), (999, "a", 1), (1000, "a", 0)]);
        check(2, 1, &[(0, "a", 0), (0, "a", 0), (9000, "a", 0), (9000, "a", 0), (9000, "a", 1)]);
        check(1, 10, &[(0, "a", 0), (99, "a", 1), (100, "a", 0), (100, "a", 1)]);
        // Who asks in vain does not wait longer for it.
        check(1, 1, &[(0, "a", 0), (1, "a", 1), (2, "a", 1), (3, "a", 1), (1000, "a", 0)]);
        // A clock that goes backwards fills nothing and breaks nothing.
        check(1, 1, &[(5000, "a", 0), (0, "a", 6), (6000, "a", 0)]);
    }

    #[test]
    fn keys_do_not_share_unless_there_is_no_room() {
        check(1, 1, &[(0, "a", 0), (0, "b", 0), (0, "c", 0), (0, "a", 1), (0, "b", 1)]);
        let crowd = [(0, "a", 0), (0, "b", 0), (0, "c", 0), (0, "d", 0), (0, "e", 1), (0, "a", 1)];
        check(1, 1, &crowd);
        // What is full again makes room.
        let later =
            [(0, "a", 0), (0, "b", 0), (0, "c", 0), (0, "d", 0), (1001, "e", 0), (1001, "f", 0)];
        check(1, 1, &later);
    }

    #[test]
    fn kinds_do_not_share() {
        let rates = Rates::new(LIMITS(1, 1, 9));
        let now = Instant::now();
        assert_eq!(rates.take(Kind::Request, &1, now), Ok(()));
        assert_eq!(rates.take(Kind::Request, &1, now), Err(RetryAfter(Duration::from_secs(1))));
        assert_eq!(rates.take(Kind::Connection, &1, now), Ok(()));
    }

    #[test]
    fn the_table_stays_small() {
        let rates = Rates::new(LIMITS(1, 1, 100));
        let now = Instant::now();
        for key in 0..10_000 {
            rates.take(Kind::Request, &key, now).unwrap_or(());
        }
        assert!(rates.table.lock().unwrap().full_at.len() <= 101);
    }
}
