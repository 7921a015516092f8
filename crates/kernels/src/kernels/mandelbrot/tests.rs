//! Tests of `mandelbrot`: known counts, a checksum, rows in parts, limits.

use crate::tests::{check, check_error, output};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const VIEW: &str = "-0.5, 0, 3, 64, 48, 1000";

fn counts(args: &str) -> Vec<u16> {
    let json: Value = serde_json::from_str(&output("mandelbrot", args, "")).unwrap();
    let data = STANDARD.decode(json["data"].as_str().unwrap()).unwrap();
    let counts: Vec<_> = data.chunks(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
    let pixels = json["width"].as_u64().unwrap() * json["rows"].as_u64().unwrap();
    assert_eq!(u64::try_from(counts.len()).unwrap(), pixels);
    counts
}

/// FNV-1a over the counts: one changed count changes it.
fn checksum(counts: &[u16]) -> u64 {
    counts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, count| {
        (hash ^ u64::from(*count)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn one_pixel() {
    let of =
        |data: &str| format!(r#"{{"width":1,"height":1,"row_from":0,"rows":1,"data":"{data}"}}"#);
    // c = 0 stays: 1000 is 0x03e8; c = 2 is 0, 2, 6: outside after 2 steps; c = 3 after 1.
    check("mandelbrot", "[0, 0, 1, 1, 1, 1000]", &of("6AM="));
    check("mandelbrot", "[2, 0, 1, 1, 1, 1000]", &of("AgA="));
    check("mandelbrot", r#"["3", "0", "1", "1", "1", "1000"]"#, &of("AQA="));
}

/// The numbers were computed by a second implementation, straight from the module doc.
#[test]
fn the_picture_has_known_bits() {
    let counts = counts(&format!("[{VIEW}]"));
    assert_eq!(counts.iter().filter(|count| **count == 1000).count(), 690);
    assert_eq!(checksum(&counts), 0xa490_0862_b1ac_01dd);
}

#[test]
fn base64_is_padded_at_the_end_only() {
    assert!(counts("[0, 0, 0.1, 100, 100, 7]") == vec![7; 10_000]);
}

#[test]
fn row_0_is_the_top() {
    assert_eq!(
        counts("[0, 1, 2, 1, 2, 9]"),
        [counts("[0, 2, 2, 1, 1, 9]"), counts("[0, 0, 2, 1, 1, 9]")].concat()
    );
}

#[test]
fn rows_are_the_same_bits_however_they_are_split() {
    let parts = ["0, 1", "1, 17", "17, 48"].map(|rows| counts(&format!("[{VIEW}, {rows}]")));
    assert_eq!(parts.concat(), counts(&format!("[{VIEW}]")));
    assert_eq!(parts[0].len(), 64);
    assert_eq!(counts(&format!("[{VIEW}, 47, null]")).len(), 64);
}

#[test]
fn refuses_what_is_out_of_reach() {
    let cases = [
        ("[0, 0, 0, 1, 1, 1]", "argument width_re of mandelbrot: 0 is outside 1e-15..=100"),
        ("[0, 0, 1, 0, 1, 1]", "argument width of mandelbrot: 0 is outside 1..=65535"),
        (
            "[0, 0, 1, 1, 1, 65536]",
            "argument max_iterations of mandelbrot: 65536 is outside 1..=65535",
        ),
        ("[0, 0, 1, 1, 9, 1, 9]", "argument row_from of mandelbrot: 9 is outside 0..=8"),
        ("[0, 0, 1, 1, 9, 1, 4, 4]", "argument row_to of mandelbrot: 4 is outside 5..=9"),
        (
            "[0, 0, 1, 65535, 65535, 1]",
            "mandelbrot: 65535 rows of 65535 pixels are more than 4194304 pixels; \
             ask for fewer rows with row_from and row_to",
        ),
    ];
    for (args, expected) in cases {
        check_error("mandelbrot", args, "", expected);
    }
}
