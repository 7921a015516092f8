//! Capped, jittered delays before a crashed worker is replaced.
//!
//! The delay doubles with every crash in a row, from 0.5 s up to 30 s, and lies in the upper half
//! of that span, so that workers which crashed together do not come back together. Randomness is
//! an argument.

/// The full delay after the first crash, in ms.
const FIRST_MS: f64 = 500.0;
/// No delay is longer, in ms.
const CAP_MS: f64 = 30_000.0;
/// Doubling more often than this is past the cap.
const DOUBLINGS: u32 = 10;

/// The delay in ms after the `crashes`-th crash in a row; `random` is 0..1.
pub(crate) fn delay_ms(crashes: u32, random: f64) -> f64 {
    let doublings = crashes.saturating_sub(1).min(DOUBLINGS);
    let full_ms = (FIRST_MS * f64::from(1_u32 << doublings)).min(CAP_MS);
    full_ms * f64::midpoint(1.0, random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(crashes: u32, random: f64, expected_ms: f64) {
        let found = delay_ms(crashes, random);
        assert!((found - expected_ms).abs() < 1e-9, "{crashes} {random}: {found}");
    }

    #[test]
    fn doubles_up_to_the_cap() {
        check(0, 1.0, 500.0);
        check(1, 1.0, 500.0);
        check(2, 1.0, 1_000.0);
        check(4, 1.0, 4_000.0);
        check(7, 1.0, 30_000.0);
        check(u32::MAX, 1.0, 30_000.0);
    }

    #[test]
    fn lies_in_the_upper_half() {
        check(1, 0.0, 250.0);
        check(1, 0.5, 375.0);
        check(u32::MAX, 0.0, 15_000.0);
        check(1, -3.0, 250.0);
        check(1, 7.0, 500.0);
    }
}
