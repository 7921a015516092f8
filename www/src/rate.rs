//! How many processes came to an end in the last minute, and how they were spread over it.
//!
//! The pool counts; this keeps the counts of the last 60 s, one a second at most.

use std::collections::VecDeque;

/// How far back it looks, in ms.
const WINDOW_MS: f64 = 60_000.0;

/// How many bars the picture of the last minute has; each is 5 s.
pub const BARS: u8 = 12;

/// The recent counts of processes that ended.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    /// When, in ms of the page's clock, and the total at that time; oldest first.
    samples: VecDeque<(f64, u32)>,
}

impl Rate {
    /// Takes the present total; a smaller one begins anew.
    pub fn add(&mut self, now_ms: f64, total: u32) {
        if self.samples.back().is_some_and(|last| last.1 > total) {
            self.samples = VecDeque::from([(now_ms, 0)]);
        }
        let is_first = self.samples.len() < 2;
        match self.samples.back_mut() {
            Some(last) if now_ms - last.0 < 1_000.0 && !is_first => last.1 = total,
            Some(_) | None => self.samples.push_back((now_ms, total)),
        }
        while self.samples.get(1).is_some_and(|next| next.0 < now_ms - WINDOW_MS) {
            self.samples.pop_front();
        }
    }

    /// Processes that ended in the last minute.
    pub fn last_minute(&self, now_ms: f64) -> u32 {
        self.between(now_ms - WINDOW_MS, now_ms)
    }

    /// Ended processes in each 5 s of the last minute, oldest first.
    pub fn bars(&self, now_ms: f64) -> Vec<u32> {
        let width_ms = WINDOW_MS / f64::from(BARS);
        (0..BARS)
            .map(|bar| {
                let from_ms = now_ms - WINDOW_MS + width_ms * f64::from(bar);
                self.between(from_ms, from_ms + width_ms)
            })
            .collect()
    }

    fn between(&self, from_ms: f64, to_ms: f64) -> u32 {
        self.total_at(to_ms).saturating_sub(self.total_at(from_ms))
    }

    /// The last total known at a time; before the first sample, that sample's.
    fn total_at(&self, at_ms: f64) -> u32 {
        let known = self.samples.iter().rev().find(|sample| sample.0 <= at_ms);
        known.or(self.samples.front()).map_or(0, |sample| sample.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_ended_in_the_last_minute() {
        let mut rate = Rate::default();
        assert_eq!(rate.last_minute(0.0), 0);
        for second in 0..=120_u32 {
            rate.add(1_000.0 * f64::from(second), 2 * second);
        }
        assert_eq!(rate.last_minute(120_000.0), 120);
        assert_eq!(rate.bars(120_000.0).len(), usize::from(BARS));
        assert!(rate.bars(120_000.0).iter().all(|&count| (8..=12).contains(&count)));
        assert!(rate.samples.len() <= 63);
    }

    #[test]
    fn a_smaller_total_begins_anew() {
        let mut rate = Rate::default();
        rate.add(0.0, 50);
        rate.add(5_000.0, 60);
        rate.add(10_000.0, 0);
        rate.add(15_000.0, 1);
        assert_eq!(rate.last_minute(16_000.0), 1);
    }
}
