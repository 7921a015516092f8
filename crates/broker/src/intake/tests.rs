//! What is said about bodies that cannot be read.

use super::*;

#[test]
fn bodies_that_are_no_envelope() {
    let cases = [
        ("", "unexpected end of JSON input"),
        ("{\"a\":", "unexpected end of JSON input"),
        ("hello", "invalid character 'h' looking for beginning of value"),
        ("{\"payloadtype\":\"versionmsg\"} x", "invalid character 'x' after top-level value"),
        ("[]", "json: cannot unmarshal array into Go value of type rpc.RPCMsg"),
        ("null", "json: cannot unmarshal null into Go value of type rpc.RPCMsg"),
        (
            "{\"payloadtype\":1}",
            "json: cannot unmarshal number into Go struct field RPCMsg.payloadtype of type string",
        ),
    ];
    for (body, message) in cases {
        assert_eq!(read(body.as_bytes()).unwrap_err(), Refusal::bad(message), "{body}");
    }
    assert_eq!(read(b"{}").unwrap_err(), Refusal::forbidden("Invalid signature length"));
}

#[test]
fn frames_that_are_no_subscription() {
    let key = webpool_colony::PrivateKey::generate();
    let frame = |kind: &str, payload: &str| Envelope::sign(kind, payload, &key).to_body();
    assert!(matches!(read_frame(b"not json"), Frame::Unreadable));
    assert!(matches!(read_frame(b"{}"), Frame::Unreadable));
    assert!(matches!(read_frame(frame("nosuchmsg", "{}").as_bytes()), Frame::Ignored));
    assert!(matches!(read_frame(frame("subscribeprocessmsg", "{").as_bytes()), Frame::Ignored));
    let mismatched = frame("subscribeprocessmsg", r#"{"msgtype":"x"}"#);
    assert!(matches!(read_frame(mismatched.as_bytes()), Frame::Refused(_)));
}
