//! Channels: what the two parties of a process say to each other while it lives.
//!
//! A message is bytes. In JSON they are base64 text (padded; line breaks are skipped); some clients
//! send an array of byte values instead, and either is read. A server answers with base64.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::key::Id;
use crate::timestamp::Timestamp;
use crate::types::nullable;

/// Reads as the reference server does: padding is due, what the last bits say is not looked at.
const READER: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The bytes of a message.
///
/// ```
/// use webpool_colony::channel::Bytes;
/// let same = ["\"aGk=\"", "[104, 105]"].map(serde_json::from_str::<Bytes>);
/// for bytes in same {
///     assert_eq!(bytes?, Bytes::from(*b"hi"));
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    /// The bytes themselves.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Vec<u8>>> From<T> for Bytes {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads either form.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Bytes;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("base64 text or an array of byte values")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Bytes, E> {
        let decoded = if text.contains(['\r', '\n']) {
            READER.decode(text.replace(['\r', '\n'], ""))
        } else {
            READER.decode(text)
        };
        decoded.map(Bytes).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Bytes, A::Error> {
        let mut bytes = Vec::new();
        while let Some(value) = values.next_element::<u64>()? {
            bytes.push(u8::try_from(value).map_err(A::Error::custom)?);
        }
        Ok(Bytes(bytes))
    }
}

/// One message in a channel's log.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ChannelEntry {
    /// The sender's own number for it; neither unique nor without gaps.
    #[serde(deserialize_with = "nullable")]
    pub sequence: i64,
    /// The number of the message this one answers; 0 if there is none.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub inreplyto: i64,
    /// When the server took it.
    pub timestamp: Timestamp,
    /// Who sent it.
    #[serde(deserialize_with = "nullable")]
    pub senderid: Id,
    /// The message; none if it was sent as null.
    #[serde(deserialize_with = "nullable")]
    pub payload: Option<Bytes>,
    /// What it is, in the sender's words: `data` if the sender did not say.
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_the_reference_server_reads_them() {
        let cases: [(&str, Option<&[u8]>); 13] = [
            (r#""YQ==""#, Some(b"a")),
            (r#""YQ==\n""#, Some(b"a")),
            (r#""YR==""#, Some(b"a")),
            (r#""""#, Some(b"")),
            ("[1, 255]", Some(b"\x01\xff")),
            ("[]", Some(b"")),
            (r#""YQ""#, None),
            (r#""YQ==x""#, None),
            (r#""Y Q==""#, None),
            ("[256]", None),
            ("[-1]", None),
            ("[1.5]", None),
            ("{}", None),
        ];
        for (json, expected) in cases {
            let read = serde_json::from_str::<Bytes>(json).ok();
            assert_eq!(read.as_ref().map(Bytes::as_slice), expected, "{json}");
        }
    }

    #[test]
    fn an_entry_leaves_out_what_it_does_not_answer() {
        let entry = ChannelEntry { sequence: 3, kind: "data".to_owned(), ..Default::default() };
        let json = serde_json::to_string(&entry).unwrap();
        let never = "0001-01-01T00:00:00Z";
        let expected = format!(
            r#"{{"sequence":3,"timestamp":"{never}","senderid":"","payload":null,"type":"data"}}"#
        );
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<ChannelEntry>(&json).unwrap(), entry);
    }
}
