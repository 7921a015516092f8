//! The arguments of a call as a person writes them: a JSON array, or words as in a shell.
//!
//! Words are separated by white space and become strings. `'…'` keeps everything, `"…"`
//! keeps everything but `\"` and `\\`, and `\` before any other character keeps that one.
//! What begins with `[` is JSON and goes on as it was written, so that no digit is lost.

/// How JSON is judged: `Ok` with what kind of value it is, or the reason why it is none.
pub type Judge = fn(&str) -> Result<Kind, String>;

/// What a JSON text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `[…]`
    Array,
    /// `{…}`
    Object,
    /// Anything else.
    Other,
}

/// Reads arguments by position and returns the text of a JSON array.
///
/// # Errors
///
/// A sentence that says what was wrong, where, and what is allowed.
pub fn read(text: &str, judge: Judge) -> Result<String, String> {
    let text = text.trim();
    if !text.starts_with('[') {
        return Ok(to_json(&words(text)?));
    }
    match judge(text) {
        Ok(Kind::Array) => Ok(text.to_owned()),
        Ok(Kind::Object | Kind::Other) => Err("The arguments are no JSON array.".to_owned()),
        Err(reason) => Err(format!(
            "The arguments begin with [ but are no JSON array: {reason}. Write one such as \
             [5, \"three\"], or plain words."
        )),
    }
}

/// Reads arguments by name and returns the text of a JSON object; nothing is an empty one.
///
/// # Errors
///
/// A sentence that says what was wrong and what is allowed.
pub fn read_named(text: &str, judge: Judge) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok("{}".to_owned());
    }
    let wanted = "Write a JSON object such as {\"name\": \"World\"}, or leave it empty.";
    match judge(text) {
        Ok(Kind::Object) => Ok(text.to_owned()),
        Ok(Kind::Array | Kind::Other) => {
            Err(format!("The named arguments are JSON, but no object. {wanted}"))
        }
        Err(reason) => Err(format!("The named arguments are no JSON: {reason}. {wanted}")),
    }
}

/// Splits a text into words as a shell does.
///
/// # Errors
///
/// A sentence that says which quote is not closed.
pub fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.chars().enumerate();
    while let Some((place, letter)) = rest.next() {
        match letter {
            '\'' | '"' => {
                let inside = quoted(&mut rest, letter).ok_or_else(|| {
                    format!(
                        "The quote {letter} at character {} is never closed. Close it, or write \
                         \\{letter} for the sign itself.",
                        place + 1
                    )
                })?;
                word.get_or_insert_default().push_str(&inside);
            }
            '\\' => {
                let kept = rest.next().map_or('\\', |(_, kept)| kept);
                word.get_or_insert_default().push(kept);
            }
            space if space.is_whitespace() => words.extend(word.take()),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Takes what stands before the closing quote; none if there is no closing quote.
fn quoted(rest: &mut impl Iterator<Item = (usize, char)>, quote: char) -> Option<String> {
    let mut inside = String::new();
    loop {
        let (_, letter) = rest.next()?;
        if letter == quote {
            return Some(inside);
        }
        if letter == '\\' && quote == '"' {
            let (_, next) = rest.next()?;
            if next != '"' && next != '\\' {
                inside.push('\\');
            }
            inside.push(next);
        } else {
            inside.push(letter);
        }
    }
}

/// Writes words as a JSON array of strings.
fn to_json(words: &[String]) -> String {
    let items: Vec<String> = words.iter().map(|word| string(word)).collect();
    format!("[{}]", items.join(","))
}

fn string(word: &str) -> String {
    let mut text = String::with_capacity(word.len() + 2);
    text.push('"');
    for letter in word.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            control if control < ' ' => {
                text.extend(format!("\\u{:04x}", u32::from(control)).chars());
            }
            plain => text.push(plain),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Result<Kind, String> {
        match (text.chars().next(), text.chars().last()) {
            (Some('['), Some(']')) => Ok(Kind::Array),
            (Some('{'), Some('}')) => Ok(Kind::Object),
            (Some('0'..='9'), _) => Ok(Kind::Other),
            _ => Err("unexpected end".to_owned()),
        }
    }

    #[test]
    fn words_become_strings() {
        for (text, json) in [
            ("", "[]"),
            ("  5   3 ", r#"["5","3"]"#),
            ("'Hello from' \"the \\\"browser\\\"\"", r#"["Hello from","the \"browser\""]"#),
            (r"a\ b ''", r#"["a b",""]"#),
            (r#""C:\dir""#, r#"["C:\\dir"]"#),
            ("x'y z'w", r#"["xy zw"]"#),
            ("a\u{1}", r#"["a\u0001"]"#),
            (r"end\", r#"["end\\"]"#),
        ] {
            assert_eq!(read(text, judge).as_deref(), Ok(json), "{text}");
        }
    }

    #[test]
    fn json_goes_on_as_it_was_written() {
        let text = "[12345678901234567890, null]";
        assert_eq!(read(text, judge).as_deref(), Ok(text));
        assert_eq!(read_named("  ", judge).as_deref(), Ok("{}"));
        assert_eq!(read_named("{\"a\":1}", judge).as_deref(), Ok("{\"a\":1}"));
    }

    #[test]
    fn errors_say_what_and_where() {
        assert!(read("say 'it", judge).unwrap_err().contains("' at character 5 is never closed"));
        assert!(read("[1, 2", judge).unwrap_err().contains("no JSON array: unexpected end."));
        assert!(read_named("7", judge).unwrap_err().contains("but no object"));
        assert!(read_named("a=1", judge).unwrap_err().contains("unexpected end"));
    }
}
