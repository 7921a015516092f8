//! The envelope around every request and every reply.
//!
//! Request: `{"payloadtype": string, "payload": base64, "signature": 130 hex digits}`. The
//! signature covers the base64 text exactly as sent. Reply: `{"payloadtype": string, "payload":
//! base64, "error": bool}`. An envelope has no nonce and no time: it can be signed ahead.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::error::SignatureError;
use crate::key::{Id, PrivateKey, recover};
use crate::types::nullable;

/// A signed request as it stands on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Envelope {
    /// Which request this is.
    #[serde(deserialize_with = "nullable")]
    pub payloadtype: String,
    /// The request as base64 of JSON.
    #[serde(deserialize_with = "nullable")]
    pub payload: String,
    /// Who says so.
    #[serde(deserialize_with = "nullable")]
    pub signature: String,
}

impl Envelope {
    /// Wraps and signs the JSON text `payload`.
    pub fn sign(payloadtype: &str, payload: &str, key: &PrivateKey) -> Self {
        let payload = STANDARD.encode(payload);
        let signature = key.sign(&payload);
        Self { payloadtype: payloadtype.to_owned(), payload, signature }
    }

    /// Who signed this.
    ///
    /// # Errors
    ///
    /// A [`SignatureError`], worded as the reference server does.
    pub fn signer(&self) -> Result<Id, SignatureError> {
        recover(&self.payload, &self.signature)
    }

    /// The payload's bytes: up to the first character that is no base64, as the reference server
    /// decodes. Line breaks are skipped.
    pub fn payload_bytes(&self) -> Vec<u8> {
        decode_leniently(&self.payload)
    }

    /// The body of the HTTP request.
    pub fn to_body(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn decode_leniently(text: &str) -> Vec<u8> {
    let text: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if let Ok(bytes) = STANDARD.decode(&text) {
        return bytes;
    }
    let legal = text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    let whole = legal.count() / 4 * 4;
    text.get(..whole).and_then(|head| STANDARD.decode(head).ok()).unwrap_or_default()
}

/// A reply as it stands on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ReplyEnvelope {
    /// The request's type, or `error`.
    #[serde(deserialize_with = "nullable")]
    pub payloadtype: String,
    /// The reply as base64 of JSON.
    #[serde(deserialize_with = "nullable")]
    pub payload: String,
    /// Whether the payload is a [`Failure`].
    #[serde(deserialize_with = "nullable")]
    pub error: bool,
}

/// What a failed request is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The server's sentence.
    #[serde(deserialize_with = "nullable")]
    pub message: String,
}

impl ReplyEnvelope {
    /// Wraps the JSON text of a result.
    pub fn success(payloadtype: &str, payload: &str) -> Self {
        let payload = STANDARD.encode(payload);
        Self { payloadtype: payloadtype.to_owned(), payload, error: false }
    }

    /// Wraps a refusal.
    pub fn failure(failure: &Failure) -> Self {
        let payload = serde_json::to_string(failure).unwrap_or_default();
        Self { payloadtype: "error".to_owned(), payload: STANDARD.encode(payload), error: true }
    }

    /// The payload's bytes.
    pub fn payload_bytes(&self) -> Vec<u8> {
        decode_leniently(&self.payload)
    }

    /// The body of the HTTP reply.
    pub fn to_body(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_up_to_the_first_illegal_character() {
        let cases: [(&str, &[u8]); 5] = [
            ("e30=", b"{}"),
            ("e3\n0=", b"{}"),
            ("aGVsbG8h", b"hello!"),
            ("aGVs*G8h", b"hel"),
            ("*", b""),
        ];
        for (text, bytes) in cases {
            let envelope = Envelope { payload: text.to_owned(), ..Envelope::default() };
            assert_eq!(envelope.payload_bytes(), bytes, "{text}");
        }
    }
}
