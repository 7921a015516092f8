//! What time it is: the one place of the program that reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use webpool_colony::Timestamp;

/// The wall clock, in nanoseconds since 1970; never if it is set before that.
pub(crate) fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "a native program has a clock; the ban is wasm's"
    )]
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed
        .ok()
        .and_then(|elapsed| u64::try_from(elapsed.as_nanos()).ok())
        .map_or(Timestamp::NEVER, Timestamp::from_unix_ns)
}

/// The same in whole milliseconds since 1970; 0 if it is set before that.
pub(crate) fn now_ms() -> i64 {
    let since = now().since_unix().unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
