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
    for (kind, payload) in
        [("nosuchmsg", "{}"), ("subscribeprocessmsg", "{"), ("subscribeprocessmsg", "[]")]
    {
        assert!(matches!(read_frame(frame(kind, payload).as_bytes()), Frame::Ignored), "{kind}");
    }
}

/// What a subscription with this payload is refused with.
fn refusal(kind: &str, payload: &str) -> (u16, String) {
    let key = webpool_colony::PrivateKey::generate();
    let frame = read_frame(Envelope::sign(kind, payload, &key).to_body().as_bytes());
    let Frame::Refused(Refusal { status, message }) = frame else {
        panic!("{kind} {payload}: {frame:?}")
    };
    (status, message)
}

#[test]
fn subscriptions_of_another_type_than_their_envelope() {
    for (kind, status, what, field) in [
        ("subscribeprocessmsg", 403, "process", "msgType"),
        ("subscribeprocessesmsg", 403, "processes", "msgType"),
        ("subscribechannelmsg", 400, "channel", "MsgType"),
    ] {
        let problem = format!("msg.{field} does not match rpcMsg.PayloadType");
        let sentence = format!("Failed to subscribe to {what}, {problem}");
        assert_eq!(refusal(kind, r#"{"msgtype":"x"}"#), (status, sentence), "{kind}");
    }
}

#[test]
fn subscriptions_that_cannot_be_read() {
    for (payload, sentence) in [
        ("{", "unexpected end of JSON input"),
        ("hello", "invalid character 'h' looking for beginning of value"),
    ] {
        let sentence = sentence.to_owned();
        assert_eq!(refusal("subscribeprocessesmsg", payload), (403, sentence.clone()));
        assert_eq!(refusal("subscribechannelmsg", payload), (400, sentence));
    }
    for (payload, what) in [
        ("[]", "array into Go value of type rpc.SubscribeChannelMsg"),
        ("null", "null into Go value of type rpc.SubscribeChannelMsg"),
    ] {
        let sentence = format!("json: cannot unmarshal {what}");
        assert_eq!(refusal("subscribechannelmsg", payload), (400, sentence), "{payload}");
    }
    for (payload, kind, field) in [
        (r#"{"AfterSeq":"x"}"#, "string", "afterseq of type int64"),
        (r#"{"timeout":1.5}"#, "number 1.5", "timeout of type int"),
        (r#"{"name":1.5}"#, "number", "name of type string"),
    ] {
        let field = format!("Go struct field SubscribeChannelMsg.{field}");
        let sentence = format!("json: cannot unmarshal {kind} into {field}");
        assert_eq!(refusal("subscribechannelmsg", payload), (400, sentence), "{payload}");
    }
    let sentence = "pq: invalid byte sequence for encoding \"UTF8\": 0x00".to_owned();
    assert_eq!(refusal("subscribechannelmsg", r#"{"name":"\u0000"}"#), (400, sentence));
}
