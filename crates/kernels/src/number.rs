//! Numbers read from text and written as JavaScript writes them.
//!
//! A number is a finite f64. Whole numbers are read exactly up to 127 bits when written as
//! digits (`18446744073709551615`), and as the nearest f64 when written with a point or an
//! exponent (`5.0`, `1e3`). Written out they have the shortest digits that read back the same.

/// What a text that should be a number turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading<T> {
    /// A number.
    Is(T),
    /// Digits, but not this kind of number: not whole, or not finite.
    IsNot,
    /// No number at all.
    Words,
}

/// Reads a finite number; white space around it is ignored.
pub(crate) fn read(text: &str) -> Reading<f64> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Reading::Is(number),
        Ok(_) => Reading::IsNot,
        Err(_) => Reading::Words,
    }
}

/// Reads a whole number; what is beyond 127 bits reads as the nearest end of that range.
pub(crate) fn read_whole(text: &str) -> Reading<i128> {
    if let Ok(number) = text.trim().parse() {
        return Reading::Is(number);
    }
    match read(text) {
        Reading::Is(number) if number.fract() == 0.0 => Reading::Is(whole(number)),
        Reading::Is(_) | Reading::IsNot => Reading::IsNot,
        Reading::Words => Reading::Words,
    }
}

/// The decimal text of a whole f64 is exact, so this converts without a cast.
fn whole(number: f64) -> i128 {
    let end = if number < 0.0 { i128::MIN } else { i128::MAX };
    format!("{number:.0}").parse().unwrap_or(end)
}

/// Writes a number as JavaScript does: `8`, `0.1`, `1e+21`, `1e-7`; negative zero is `0`.
pub(crate) fn write(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        Some(_) | None => text,
    }
}

/// Converts to the nearest f64; exact up to 2^53.
pub(crate) fn to_f64(number: u64) -> f64 {
    let low = u32::try_from(number & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    let high = u32::try_from(number >> 32).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// Converts a size; one that this machine cannot address becomes the largest it can.
pub(crate) fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_as_javascript_does() {
        let cases = [
            (8.0, "8"),
            (-0.0, "0"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-f64::MAX, "-1.7976931348623157e+308"),
        ];
        for (number, expected) in cases {
            assert_eq!(write(number), expected);
        }
    }

    #[test]
    fn reads_numbers() {
        let cases = [
            (" 5 ", Reading::Is(5.0)),
            ("1e3", Reading::Is(1000.0)),
            ("-.5", Reading::Is(-0.5)),
            ("NaN", Reading::IsNot),
            ("-inf", Reading::IsNot),
            ("1e999", Reading::IsNot),
            ("", Reading::Words),
            ("0x10", Reading::Words),
            ("5 3", Reading::Words),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_whole_numbers() {
        let cases = [
            (" 5 ", Reading::Is(5)),
            ("5.0", Reading::Is(5)),
            ("1e3", Reading::Is(1000)),
            ("-3", Reading::Is(-3)),
            ("18446744073709551615", Reading::Is(18_446_744_073_709_551_615)),
            ("1e300", Reading::Is(i128::MAX)),
            ("-1e300", Reading::Is(i128::MIN)),
            ("5.5", Reading::IsNot),
            ("Infinity", Reading::IsNot),
            ("five", Reading::Words),
        ];
        for (text, expected) in cases {
            assert_eq!(read_whole(text), expected, "{text}");
        }
    }

    #[test]
    fn converts_without_loss() {
        assert_eq!(write(to_f64((1 << 53) - 1)), "9007199254740991");
        assert_eq!(write(to_f64(4_294_967_296)), "4294967296");
        assert_eq!(to_usize(7), 7);
    }
}
