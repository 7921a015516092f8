//! Keys, signatures and envelopes, byte for byte as the reference implementations make them.
//!
//! The vectors use the public development keys of ColonyOS; the Go, Rust and Python SDKs agree on them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers may panic")]

use serde_json::Value;
use webpool_colony::key::recover;
use webpool_colony::{Envelope, PrivateKey};

fn vectors(section: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("data/crypto-vectors.json")).unwrap();
    all[section].as_array().unwrap().clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn ids() {
    for vector in vectors("keys") {
        let key = PrivateKey::from_hex(text(&vector["private_key"])).unwrap();
        assert_eq!(key.id().as_str(), text(&vector["id"]));
    }
}

#[test]
fn signatures() {
    for vector in vectors("signatures") {
        let key = PrivateKey::from_hex(text(&vector["private_key"])).unwrap();
        let (message, signature) = (text(&vector["message"]), text(&vector["signature"]));
        assert_eq!(key.sign(message), signature, "{message}");
        assert_eq!(recover(message, signature).unwrap().as_str(), text(&vector["recovered_id"]));
    }
}

#[test]
fn envelopes() {
    for vector in vectors("envelopes") {
        let key = PrivateKey::from_hex(text(&vector["private_key"])).unwrap();
        let expected: Envelope = serde_json::from_value(vector["envelope"].clone()).unwrap();
        let payload = text(&vector["payload_json"]);
        let sealed = Envelope::sign(&expected.payloadtype, payload, &key);
        assert_eq!(sealed, expected);
        assert_eq!(sealed.payload_bytes(), payload.as_bytes());
    }
}

#[test]
fn what_a_server_accepts_as_a_signature() {
    for vector in vectors("server_acceptance") {
        let key = PrivateKey::from_hex(text(&vector["private_key"])).unwrap();
        let recovered = recover(text(&vector["message"]), text(&vector["signature"]));
        let case = text(&vector["case"]);
        if vector["http_status"] == 200 {
            assert_eq!(recovered, Ok(key.id()), "{case}");
            continue;
        }
        match recovered {
            Ok(id) => assert_ne!(id, key.id(), "{case}"),
            Err(error) => assert_eq!(error.to_string(), text(&vector["result"]), "{case}"),
        }
    }
}

#[test]
fn broken_keys_are_refused_without_being_repeated() {
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    for text in ["", "zz", &"0".repeat(64), order, &"g".repeat(64), &"1".repeat(65), "åäö"] {
        let error = PrivateKey::from_hex(text).unwrap_err().to_string();
        assert!(text.len() < 8 || !error.contains(text), "{error}");
    }
}
