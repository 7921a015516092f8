//! What only the embedded broker refuses.

use webpool_colony::Envelope;
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use super::fixture::Fixture;

fn refusal(fixture: &Fixture, kind: &str, payload: &str) -> (u16, String) {
    let answer = fixture.post(Envelope::sign(kind, payload, &fixture.user).to_body());
    let reply: ReplyEnvelope = serde_json::from_str(&answer.body).unwrap();
    let failure: Failure = serde_json::from_slice(&reply.payload_bytes()).unwrap();
    assert_eq!((answer.status, reply.error), (failure.status, true));
    (answer.status, failure.message)
}

#[test]
fn what_a_later_release_brings_is_unknown() {
    let fixture = Fixture::new();
    for kind in [
        "submitworkflowspecmsg",
        "addchildmsg",
        "channelappendmsg",
        "subscribeprocessesmsg",
        "addcronmsg",
        "addgeneratormsg",
        "addfilemsg",
        "createsnapshotmsg",
        "getblueprinthistorymsg",
    ] {
        let (status, message) = refusal(&fixture, kind, &format!(r#"{{"msgtype":"{kind}"}}"#));
        assert_eq!((status, message), (403, format!("invalid rpcMsg.PayloadType: {kind}")));
    }
}
