//! Halves of characters in JSON, brought to what the reference server reads.
//!
//! `\ud83d\ude00` in a JSON string is one character in two escapes. One half without the other is
//! no character: the reference server's decoder reads U+FFFD for it, the one used here would refuse
//! the whole text. So such escapes are rewritten before anything is read.

use std::borrow::Cow;

/// How long an escape is: `\u` and four hexadecimal digits.
const ESCAPE_BYTES: usize = 6;

/// What half a character is read as.
const REPLACEMENT: &str = "\\ufffd";

/// Rewrites escapes of lone halves as the escape of U+FFFD; a text without any is passed through.
pub(crate) fn replace_lone(json: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at.saturating_add(found);
        let (length, is_lone) = match half(json, start) {
            Some(Half::Leading) if half(json, start + ESCAPE_BYTES) == Some(Half::Trailing) => {
                (2 * ESCAPE_BYTES, false)
            }
            Some(Half::Leading | Half::Trailing) => (ESCAPE_BYTES, true),
            None => (2, false),
        };
        at = start.saturating_add(length);
        if is_lone {
            mended.push_str(json.get(copied..start).unwrap_or_default());
            mended.push_str(REPLACEMENT);
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    mended.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// One of the two escapes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Leading,
    Trailing,
}

/// Which half the escape at `start` is, if it is one.
fn half(json: &str, start: usize) -> Option<Half> {
    let digits = json.get(start..start.checked_add(ESCAPE_BYTES)?)?.strip_prefix("\\u")?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::Leading),
        0xdc00..=0xdfff => Some(Half::Trailing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_halves_become_replacement_characters() {
        let cases = [
            (r#"["\ud800"]"#, r#"["\ufffd"]"#),
            (r#"["a\uDFFFb"]"#, r#"["a\ufffdb"]"#),
            (r#"["\ud800\ud800\udc00"]"#, r#"["\ufffd\ud800\udc00"]"#),
            (r#"["\udc00\ud800"]"#, r#"["\ufffd\ufffd"]"#),
            (r#"["\ud800\n\\\udbff"]"#, r#"["\ufffd\n\\\ufffd"]"#),
            (r#"{"\ud83d":1}"#, r#"{"\ufffd":1}"#),
        ];
        for (json, mended) in cases {
            assert_eq!(replace_lone(json), mended, "{json}");
            assert!(serde_json::from_str::<serde_json::Value>(&replace_lone(json)).is_ok());
        }
    }

    #[test]
    fn anything_else_is_left_alone() {
        for json in [
            "",
            r#"["\ud83d\ude00","\\ud800","\u00e4","é\u"]"#,
            r#"["\ud8"#,
            r#"["\ud80é00"#,
            r#"["\u+d80"]"#,
            "\\",
        ] {
            assert!(matches!(replace_lone(json), Cow::Borrowed(text) if text == json), "{json}");
        }
    }
}
