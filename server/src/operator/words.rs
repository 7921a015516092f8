//! Times and numbers as the operator reads them.

use maud::{Markup, html};

use crate::invite::moment;

/// A second, and what is said in larger units, in ms.
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// From where on a unit is used: a day and a half is better said in hours.
const FROM_DAYS: i64 = 2 * DAY;

/// A length of time in one unit, such as `12 s` or `6 days`.
fn length(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < MINUTE => format!("{} s", ms / SECOND),
        ms if ms < HOUR => format!("{} min", ms / MINUTE),
        ms if ms < FROM_DAYS => format!("{} h", ms / HOUR),
        ms => format!("{} days", ms / DAY),
    }
}

/// How long ago something was; the exact time is its title.
pub(super) fn ago(at_ms: i64, now_ms: i64) -> Markup {
    time(at_ms, &format!("{} ago", length(now_ms.saturating_sub(at_ms))))
}

/// How long something has been so.
pub(super) fn since(at_ms: i64, now_ms: i64) -> Markup {
    time(at_ms, &format!("for {}", length(now_ms.saturating_sub(at_ms))))
}

/// When something will be, or how long ago it was. A week that has just begun is still a week.
pub(super) fn around(at_ms: i64, now_ms: i64) -> Markup {
    if at_ms <= now_ms {
        return ago(at_ms, now_ms);
    }
    let ms = at_ms.saturating_sub(now_ms).saturating_add(MINUTE);
    time(at_ms, &format!("in {}", length(ms)))
}

fn time(at_ms: i64, text: &str) -> Markup {
    let exact = moment(at_ms);
    html! { time datetime=(exact) title=(exact) { (text) } }
}

/// A number in groups of three digits, with thin spaces between them.
pub(super) fn number(count: impl TryInto<u64>) -> String {
    let digits = count.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// A number of things, in words.
pub(super) fn count(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", number(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_one_unit() {
        let cases = [
            (-5, "0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_599_999, "59 min"),
            (3_600_000, "1 h"),
            (47 * HOUR, "47 h"),
            (48 * HOUR, "2 days"),
            (400 * DAY, "400 days"),
        ];
        for (ms, text) in cases {
            assert_eq!(length(ms), text, "{ms}");
        }
    }

    #[test]
    fn times_have_the_exact_one_in_their_title() {
        let markup = around(1_800_000_000_000, 1_799_999_990_000).into_string();
        assert!(markup.contains("title=\"2027-01-15T08:00:00Z\">in 1 min<"), "{markup}");
        assert!(around(1000, 4000).into_string().contains(">3 s ago<"));
    }

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(number(0_u32), "0");
        assert_eq!(number(999_u32), "999");
        assert_eq!(number(1_234_567_u32), "1\u{2009}234\u{2009}567");
        assert_eq!(
            (count(1, "executor", "executors"), count(0, "x", "xs")),
            ("1 executor".to_owned(), "0 xs".to_owned())
        );
    }
}
