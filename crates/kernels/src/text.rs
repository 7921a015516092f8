//! JSON text made compact or short, without parsing it into values.
//!
//! Working on the text keeps what a parsed value would lose: the order and doubles of keys, all
//! digits of a number. The input is JSON that `serde_json` has already accepted.

const SHOWN_CHARS: usize = 60;

/// Returns `json` without the white space between its tokens.
pub(crate) fn compact(json: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let keep = |c: &char| {
        if !in_string {
            in_string = *c == '"';
            return !c.is_ascii_whitespace();
        }
        in_string = escaped || *c != '"';
        escaped = !escaped && *c == '\\';
        true
    };
    json.chars().filter(keep).collect()
}

/// Returns the first 60 characters of `text`, with an ellipsis where it was cut.
pub(crate) fn shorten(text: &str) -> String {
    let mut rest = text.chars();
    let mut shown: String = rest.by_ref().take(SHOWN_CHARS).collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_drops_white_space_between_tokens_only() {
        let cases = [
            ("[ 1 ,\t2 ]", "[1,2]"),
            (r#"{ "b c" : " x " , "a":1 }"#, r#"{"b c":" x ","a":1}"#),
            (r#"[ "a \" b" , "\\" , " " ]"#, r#"["a \" b","\\"," "]"#),
            ("\"å \u{1f980}\"", "\"å \u{1f980}\""),
            ("null", "null"),
        ];
        for (json, expected) in cases {
            assert_eq!(compact(json), expected, "{json}");
        }
    }

    #[test]
    fn shorten_cuts_between_characters() {
        assert_eq!(shorten("short"), "short");
        assert_eq!(shorten(&"å".repeat(60)), "å".repeat(60));
        assert_eq!(shorten(&"å".repeat(61)), format!("{}…", "å".repeat(60)));
    }
}
