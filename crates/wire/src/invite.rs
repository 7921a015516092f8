//! Page and gateway: what an invite is about, before anybody joins by it.
//!
//! The page posts the secret of its invite as `text/plain` to [`PATH`] of its own server and gets an
//! [`Invitation`] as JSON, also where the invite is of no use: its code says why. Asking does not
//! use an invite up.

use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::link::RefusalCode;

/// Where the page asks its own server.
pub const PATH: &str = "/link/invite";

/// An invite, as who was invited is shown it. What is not known of a refused one is empty.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Invitation {
    /// Why nobody can join by it; none, on the border an empty text, if it is good.
    #[serde(rename = "code", deserialize_with = "read_code", serialize_with = "write_code")]
    pub refusal: Option<RefusalCode>,
    /// The same in one sentence, else empty.
    pub reason: String,
    /// Who invites.
    pub label: String,
    /// Name of the colony.
    pub colony: String,
    /// What processes are matched against.
    pub executor_type: String,
    /// What executor names have to begin with; empty if with anything.
    pub name_prefix: String,
    /// How many executors may be there by this invite at the same time.
    pub at_once: u32,
    /// Until when one can join by it, in ms since 1970; none without an end.
    pub expires_at_ms: Option<f64>,
    /// Whether who was invited may submit processes too.
    pub submit: bool,
}

fn read_code<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RefusalCode>, D::Error> {
    let code = String::deserialize(from)?;
    if code.is_empty() {
        return Ok(None);
    }
    RefusalCode::deserialize(code.into_deserializer()).map(Some)
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference to the field"
)]
fn write_code<S: Serializer>(code: &Option<RefusalCode>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(code.map_or("", RefusalCode::as_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_invite_has_an_empty_code() {
        let text = r#"{"code":"","reason":"","label":"Ada","colony":"dev","executor_type":"wasm",
            "name_prefix":"lab-","at_once":8,"expires_at_ms":null,"submit":true}"#;
        let invitation: Invitation = serde_json::from_str(text).unwrap();
        assert_eq!((invitation.refusal, invitation.at_once), (None, 8));
        assert!(invitation.submit);
        let again = serde_json::to_string(&invitation).unwrap();
        assert!(again.contains(r#""code":"""#), "{again}");
        assert_eq!(serde_json::from_str::<Invitation>(&again).unwrap(), invitation);
    }

    #[test]
    fn a_refused_one_needs_no_more_than_its_code() {
        let text = r#"{"code":"revoked-invite","reason":"It was revoked."}"#;
        let invitation: Invitation = serde_json::from_str(text).unwrap();
        assert_eq!(invitation.refusal, Some(RefusalCode::RevokedInvite));
        let again = serde_json::to_string(&invitation).unwrap();
        assert!(again.contains(r#""code":"revoked-invite""#), "{again}");
    }

    #[test]
    fn an_unknown_code_is_an_error() {
        assert!(serde_json::from_str::<Invitation>(r#"{"code":"tired"}"#).is_err());
    }
}
