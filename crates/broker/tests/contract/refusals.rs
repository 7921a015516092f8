//! What only the embedded broker refuses.

use webpool_colony::request::{AddExecutorLog, SearchLogs};
use webpool_colony::{FunctionSpec, Json};

use super::fixture::{COLONY, Fixture, sentence, spec};

#[test]
fn what_a_later_release_brings_is_unknown() {
    let fixture = Fixture::new();
    for kind in [
        "addcronmsg",
        "addgeneratormsg",
        "addfilemsg",
        "createsnapshotmsg",
        "getblueprinthistorymsg",
    ] {
        let (status, message) = fixture.refusal(kind, &format!(r#"{{"msgtype":"{kind}"}}"#));
        assert_eq!((status, message), (403, format!("invalid rpcMsg.PayloadType: {kind}")));
    }
}

#[test]
fn half_a_character_is_read_as_a_replacement() {
    let fixture = Fixture::new();
    let args = Json::from_text(r#"["\ud800", "\ud83d\ude00", {"\udfff": 1}]"#).unwrap();
    let stored = fixture.submit_like(FunctionSpec { args, ..spec("f") });
    assert_eq!(stored.spec.args.as_str(), "[\"\u{fffd}\",\"\u{1f600}\",{\"\u{fffd}\":1}]");
    let envelope = r#"{"payloadtype":"\udbff"}"#;
    assert_eq!(fixture.post(envelope).status, 403, "read, and signed by nobody");
}

#[test]
fn deep_json_is_refused() {
    let fixture = Fixture::new();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let payload =
        |args: String| format!(r#"{{"msgtype":"submitfuncspecmsg","spec":{{"args":{args}}}}}"#);
    let kind = "submitfuncspecmsg";
    for depth in [126, 1 << 20] {
        let expected = (400, "Failed to submit process, invalid JSON".to_owned());
        assert_eq!(fixture.refusal(kind, &payload(nested(depth))), expected, "{depth}");
        assert_eq!(fixture.post(nested(depth + 2)).status, 400, "{depth}");
    }
    let args = Json::from_text(nested(125)).unwrap();
    let stored = fixture.submit_like(FunctionSpec { args: args.clone(), ..spec("f") });
    assert_eq!(stored.spec.args, args);
    let executor = fixture.executor("e1");
    assert_eq!(fixture.take(&executor).spec.args, args);
}

#[test]
fn a_text_to_search_for_is_short() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
    let message = "x".repeat(1001);
    let search = |text: &str| {
        let (colonyname, text) = (COLONY.to_owned(), text.to_owned());
        fixture.ask(&fixture.user, &SearchLogs { colonyname, text, days: 1, count: 9 })
    };
    let line = AddExecutorLog { colonyname, executorname, message: message.clone() };
    fixture.ask(&executor, &line).unwrap();
    assert_eq!(search(&message[1..]).unwrap().map(|lines| lines.len()), Some(1));
    let refusal = (400, "Text exceeds max length (1000 bytes)".to_owned());
    assert_eq!(sentence(search(&message)), refusal);
}
