//! What a function puts out: one string today.
//!
//! One value is put out bare; several are a JSON object whose keys keep the order they were
//! given in. Numbers are written as JavaScript writes them.

use crate::error::Error;
use crate::number;
use serde_json::Value;
use std::fmt::Write as _;

/// The result of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output(String);

/// One value of an object that is put out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    /// A count or a size.
    Whole(u64),
    /// A finite number.
    Number(f64),
    /// A text; it is quoted and escaped.
    Text(&'a str),
}

impl Output {
    /// Puts out a text as it is.
    pub fn text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Puts out the number that `function` has computed.
    ///
    /// # Errors
    ///
    /// [`Error::Overflow`] if it is infinite or not a number.
    ///
    /// # Examples
    ///
    /// ```
    /// use webpool_kernels::Output;
    /// assert_eq!(Output::number("add", 5.0 + 3.0)?.into_strings(), ["8"]);
    /// assert!(Output::number("add", f64::MAX + f64::MAX).is_err());
    /// # Ok::<(), webpool_kernels::Error>(())
    /// ```
    pub fn number(function: &'static str, value: f64) -> Result<Self, Error> {
        if value.is_finite() {
            Ok(Self(number::write(value)))
        } else {
            Err(Error::Overflow { function })
        }
    }

    /// Puts out a JSON object with these fields, in this order.
    ///
    /// # Examples
    ///
    /// ```
    /// use webpool_kernels::{Field, Output};
    /// let output = Output::object(&[("hits", Field::Whole(3)), ("by", Field::Text("me"))]);
    /// assert_eq!(output.into_strings(), [r#"{"hits":3,"by":"me"}"#]);
    /// ```
    pub fn object(fields: &[(&str, Field<'_>)]) -> Self {
        let sizes = fields.iter().map(|(name, field)| name.len() + size_hint(*field));
        let mut json = String::with_capacity(sizes.sum());
        json.push('{');
        for (name, field) in fields {
            if json.len() > 1 {
                json.push(',');
            }
            push(&mut json, Field::Text(name));
            json.push(':');
            push(&mut json, *field);
        }
        json.push('}');
        Self(json)
    }

    /// Returns the strings a process puts out.
    pub fn into_strings(self) -> Vec<String> {
        vec![self.0]
    }
}

fn push(json: &mut String, field: Field<'_>) {
    let written = match field {
        Field::Whole(value) => write!(json, "{value}"),
        Field::Number(value) => write!(json, "{}", number::write(value)),
        Field::Text(text) if is_plain(text) => write!(json, "\"{text}\""),
        Field::Text(text) => write!(json, "{}", Value::from(text)),
    };
    debug_assert!(written.is_ok(), "writing to a String does not fail");
}

/// Room for a field and the signs around it, unless it needs many escapes.
fn size_hint(field: Field<'_>) -> usize {
    match field {
        Field::Whole(_) | Field::Number(_) => 32,
        Field::Text(text) => text.len() + 8,
    }
}

/// Whether a text needs no escapes, like the megabytes of base64 of a picture.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_where_they_must_be() {
        for text in ["", "aZ09+/=", "å 🦀", "\"", "\\", "a\nb", "\u{1}"] {
            let [json] =
                Output::object(&[("x", Field::Text(text))]).into_strings().try_into().unwrap();
            assert_eq!(json, serde_json::json!({ "x": text }).to_string());
        }
    }
}
