//! The two clocks of this worker: one that never jumps, and the time of day.

use std::time::Duration;

use webpool_executor::Now;

use crate::report::scope;

/// Reads both clocks.
pub(crate) fn now() -> Now {
    let mono_ms = scope().performance().map_or(0.0, |performance| performance.now());
    Now { mono: from_ms(mono_ms), wall: from_ms(js_sys::Date::now()) }
}

/// A time of the browser, in ms; what is no time counts as none.
pub(crate) fn from_ms(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}

/// A time for the browser, in ms.
pub(crate) fn to_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A delay for a timer: whole ms, rounded up so that it is not too early.
pub(crate) fn delay_ms(time: Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u32::MAX >> 1)
}
