//! Requests that the broker leaves out: answered as a ColonyOS server answers what it does not know.

use webpool_colony::Envelope;
use webpool_colony::envelope::{Failure, ReplyEnvelope};

use super::fixture::Fixture;

#[test]
fn what_is_left_out_is_unknown() {
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
        "nonsense",
    ] {
        let payload = format!(r#"{{"msgtype":"{kind}"}}"#);
        let answer = fixture.post(Envelope::sign(kind, &payload, &fixture.user).to_body());
        let reply: ReplyEnvelope = serde_json::from_str(&answer.body).unwrap();
        let failure: Failure = serde_json::from_slice(&reply.payload_bytes()).unwrap();
        let expected = format!("invalid rpcMsg.PayloadType: {kind}");
        assert_eq!((answer.status, reply.error, failure.message), (403, true, expected));
    }
}
