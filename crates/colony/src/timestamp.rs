//! Times as a ColonyOS server writes them: RFC 3339 with up to nine fractional digits.
//!
//! "Never" is the year 1 in whatever zone the server keeps. A [`Timestamp`] is nanoseconds since
//! 1970, UTC; anything before 1970 reads as never. It is written in UTC.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment: nanoseconds since 1970 UTC, or never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(Option<u64>);

impl Timestamp {
    /// Never: written as the year 1.
    pub const NEVER: Self = Self(None);

    /// A moment `nanoseconds` after 1970-01-01T00:00:00Z.
    pub const fn from_unix_ns(nanoseconds: u64) -> Self {
        Self(Some(nanoseconds))
    }

    /// Nanoseconds since 1970, none for never.
    pub const fn to_unix_ns(self) -> Option<u64> {
        self.0
    }

    /// Time since 1970, none for never.
    pub fn since_unix(self) -> Option<Duration> {
        self.0.map(Duration::from_nanos)
    }

    /// Whether this is the year-1 value.
    pub const fn is_never(self) -> bool {
        self.0.is_none()
    }

    /// Reads RFC 3339; never for an empty text and for times before 1970. None if it is neither.
    ///
    /// ```
    /// use webpool_colony::Timestamp;
    /// let time = Timestamp::from_text("1970-01-01T01:00:00.5+01:00");
    /// assert_eq!(time, Some(Timestamp::from_unix_ns(500_000_000)));
    /// assert_eq!(Timestamp::from_text("0001-01-01T01:12:12+01:12"), Some(Timestamp::NEVER));
    /// assert_eq!(Timestamp::from_text("soon"), None);
    /// ```
    pub fn from_text(text: &str) -> Option<Self> {
        if text.is_empty() || text.starts_with("0001-") {
            return Some(Self::NEVER);
        }
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Self(u64::try_from(time.unix_timestamp_nanos()).ok()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .0
            .and_then(|ns| OffsetDateTime::from_unix_timestamp_nanos(i128::from(ns)).ok())
            .and_then(|time| time.format(&Rfc3339).ok());
        f.write_str(text.as_deref().unwrap_or("0001-01-01T00:00:00Z"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        Self::from_text(&text)
            .ok_or_else(|| serde::de::Error::custom(format_args!("«{text}» is not a time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_trimmed_fractions() {
        let cases = [
            (1_795_345_935_978_710_000, "2026-11-22T11:12:15.97871Z"),
            (1_795_345_935_000_000_000, "2026-11-22T11:12:15Z"),
        ];
        for (ns, text) in cases {
            assert_eq!(Timestamp::from_unix_ns(ns).to_string(), text);
            assert_eq!(Timestamp::from_text(text), Some(Timestamp::from_unix_ns(ns)));
        }
        assert_eq!(Timestamp::NEVER.to_string(), "0001-01-01T00:00:00Z");
    }
}
