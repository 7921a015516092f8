//! JSON that passes through untouched: arguments, inputs and outputs of processes.
//!
//! A [`Json`] is the text of one JSON value, kept as it came. It is never interpreted on its way,
//! so no argument of any type can break a reader. Absent reads as `null`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The text of one JSON value.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Default for Json {
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Json {
    /// Takes the text of one JSON value.
    ///
    /// # Errors
    ///
    /// The parser's text, if `text` is not exactly one JSON value.
    pub fn from_text(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text.into()).map(Self)
    }

    /// Writes a value as JSON; `null` if it cannot be written.
    pub fn from_value<T: Serialize + ?Sized>(value: &T) -> Self {
        serde_json::value::to_raw_value(value).map_or_else(|_| Self::default(), Self)
    }

    /// Makes a JSON array of strings.
    ///
    /// ```
    /// use webpool_colony::Json;
    /// assert_eq!(Json::from_strings(&["a", "\""]).as_str(), r#"["a","\""]"#);
    /// ```
    pub fn from_strings<S: AsRef<str> + Serialize>(strings: &[S]) -> Self {
        Self::from_value(strings)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Whether this is `null`, as an absent value is.
    pub fn is_null(&self) -> bool {
        self.as_str() == "null"
    }

    /// The elements of an array as texts: a string as it is, anything else as its JSON text.
    /// `null` has none; a value that is no array is its own only element.
    ///
    /// ```
    /// use webpool_colony::Json;
    /// let out = Json::from_text(r#"["8", 8, {"a": 1}]"#)?;
    /// assert_eq!(out.to_texts(), ["8", "8", r#"{"a": 1}"#]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn to_texts(&self) -> Vec<String> {
        if self.is_null() {
            return Vec::new();
        }
        match serde_json::from_str::<Vec<Self>>(self.as_str()) {
            Ok(elements) => elements.iter().map(Self::to_text).collect(),
            Err(_) => vec![self.to_text()],
        }
    }

    /// A string as it is, anything else as its JSON text.
    pub fn to_text(&self) -> String {
        serde_json::from_str(self.as_str()).unwrap_or_else(|_| self.as_str().to_owned())
    }
}
