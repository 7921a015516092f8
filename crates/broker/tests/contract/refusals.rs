//! What is refused, and what no longer leaks or crashes.

use webpool_colony::envelope::{Failure, ReplyEnvelope};
use webpool_colony::request::{AddExecutorLog, AddFunction, GetFunctions, GetLogs, Submit};
use webpool_colony::types::{Executor, Function};
use webpool_colony::{Assigned, Envelope, FunctionSpec, Json, PrivateKey, Request};

use super::fixture::{COLONY, Fixture, TYPE, sentence, spec};

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
    for kind in
        ["submitworkflowspecmsg", "addchildmsg", "channelappendmsg", "subscribeprocessesmsg"]
    {
        let (status, message) = refusal(&fixture, kind, &format!(r#"{{"msgtype":"{kind}"}}"#));
        assert_eq!((status, message), (403, format!("invalid rpcMsg.PayloadType: {kind}")));
    }
}

#[test]
fn bad_payloads() {
    let fixture = Fixture::new();
    let kind = "submitfuncspecmsg";
    for payload in ["null", "[]", "{", r#"{"msgtype":1}"#, r#"{"spec":{"args":{}}}"#] {
        let expected = (400, "Failed to submit process, invalid JSON".to_owned());
        assert_eq!(refusal(&fixture, kind, payload), expected, "{payload}");
    }
    let nul = r#"{"msgtype":"submitfuncspecmsg","spec":{"funcname":"\u0000"}}"#;
    let expected = "pq: invalid byte sequence for encoding \"UTF8\": 0x00";
    assert_eq!(refusal(&fixture, kind, nul), (400, expected.to_owned()));
}

#[test]
fn arguments_come_back_as_the_server_stores_them() {
    let fixture = Fixture::new();
    let args = Json::from_text(r#"[1.0, {"b": 1, "a": "\u0000"}, 9007199254740993]"#).unwrap();
    let stored = fixture.submit_like(FunctionSpec { args, ..spec("f") });
    let expected = r#"[1,{"a":"\u0000","b":1},9007199254740992]"#;
    assert_eq!(stored.spec.args.as_str(), expected);
    assert_eq!(fixture.process(&stored.processid).spec.args.as_str(), expected);
}

#[test]
fn names_of_fields_match_in_any_case() {
    let fixture = Fixture::new();
    let payload = format!(
        r#"{{"MsgType":"submitfuncspecmsg","Spec":{{"FuncName":"f",
        "Conditions":{{"ColonyName":"{COLONY}"}}}}}}"#
    );
    let body = Envelope::sign("submitfuncspecmsg", &payload, &fixture.user).to_body();
    let answer = fixture.post(body);
    let process = Submit::read(answer.status, answer.body.as_bytes()).unwrap();
    assert_eq!(process.spec.funcname, "f");
}

#[test]
fn the_sdks_name_for_a_function_is_read() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let payload = format!(
        r#"{{"msgtype":"addfunctionmsg",
        "function":{{"executorname":"e1","colonyname":"{COLONY}","funcname":"echo"}}}}"#
    );
    let body = Envelope::sign("addfunctionmsg", &payload, &executor).to_body();
    let answer = fixture.post(body);
    let function = AddFunction::read(answer.status, answer.body.as_bytes()).unwrap();
    assert_eq!((function.funcname.as_str(), function.functionid.len()), ("echo", 64));
}

#[test]
fn a_function_counts_its_successes() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let function = Function {
        executorname: "e1".to_owned(),
        colonyname: COLONY.to_owned(),
        funcname: "f".to_owned(),
        ..Function::default()
    };
    fixture.ask(&executor, &AddFunction { fun: Some(function) }).unwrap();
    let id = fixture.submit("f").processid;
    fixture.take(&executor);
    fixture.clock.advance(std::time::Duration::from_secs(2));
    fixture.close(&executor, &id, "8").unwrap();
    let request = GetFunctions { colonyname: COLONY.to_owned(), ..GetFunctions::default() };
    let listed = fixture.ask(&fixture.user, &request).unwrap().unwrap();
    assert_eq!(listed[0].counter, 1);
    assert!((2.0..2.1).contains(&listed[0].avgexectime));
    assert!(listed[0].maxwaittime < 0.1);
}

#[test]
fn colonies_do_not_leak() {
    let fixture = Fixture::new();
    let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
    fixture.add_colony("other", &owner, &user);
    let named = Executor { executorname: "same".to_owned(), ..Executor::default() };
    let ours = fixture.executor("same");
    let theirs = fixture.executor_like("other", &owner, named);
    for (colonyname, key) in [(COLONY, &ours), ("other", &theirs)] {
        let request = AddExecutorLog {
            colonyname: colonyname.to_owned(),
            executorname: "same".to_owned(),
            message: format!("from {colonyname}"),
        };
        fixture.ask(key, &request).unwrap();
    }
    let request = GetLogs {
        colonyname: COLONY.to_owned(),
        executorname: "same".to_owned(),
        count: 10,
        ..GetLogs::default()
    };
    let logs = fixture.ask(&fixture.user, &request).unwrap().unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].message, "from dev");
    assert_eq!(sentence(fixture.ask(&user, &request)).0, 403);
}

#[test]
fn one_key_may_serve_two_colonies() {
    let fixture = Fixture::new();
    let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
    fixture.add_colony("other", &owner, &user);
    let key = fixture.executor("e1");
    let executor = Executor {
        executorid: key.id(),
        executorname: "e1".to_owned(),
        executortype: TYPE.to_owned(),
        colonyname: "other".to_owned(),
        ..Executor::default()
    };
    let request = webpool_colony::request::AddExecutor { executor: Some(executor) };
    fixture.ask(&owner, &request).unwrap();
    let request = webpool_colony::request::ApproveExecutor {
        colonyname: "other".to_owned(),
        executorname: "e1".to_owned(),
    };
    fixture.ask(&owner, &request).unwrap();
    for colonyname in [COLONY.to_owned(), "other".to_owned()] {
        let request =
            webpool_colony::request::Assign { colonyname, timeout: -1, ..Default::default() };
        assert_eq!(fixture.poll_like(&key, request).wait(), Ok(Assigned::Nothing));
    }
}
