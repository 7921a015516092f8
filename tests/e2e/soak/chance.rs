//! Numbers that follow from a seed.
//!
//! Source: G. L. Steele, D. Lea, C. H. Flood, *Fast Splittable Pseudorandom Number Generators*,
//! OOPSLA 2014 (`SplitMix64`).

use std::time::Duration;

/// A row of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The row that follows from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy, const COUNT: usize>(&mut self, all: [T; COUNT]) -> Option<T> {
        let count = u64::try_from(COUNT).ok().filter(|count| *count > 0)?;
        all.get(usize::try_from(self.below(count)).ok()?).copied()
    }

    /// A time of so many ms at least, and fewer than `end`.
    pub(crate) fn time(&mut self, from_ms: u64, end_ms: u64) -> Duration {
        Duration::from_millis(from_ms + self.below(end_ms - from_ms))
    }

    /// The same things in another order.
    pub(crate) fn shuffled<T>(&mut self, things: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut keyed: Vec<(u64, T)> =
            things.into_iter().map(|thing| (self.next(), thing)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        keyed.into_iter().map(|(_, thing)| thing).collect()
    }
}
