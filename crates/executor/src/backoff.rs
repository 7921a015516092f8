//! Capped, jittered delays between attempts.
//!
//! The n-th delay is drawn evenly from the upper half of `first * 2^n`, at most `cap`. Randomness
//! comes from a seed, so a table test knows every delay.

use std::time::Duration;

/// Doubles up to a cap, with jitter.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    attempt: u32,
    seed: u64,
}

impl Backoff {
    /// Delays from `first` to `cap`; executors with different seeds do not retry in step.
    pub const fn new(first: Duration, cap: Duration, seed: u64) -> Self {
        Self { first, cap, attempt: 0, seed }
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        let full = self.first.saturating_mul(1 << self.attempt.min(16)).min(self.cap);
        self.attempt = self.attempt.saturating_add(1);
        let half = full / 2;
        half + half.mul_f64(self.next_fraction())
    }

    /// Begins again with the shortest delay.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }

    /// How many delays there have been since the last reset.
    pub const fn attempts(&self) -> u32 {
        self.attempt
    }

    /// A number in 0..1 (xorshift64*; only spreads retries, nothing secret hangs on it).
    fn next_fraction(&mut self) -> f64 {
        let mut x = self.seed | 1;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.seed = x;
        let top = u32::try_from(x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32).unwrap_or_default();
        f64::from(top) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_cap() {
        let (first, cap) = (Duration::from_millis(500), Duration::from_secs(30));
        let mut backoff = Backoff::new(first, cap, 7);
        let mut full = first;
        for _ in 0..40 {
            let delay = backoff.next_delay();
            assert!(delay >= full / 2 && delay <= full, "{delay:?} of {full:?}");
            full = (full * 2).min(cap);
        }
        backoff.reset();
        assert!(backoff.next_delay() <= first);
    }
}
