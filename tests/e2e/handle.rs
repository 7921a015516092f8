//! The contract of a worker handle, on both borders: an executor worker held by a page, and a
//! compute worker held by a worker, each behind its own loader.
//!
//! The rig of `tests/handle` tries each case on both and says what was heard; here it is judged.
//! The fifth promise, a place refilled with a fresh worker, is its holder's: see `replaced` and
//! `crash`.

mod files;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fantoccini::Locator;
use serde_json::Value;

use self::files::Files;
use crate::harness::{Browser, Kind};

/// How long all cases of one test may take.
const LONGEST: Duration = Duration::from_secs(90);
/// Where a worker may be held.
const BORDERS: [&str; 2] = ["page", "nested"];

/// Tries the cases; no error may reach the page or its console.
async fn try_cases(cases: &[&str]) -> Result<Value> {
    let files = Files::serve()?;
    let browser = Browser::start(Kind::Chromium, &[]).await?;
    browser.tab.goto(&files.page(cases)).await?;
    let done = Locator::Css("#result[data-done]");
    let result = browser.tab.wait().at_most(LONGEST).for_element(done).await?.text().await?;
    let console = browser.take_console().await?;
    ensure!(console.is_empty(), "the console shows {console:?}");
    let result: Value = serde_json::from_str(&result)?;
    let errors = result.get("errors").with_context(|| result.to_string())?;
    ensure!(errors.as_array().is_some_and(Vec::is_empty), "errors reached the page: {errors}");
    Ok(result)
}

/// What came of a case on one border.
fn outcome<'a>(result: &'a Value, border: &str, case: &str) -> Result<&'a Value> {
    let outcome = result.get(border).and_then(|cases| cases.get(case));
    outcome.with_context(|| format!("{border}, {case}: no outcome in {result}"))
}

/// Checks what was heard, in order: each entry contains the text that was expected, and no more
/// was heard.
fn check(result: &Value, case: &str, expected: &[&str]) -> Result<()> {
    for border in BORDERS {
        let heard = outcome(result, border, case)?.get("heard").and_then(Value::as_array);
        let heard = heard.with_context(|| format!("{border}, {case}: heard nothing"))?;
        let is_as_expected = heard.len() == expected.len()
            && heard.iter().zip(expected).all(|(words, expected)| {
                words.as_str().is_some_and(|words| words.contains(expected))
            });
        ensure!(is_as_expected, "{border}, {case}: heard {heard:?} instead of {expected:?}");
    }
    Ok(())
}

/// Checks one field of the outcome.
fn check_field(
    result: &Value,
    case: &str,
    field: &str,
    is_good: impl Fn(&Value) -> bool,
) -> Result<()> {
    for border in BORDERS {
        match outcome(result, border, case)?.get(field) {
            Some(value) if is_good(value) => {}
            found => bail!("{border}, {case}: {field} is {found:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_is_ready_or_crashed_in_time() -> Result<()> {
    let cases = ["good", "missing", "hang", "silent", "babble", "early", "other", "boot"];
    let result = try_cases(&cases).await?;
    check(&result, "good", &["ready", "message: hello"])?;
    check(&result, "missing", &["missing.js cannot be loaded"])?;
    check(&result, "hang", &["crashed: the worker did not start within 500 ms"])?;
    check(&result, "silent", &["crashed: the worker did not start within 500 ms"])?;
    check(&result, "babble", &["crashed: the worker sent a message that cannot be read"])?;
    check(&result, "early", &["crashed: the worker sent a message before it was ready"])?;
    check(&result, "other", &["outdated: the worker is of build another, its parent of build"])?;
    check(&result, "boot", &["worker cannot start: TypeError"])
}

#[tokio::test]
async fn whatever_ends_a_worker_is_told_with_its_text() -> Result<()> {
    let result = try_cases(&["panic", "trap", "throw", "reject", "panics"]).await?;
    check(&result, "panic", &["ready", "panicked on purpose"])?;
    check(&result, "trap", &["ready", "unreachable"])?;
    check(&result, "throw", &["ready", "thrown on purpose"])?;
    check(&result, "reject", &["ready", "rejected on purpose"])?;
    check(&result, "panics", &["panicked on purpose"; 100])
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_a_crash() -> Result<()> {
    let result = try_cases(&["garble", "lent"]).await?;
    let crash = "crashed: the worker sent a message that cannot be read";
    check(&result, "garble", &["ready", crash])?;
    check(&result, "lent", &["ready", "message: hello", "later", crash])?;
    check_field(&result, "lent", "is_cleared", |is_cleared| is_cleared == true)
}

#[tokio::test]
async fn a_dropped_handle_is_deaf_at_once() -> Result<()> {
    let cases =
        ["flood", "drop_at_ready", "drop_at_message", "drop_at_crash", "yield", "loop", "retire"];
    let result = try_cases(&cases).await?;
    check_field(&result, "flood", "after", |after| after == 0)?;
    check_field(&result, "drop_at_ready", "heard", |heard| heard == 1)?;
    check_field(&result, "drop_at_message", "last", |last| last == "message: 10")?;
    check_field(&result, "drop_at_crash", "last", |last| {
        last.as_str().is_some_and(|last| last.contains("panicked on purpose"))
    })?;
    check(&result, "yield", &["ready", "message: held"])?;
    check(&result, "loop", &["ready", "message: held"])?;
    check(&result, "retire", &["ready", "message: held"])?;
    // Measured: 8 ms and 2 s; the rest is for a busy machine.
    check_field(&result, "yield", "gone_ms", |ms| ms.as_f64().is_some_and(|ms| ms < 1_000.0))?;
    check_field(&result, "loop", "gone_ms", |ms| ms.as_f64().is_some_and(|ms| ms < 5_000.0))?;
    check_field(&result, "retire", "gone_ms", |ms| ms.as_f64().is_some_and(|ms| ms < 3_000.0))
}
