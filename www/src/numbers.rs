//! Numbers as a person reads them: units, thin-space groups, relative times.
//!
//! Groups and units are set off by a narrow no-break space, so that no line breaks inside
//! a number. Times are ms. Absent on purpose: rounding to integers; a float is formatted.

/// Narrow no-break space.
const THIN: char = '\u{202f}';

const SECOND_MS: f64 = 1_000.0;
const MINUTE_MS: f64 = 60.0 * SECOND_MS;
const HOUR_MS: f64 = 60.0 * MINUTE_MS;
const DAY_MS: f64 = 24.0 * HOUR_MS;

/// Writes a whole number in groups of three digits: `1 204`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 6);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// Writes how many of a thing there are: `1 process`, `4 processes`.
pub fn counted(number: u32, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Writes a fraction 0..=1 in percent: `71 %`.
pub fn percent(fraction: f64) -> String {
    format!("{:.0}{THIN}%", (100.0 * fraction).floor().clamp(0.0, 100.0))
}

/// Writes a time span: `0.9 s`, `42 s`, `3 min`, `2 h`.
pub fn span(ms: f64) -> String {
    let ms = ms.max(0.0);
    if ms < 9_950.0 {
        format!("{:.1}{THIN}s", ms / SECOND_MS)
    } else if ms < 59_500.0 {
        format!("{:.0}{THIN}s", ms / SECOND_MS)
    } else {
        coarse(ms)
    }
}

/// Writes how long ago something was: `now`, `5 s ago`, `3 min ago`.
pub fn ago(ms: f64) -> String {
    if ms < 1_500.0 {
        "now".to_owned()
    } else if ms < MINUTE_MS {
        format!("{:.0}{THIN}s ago", (ms / SECOND_MS).floor())
    } else {
        format!("{} ago", coarse(ms))
    }
}

/// Writes how many whole seconds are left, at least 1: `7 s`.
pub fn left(ms: f64) -> String {
    format!("{:.0}{THIN}s", (ms / SECOND_MS).ceil().max(1.0))
}

fn coarse(ms: f64) -> String {
    if ms < HOUR_MS {
        format!("{:.0}{THIN}min", (ms / MINUTE_MS).floor().max(1.0))
    } else if ms < 2.0 * DAY_MS {
        format!("{:.0}{THIN}h", (ms / HOUR_MS).floor())
    } else {
        format!("{:.0} days", (ms / DAY_MS).floor())
    }
}

/// The most workers a page may have.
pub const MOST_WORKERS: u32 = webpool::settings::MAX_WORKERS;

/// How many workers a machine is asked for at first: all cores but one, half of them on a
/// phone; 1..=64.
pub fn default_workers(cores: u32, is_phone: bool) -> u32 {
    let workers = if is_phone { cores / 2 } else { cores.saturating_sub(1) };
    workers.clamp(1, MOST_WORKERS)
}

/// Reads a worker count; `most` is how many there may be.
///
/// # Errors
///
/// The sentence to show when it is no whole number in 1..=most.
pub fn workers(text: &str, most: u32) -> Result<u32, String> {
    let text = text.trim();
    if let Ok(count) = text.parse()
        && (1..=most).contains(&count)
    {
        return Ok(count);
    }
    let fault = match text {
        "" => "The worker count is empty".to_owned(),
        _ => format!("{text} is no worker count"),
    };
    Err(format!("{fault}: write a whole number from 1 to {most}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_204, "1\u{202f}204"),
            (1_000_000, "1\u{202f}000\u{202f}000"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "process", "processes"), "1 process");
        assert_eq!(counted(0, "process", "processes"), "0 processes");
    }

    #[test]
    fn times_have_units() {
        let plain = |text: String| text.replace(THIN, " ");
        for (ms, text) in [
            (0.0, "0.0 s"),
            (2_140.0, "2.1 s"),
            (9_960.0, "10 s"),
            (61_000.0, "1 min"),
            (7.3e6, "2 h"),
        ] {
            assert_eq!(plain(span(ms)), text);
        }
        for (ms, text) in
            [(-5.0, "now"), (5_900.0, "5 s ago"), (180_000.0, "3 min ago"), (4e8, "4 days ago")]
        {
            assert_eq!(plain(ago(ms)), text);
        }
        assert_eq!(plain(left(6_200.0)), "7 s");
        assert_eq!(plain(left(-3.0)), "1 s");
        assert_eq!(plain(percent(0.999)), "99 %");
    }

    #[test]
    fn worker_counts_are_1_to_64() {
        for (cores, is_phone, workers) in [
            (1, false, 1),
            (2, false, 1),
            (8, false, 7),
            (8, true, 4),
            (1, true, 1),
            (128, false, 64),
        ] {
            assert_eq!(default_workers(cores, is_phone), workers, "{cores} {is_phone}");
        }
        assert_eq!(workers(" 64 ", MOST_WORKERS), Ok(64));
        assert!(workers("5", 4).unwrap_err().contains("1 to 4"));
        for text in ["", "0", "65", "2.5", "many"] {
            assert!(workers(text, MOST_WORKERS).unwrap_err().contains("1 to 64"), "{text}");
        }
    }
}
