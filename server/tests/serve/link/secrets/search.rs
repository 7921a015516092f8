//! Looks for a secret in every form in which it could have been written down.
//!
//! Text in either case, raw bytes, and base64 of all of these in both alphabets, wherever in a
//! longer base64 text it begins. Everything is searched as Latin-1: one character a byte.

/// Something that nobody may come to know.
pub(super) struct Secret {
    /// What it is.
    pub(super) name: String,
    /// Lower case; found in either case.
    text: String,
    /// Found as they are.
    exact: Vec<String>,
}

impl Secret {
    /// A text, such as an invite's.
    pub(super) fn text(name: &str, text: &str) -> Self {
        let (lower, upper) = (text.to_ascii_lowercase(), text.to_ascii_uppercase());
        let exact = [&lower, &upper].into_iter().flat_map(|text| base64(text.as_bytes())).collect();
        Self { name: name.to_owned(), text: lower, exact }
    }

    /// A key of 64 hex digits.
    pub(super) fn key(name: &str, hex: &str) -> Self {
        assert_eq!(hex.len(), 64, "{name}");
        let raw: Vec<_> =
            (0..32).map(|at| u8::from_str_radix(&hex[2 * at..][..2], 16).unwrap()).collect();
        let mut secret = Self::text(name, hex);
        secret.exact.extend(base64(&raw));
        secret.exact.push(latin(&raw));
        secret
    }

    /// Whether it is there.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        let found = latin(bytes);
        let standard = found.replace('-', "+").replace('_', "/");
        found.to_ascii_lowercase().contains(&self.text)
            || self.exact.iter().any(|form| found.contains(form) || standard.contains(form))
    }
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The characters that are the same in every base64 text with these bytes in it, for each of the
/// three places at which they can begin.
fn base64(bytes: &[u8]) -> [String; 3] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    [0, 1, 2].map(|before| {
        let all = [&[0, 0][..before], bytes].concat();
        let digit = |number: usize| {
            let (at, shift) = (number * 6 / 8, number * 6 % 8);
            let pair = [all[at], all.get(at + 1).copied().unwrap_or_default()];
            let bits = u16::from_be_bytes(pair) >> (10 - shift) & 63;
            char::from(ALPHABET[usize::from(bits)])
        };
        ((before * 8).div_ceil(6)..all.len() * 8 / 6).map(digit).collect()
    })
}

#[test]
fn a_secret_is_found_in_every_form() {
    let hex = "00ff10fbeffe2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db0225";
    let secret = Secret::key("a key", hex);
    // Made elsewhere: base64 of the raw bytes behind 0, 1 and 2 others, and of the hex digits.
    let written = [
        "AP8Q++/+LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiU=",
        "eAD/EPvv/i1xFkK3JrBEAWJ8qfusMvXIUw+xkDzE2wIl",
        "eHgA_xD77_4tcRZCtyawRAFifKn7rDL1yFMPsZA8xNsCJQ",
        "eyJrIjoiMDBmZjEwZmJlZmZlMmQ3MTE2NDJiNzI2YjA0NDAxNjI3Y2E5ZmJhYzMyZjVjODUzMGZiMTkwM2NjNGRiMDIyNSJ9",
        "IHsiayI6IjAwRkYxMEZCRUZGRTJENzExNjQyQjcyNkIwNDQwMTYyN0NBOUZCQUMzMkY1Qzg1MzBGQjE5MDNDQzREQjAyMjUifQ==",
        &hex.to_uppercase(),
    ];
    for text in written {
        assert!(secret.is_in(format!("before {text} behind").as_bytes()), "{text}");
        assert!(!secret.is_in(format!("before {} behind", &text[14..]).as_bytes()), "{text}");
    }
    let raw = b"\x00\xff\x10\xfb\xef\xfe\x2d\x71\x16\x42\xb7\x26\xb0\x44\x01\x62\x7c\xa9\xfb\xac\x32\xf5\xc8\x53\x0f\xb1\x90\x3c\xc4\xdb\x02\x25";
    assert!(secret.is_in(&[b"before", raw.as_slice(), b"behind"].concat()));
    assert!(!secret.is_in(&raw[1..]));
}
