//! Waiting for a condition, up to a limit.

use std::fmt::{Debug, Display};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// Between two looks, at first and at most: a look takes computing time from what is looked at.
const PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// What part of the time so far the next pause is.
const PART: u32 = 16;

/// What a look found.
#[derive(Debug)]
pub enum Look<T> {
    /// The condition holds.
    There(T),
    /// It does not; this is how things stand.
    NotYet(String),
}

impl Look<()> {
    /// There if `actual` is what is wanted.
    pub fn is<T: PartialEq + Debug>(actual: &T, wanted: &T) -> Self {
        if actual == wanted {
            Self::There(())
        } else {
            Self::NotYet(format!("{actual:?} instead of {wanted:?}"))
        }
    }
}

impl<T> Look<T> {
    /// There if something was found.
    pub fn at(found: Option<T>, otherwise: impl Display) -> Self {
        found.map_or_else(|| Self::NotYet(otherwise.to_string()), Self::There)
    }
}

/// Looks again and again until the condition holds, less often the longer it takes; it is looked at
/// least twice.
///
/// # Errors
///
/// After `within`, with what the last look found; or the look's own, at once.
pub async fn until<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Result<Look<T>>,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        let is_last = begun.elapsed() > within;
        match look().await? {
            Look::There(found) => return Ok(found),
            Look::NotYet(seen) if is_last => bail!("{what}: not within {within:?}, but {seen}"),
            Look::NotYet(_) => sleep((begun.elapsed() / PART).clamp(PAUSE, LONGEST_PAUSE)).await,
        }
    }
}

/// Looks again and again for `during`: the condition must hold every time.
///
/// # Errors
///
/// With what a look found instead; or the look's own.
pub async fn stays(
    what: &str,
    during: Duration,
    mut look: impl AsyncFnMut() -> Result<Look<()>>,
) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < during {
        if let Look::NotYet(seen) = look().await? {
            bail!("{what}: not for {during:?}, but {seen}");
        }
        sleep(PAUSE).await;
    }
    Ok(())
}
