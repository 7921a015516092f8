//! When somebody is shown snapshots: one at once when they come, then at most one every 100 ms.
//!
//! What changes meanwhile is owed to them, and shown as soon as that time is over. Times are ms of
//! the page's clock.

/// Least time between two snapshots, in ms.
const PACE_MS: f64 = 100.0;

/// Where somebody stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    shown_at_ms: f64,
    is_owed: bool,
}

impl Pace {
    /// Somebody who has just been shown a snapshot.
    pub(crate) const fn new(now_ms: f64) -> Self {
        Self { shown_at_ms: now_ms, is_owed: false }
    }

    /// Something has changed.
    pub(crate) const fn owe(&mut self) {
        self.is_owed = true;
    }

    /// How long a snapshot that is owed has to wait, in ms; none if nothing is owed.
    pub(crate) fn wait_ms(&self, now_ms: f64) -> Option<f64> {
        let since_ms = now_ms - self.shown_at_ms;
        // a clock that was set back must not silence the pool
        let wait_ms = if since_ms < 0.0 { 0.0 } else { (PACE_MS - since_ms).max(0.0) };
        self.is_owed.then_some(wait_ms)
    }

    /// Whether a snapshot is to be shown now; it counts as shown then.
    pub(crate) fn take(&mut self, now_ms: f64) -> bool {
        let is_due = self.wait_ms(now_ms).is_some_and(|wait_ms| wait_ms <= 0.0);
        if is_due {
            *self = Self::new(now_ms);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_new_every_ms_is_shown_ten_times_a_second_from_the_first_on() {
        let mut pace = Pace::new(5_000.0);
        let mut shown = 1;
        for ms in 0..1_000 {
            pace.owe();
            shown += u32::from(pace.take(5_000.0 + f64::from(ms)));
        }
        assert_eq!(shown, 10);
    }

    #[test]
    fn the_last_change_is_shown_once() {
        let mut pace = Pace::new(0.0);
        assert_eq!((pace.wait_ms(500.0), pace.take(500.0)), (None, false));
        pace.owe();
        assert_eq!((pace.wait_ms(30.0), pace.take(30.0)), (Some(70.0), false));
        assert_eq!((pace.wait_ms(100.0), pace.take(100.0)), (Some(0.0), true));
        assert_eq!((pace.wait_ms(300.0), pace.take(300.0)), (None, false));
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nobody() {
        let mut pace = Pace::new(1_000.0);
        pace.owe();
        assert_eq!((pace.wait_ms(0.0), pace.take(0.0)), (Some(0.0), true));
    }
}
