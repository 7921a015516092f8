//! Sentences of the activity log and of what stands in the way: plain words for a person.
//!
//! The server's own words come after ours. Reasons are taken with or without a full stop.

use std::fmt::Write as _;

use webpool_wire::link::RefusalCode;
use webpool_wire::{Level, Outcome, Reload, Trouble};

use crate::settings::Settings;

/// Says what stands in the way of a pool with these settings, and what to do.
pub(crate) fn trouble(trouble: Trouble, reason: &str, settings: &Settings) -> String {
    let host = settings.server_host();
    let reason = bare(reason);
    match trouble {
        Trouble::Unreachable => {
            format!("Cannot reach {host}: {reason}. Every worker tries again by itself.")
        }
        Trouble::Forbidden => {
            format!("The browser does not let this page reach {host}: {reason}.")
        }
        Trouble::Refused if settings.pass.is_some() => {
            format!("{host} refused what this page asked for: {reason}.")
        }
        Trouble::Refused => format!(
            "The colony refused this key: {reason}. Check the colony private key and start again."
        ),
        Trouble::NoColony => format!(
            "There is no colony {} at {host}: {reason}. Check its name and start again.",
            settings.colony
        ),
        Trouble::BadKey => {
            format!("The colony private key is no key: {reason}. Check it and start again.")
        }
        Trouble::Crashed if is_out_of_room(reason) => format!(
            "This browser has no room for another worker: {reason}. The others work on; choose \
             fewer workers."
        ),
        Trouble::Crashed => format!(
            "The workers crashed again and again: {reason}. Reload this page and start again."
        ),
        Trouble::Outdated => format!(
            "This page and its workers are of different versions: {reason}. Reload this page."
        ),
        Trouble::NotLoaded => format!(
            "A part of this page cannot be loaded: {reason}. Check the connection and start again."
        ),
        Trouble::Barred(RefusalCode::NoVisitors) => {
            format!("{host} takes no work from visitors: {reason}.")
        }
        Trouble::Barred(_) => format!("{host} does not let this page in: {reason}."),
    }
}

/// Whether the browser refuses a module its memory. Chromium reserves 8 GiB of a process's 1 TiB for
/// each, so that 124 fit into a page: <https://v8.dev/blog/sandbox>.
fn is_out_of_room(reason: &str) -> bool {
    reason.contains("Cannot allocate Wasm memory")
}

/// Says how a process ended, and how much that matters.
pub(crate) fn closed(function: &str, outcome: &Outcome, elapsed_ms: f64) -> (Level, String) {
    let time = duration(elapsed_ms);
    match outcome {
        Outcome::Succeeded => (Level::Info, format!("{function} is done after {time}.")),
        Outcome::Failed { reason } => {
            (Level::Warning, format!("{function} failed after {time}: {}.", bare(reason)))
        }
        Outcome::Cancelled => {
            (Level::Info, format!("{function} was called off after {time} by who submitted it."))
        }
        Outcome::Expired => (
            Level::Warning,
            format!(
                "{function} was ended after {time}: its time was up. The server hands it on, or fails it."
            ),
        ),
        Outcome::Discarded { reason } => {
            (Level::Warning, format!("The result of {function} was thrown away: {}.", bare(reason)))
        }
        Outcome::Unheard { reason } => {
            let reason = bare(reason);
            let text =
                format!("Whether the server has the result of {function} is not known: {reason}.");
            (Level::Warning, text)
        }
        Outcome::GivenBack => (Level::Info, given_back(function)),
    }
}

/// Says that an unfinished process went back to the colony.
pub(crate) fn given_back(function: &str) -> String {
    format!("{function} was given back to the colony unfinished.")
}

/// Says that the server has another build of this page, and what to do.
pub(crate) fn other_build(build: &str, reload: &Reload) -> String {
    let what = format!("The server has another version of this page ({build})");
    match reload {
        Reload::Once { tried } if tried == build => format!(
            "{what}, which did not come although this page was loaded anew: something on the way \
             keeps the old one. Clear the browser's cache for this page and reload."
        ),
        Reload::Once { .. } | Reload::Never => format!("{what}: reload to use it."),
    }
}

