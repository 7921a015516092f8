//! Sizes as conditions and polls name them: `500m` of a processor, `2Gi` of memory.
//!
//! Processors are counted in thousandths, memory in bytes. A processor size without the final `m`
//! counts as 0, an empty size is 0; both as the reference server has it. Conditions are written back
//! as whole `m` and `Mi`, rounded down.

use crate::error::Refusal;

/// Bytes in one `Mi`.
const MEBI: i64 = 1 << 20;

/// Units of memory with their bytes; a longer unit stands before the one it ends with.
const UNITS: [(&str, i64); 17] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Kb", 1_000),
    ("Mb", 1_000_000),
    ("Gb", 1_000_000_000),
    ("Tb", 1_000_000_000_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("TB", 1_000_000_000_000),
    ("K", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
];

/// Reads a processor size, in thousandths of a processor.
pub(crate) fn cpu_from_text(text: &str) -> Result<i64, Refusal> {
    match text.strip_suffix('m') {
        Some(digits) => digits.parse().map_err(|_| Refusal::bad("Error converting CPU to int")),
        None => Ok(0),
    }
}

/// Reads a memory size, in bytes.
pub(crate) fn memory_from_text(text: &str) -> Result<i64, Refusal> {
    if text.is_empty() {
        return Ok(0);
    }
    if text.ends_with("GB") {
        return Err(not_a_number(text));
    }
    let split = |(unit, bytes): &(&str, i64)| Some((text.strip_suffix(unit)?, *bytes));
    let (digits, bytes) = UNITS.iter().find_map(split).unwrap_or(("", 1));
    let count: i64 = digits.parse().map_err(|_| not_a_number(digits))?;
    Ok(count.saturating_mul(bytes))
}

/// Writes a processor size.
pub(crate) fn cpu_to_text(thousandths: i64) -> String {
    format!("{thousandths}m")
}

/// Writes a memory size in whole `Mi`.
pub(crate) fn memory_to_text(bytes: i64) -> String {
    format!("{}Mi", bytes / MEBI)
}

fn not_a_number(text: &str) -> Refusal {
    let reason = format!("strconv.ParseInt: parsing \"{text}\": invalid syntax");
    Refusal::bad(format!("error converting memory to int: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_sizes() {
        for (text, thousandths) in [("500m", 500), ("", 0), ("2", 0), ("-5m", -5)] {
            assert_eq!(cpu_from_text(text), Ok(thousandths), "{text}");
        }
        assert_eq!(cpu_from_text("-9223372036854775808m"), Ok(i64::MIN));
        for text in ["xm", "1.5m", "m"] {
            assert_eq!(cpu_from_text(text).unwrap_err().message, "Error converting CPU to int");
        }
    }

    #[test]
    fn memory_sizes() {
        let cases = [
            ("10Gi", "10240Mi"),
            ("1000Mi", "1000Mi"),
            ("1000K", "0Mi"),
            ("", "0Mi"),
            ("-2Mi", "-2Mi"),
        ];
        for (text, written) in cases {
            assert_eq!(memory_to_text(memory_from_text(text).unwrap()), written, "{text}");
        }
        for (text, quoted) in
            [("10", ""), ("x", ""), ("10Ti", ""), ("1GB", "1GB"), ("1.5Gi", "1.5")]
        {
            let message = memory_from_text(text).unwrap_err().message;
            assert!(message.contains(&format!("parsing \"{quoted}\"")), "{text}: {message}");
        }
    }
}