/// Says that the page is about to be loaded anew, and why.
pub(crate) fn renewing(build: &str) -> String {
    format!(
        "A process needs a function that this page does not have, and was given back: another \
         version of the page ({build}) may have it. What runs here ends, then this page loads \
         itself anew and goes on."
    )
}

/// Says that a pool starts.
pub(crate) fn starting(settings: &Settings) -> String {
    let workers = count(settings.workers, "worker", "workers");
    format!("Starting {workers} for {} at {}.", settings.colony, settings.server_host())
}

/// Says that a pool has another size now.
pub(crate) fn resized(was: u32, workers: u32) -> String {
    let (change, by) =
        if workers > was { ("more", workers - was) } else { ("fewer", was - workers) };
    format!("{} now, {by} {change} than before.", count(workers, "worker", "workers"))
}

/// Says that the pool ends what runs.
pub(crate) fn finishing(running: usize) -> String {
    match u32::try_from(running).unwrap_or(u32::MAX) {
        0 => "Stopping: nothing runs.".to_owned(),
        running => format!("Finishing {}, then stopping.", count(running, "process", "processes")),
    }
}

/// Says that the pool has stopped.
pub(crate) fn stopped(given_back: u32) -> String {
    let mut text = "Stopped.".to_owned();
    if given_back > 0 {
        let what = count(given_back, "unfinished process", "unfinished processes");
        let were = if given_back == 1 { "was" } else { "were" };
        write!(text, " {what} {were} given back to the colony.").unwrap_or_default();
    }
    text
}

/// Says that a worker crashed, and when another one comes (`retry_in_ms`), if one does.
pub(crate) fn crashed(reason: &str, retry_in_ms: Option<f64>) -> String {
    let reason = bare(reason);
    match retry_in_ms {
        Some(ms) => format!("A worker ended: {reason}. A fresh one starts in {}.", duration(ms)),
        None => format!("A worker ended: {reason}."),
    }
}

/// A number with its noun.
fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A reason without its full stop.
fn bare(reason: &str) -> &str {
    let reason = reason.trim().trim_end_matches('.');
    if reason.is_empty() { "no reason was given" } else { reason }
}

/// A time in the unit that suits it.
fn duration(ms: f64) -> String {
    if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 59_950.0 {
        format!("{:.1} s", ms / 1_000.0)
    } else {
        let seconds = (ms / 1_000.0).round();
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use webpool_wire::Pass;

    #[test]
    fn times_have_the_unit_that_suits() {
        for (ms, text) in [
            (0.4, "0 ms"),
            (340.0, "340 ms"),
            (999.6, "1.0 s"),
            (2_140.0, "2.1 s"),
            (59_960.0, "1 min 0 s"),
            (200_000.0, "3 min 20 s"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        assert_eq!(stopped(0), "Stopped.");
        assert_eq!(stopped(1), "Stopped. 1 unfinished process was given back to the colony.");
        assert_eq!(stopped(4), "Stopped. 4 unfinished processes were given back to the colony.");
        assert_eq!(finishing(3), "Finishing 3 processes, then stopping.");
        assert_eq!(finishing(1), "Finishing 1 process, then stopping.");
    }

    #[test]
    fn quotes_the_server_once_and_with_one_full_stop() {
        let text = trouble(Trouble::Refused, "Access denied.", &Settings::default());
        assert!(text.starts_with("The colony refused this key: Access denied. Check"), "{text}");
        assert_eq!(crashed(" ", None), "A worker ended: no reason was given.");
    }

    #[test]
    fn who_has_no_room_is_told_to_choose_fewer_workers() {
        let reason =
            "RangeError: WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory";
        let text = trouble(Trouble::Crashed, reason, &Settings::default());
        assert!(text.ends_with("The others work on; choose fewer workers."), "{text}");
    }

    #[test]
    fn who_has_no_key_is_not_told_to_check_it() {
        let linked = Settings {
            server_url: "https://pool.example.org".to_owned(),
            pass: Some(Pass::default()),
            ..Settings::default()
        };
        assert_eq!(
            trouble(Trouble::Refused, "no", &linked),
            "pool.example.org refused what this page asked for: no."
        );
        assert_eq!(
            trouble(Trouble::Barred(RefusalCode::NoVisitors), "no", &linked),
            "pool.example.org takes no work from visitors: no."
        );
    }
}
