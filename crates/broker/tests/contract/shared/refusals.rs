//! What is refused, what is read all the same, and what no longer leaks or crashes.

use webpool_colony::request::{
    AddExecutorLog, AddFunction, CancelProcess, GetFunctions, GetLogs, Submit,
};
use webpool_colony::types::{Executor, Function};
use webpool_colony::{Assigned, Envelope, FunctionSpec, Json, Request};

use crate::differences::differs;
use crate::fixture::{Fixture, sentence};

/// JSON without the spaces that a real server puts in; there are none in the values here.
fn compact(json: &Json) -> String {
    json.as_str().split_whitespace().collect()
}

#[test]
fn bad_payloads() {
    let fixture = Fixture::new();
    let kind = "submitfuncspecmsg";
    for payload in ["[]", "{", r#"{"msgtype":1}"#, r#"{"spec":{"args":{}}}"#] {
        let expected = (400, "Failed to submit process, invalid JSON".to_owned());
        assert_eq!(fixture.refusal(kind, payload), expected, "{payload}");
    }
    let nul = format!(
        r#"{{"msgtype":"{kind}",
        "spec":{{"funcname":"\u0000","conditions":{{"colonyname":"{}"}}}}}}"#,
        fixture.colony
    );
    let expected = "pq: invalid byte sequence for encoding \"UTF8\": 0x00";
    assert_eq!(fixture.refusal(kind, &nul), (400, expected.to_owned()));
}

#[test]
fn what_has_another_type_or_too_many_digits() {
    let fixture = Fixture::new();
    let kind = "submitfuncspecmsg";
    let colony = &fixture.colony;
    let payload = |spec: &str| format!(r#"{{"msgtype":"{kind}","spec":{spec}}}"#);
    for spec in [
        r#"["a"]"#.to_owned(),
        format!(r#"{{"conditions":["{colony}"]}}"#),
        format!(r#"{{"conditions":{{"colonyname":"{colony}","nodes":1.5}}}}"#),
    ] {
        let expected = (400, "Failed to submit process, invalid JSON".to_owned());
        assert_eq!(fixture.refusal(kind, &payload(&spec)), expected, "{spec}");
    }
    let spec = format!(r#"{{"maxexectime":99999999999,"conditions":{{"colonyname":"{colony}"}}}}"#);
    let expected = "pq: value \"99999999999\" is out of range for type integer";
    assert_eq!(fixture.refusal(kind, &payload(&spec)), (400, expected.to_owned()));
}

#[test]
fn a_function_is_where_its_executor_is() {
    let fixture = Fixture::new();
    let located = Executor {
        executorname: "e1".to_owned(),
        locationname: "Lab".to_owned(),
        ..Executor::default()
    };
    let executor = fixture.executor_like(&fixture.colony, &fixture.owner, located);
    let function = Function {
        executorname: "e1".to_owned(),
        colonyname: fixture.colony.clone(),
        funcname: "f".to_owned(),
        locationname: "elsewhere".to_owned(),
        ..Function::default()
    };
    let stored = fixture.ask(&executor, &AddFunction { fun: Some(function) }).unwrap();
    assert_eq!(stored.locationname, "Lab");
}

#[test]
fn null_crashes_nothing() {
    differs("null_crashes_nothing", |fixture| {
        let expected = (400, "Failed to submit process, invalid JSON".to_owned());
        assert_eq!(fixture.refusal("submitfuncspecmsg", "null"), expected);
    });
}

#[test]
fn arguments_come_back_as_the_server_stores_them() {
    let fixture = Fixture::new();
    let args = Json::from_text(r#"[1.0, {"b": 1, "a": "\u0000"}, 9007199254740993]"#).unwrap();
    let stored = fixture.submit_like(FunctionSpec { args, ..fixture.spec("f") });
    let expected = r#"[1,{"a":"\u0000","b":1},9007199254740992]"#;
    assert_eq!(compact(&stored.spec.args), expected);
    assert_eq!(compact(&fixture.process(&stored.processid).spec.args), expected);
}

#[test]
fn names_of_fields_match_in_any_case() {
    let fixture = Fixture::new();
    let payload = format!(
        r#"{{"MsgType":"submitfuncspecmsg","Spec":{{"FuncName":"f",
        "Conditions":{{"ColonyName":"{}"}}}}}}"#,
        fixture.colony
    );
    let body = Envelope::sign("submitfuncspecmsg", &payload, &fixture.user).to_body();
    let answer = fixture.post(body);
    let process = Submit::read(answer.status, answer.body.as_bytes()).unwrap();
    assert_eq!(process.spec.funcname, "f");
}

#[test]
fn the_sdks_name_for_a_function_is_read() {
    differs("the_sdks_name_for_a_function_is_read", |fixture| {
        let executor = fixture.executor("e1");
        let payload = format!(
            r#"{{"msgtype":"addfunctionmsg",
            "function":{{"executorname":"e1","colonyname":"{}","funcname":"echo"}}}}"#,
            fixture.colony
        );
        let body = Envelope::sign("addfunctionmsg", &payload, &executor).to_body();
        let answer = fixture.post(body);
        let function = AddFunction::read(answer.status, answer.body.as_bytes()).unwrap();
        assert_eq!((function.funcname.as_str(), function.functionid.len()), ("echo", 64));
    });
}

#[test]
fn a_function_counts_its_successes() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let function = Function {
        executorname: "e1".to_owned(),
        colonyname: fixture.colony.clone(),
        funcname: "f".to_owned(),
        ..Function::default()
    };
    fixture.ask(&executor, &AddFunction { fun: Some(function) }).unwrap();
    let id = fixture.submit("f").processid;
    fixture.take(&executor);
    fixture.pass(std::time::Duration::from_secs(2));
    fixture.close(&executor, &id, "8").unwrap();
    let request = GetFunctions { colonyname: fixture.colony.clone(), ..GetFunctions::default() };
    let listed = fixture.ask(&fixture.user, &request).unwrap().unwrap();
    assert_eq!(listed[0].counter, 1);
    assert!((2.0..4.0).contains(&listed[0].avgexectime));
    assert!(listed[0].maxwaittime < 1.0);
}

#[test]
fn logs_stay_in_their_colony() {
    differs("logs_stay_in_their_colony", |fixture| {
        let (other, owner, user) = fixture.second_colony();
        let named = Executor { executorname: "same".to_owned(), ..Executor::default() };
        let ours = fixture.executor("same");
        let theirs = fixture.executor_like(&other, &owner, named);
        for (colonyname, key) in [(&fixture.colony, &ours), (&other, &theirs)] {
            let request = AddExecutorLog {
                colonyname: colonyname.clone(),
                executorname: "same".to_owned(),
                message: format!("from {colonyname}"),
            };
            fixture.ask(key, &request).unwrap();
        }
        let request = GetLogs {
            colonyname: fixture.colony.clone(),
            executorname: "same".to_owned(),
            count: 10,
            ..GetLogs::default()
        };
        let logs = fixture.ask(&fixture.user, &request).unwrap().unwrap();
        assert_eq!(logs.len(), 1);
        assert_eq!(logs[0].message, format!("from {}", fixture.colony));
        assert_eq!(sentence(fixture.ask(&user, &request)).0, 403);
    });
}

#[test]
fn one_key_may_serve_two_colonies() {
    differs("one_key_may_serve_two_colonies", |fixture| {
        let (other, owner, _) = fixture.second_colony();
        let key = fixture.executor("e1");
        let executor = Executor {
            executorid: key.id(),
            executorname: "e1".to_owned(),
            executortype: fixture.kind.clone(),
            colonyname: other.clone(),
            ..Executor::default()
        };
        let request = webpool_colony::request::AddExecutor { executor: Some(executor) };
        fixture.ask(&owner, &request).unwrap();
        let request = webpool_colony::request::ApproveExecutor {
            colonyname: other.clone(),
            executorname: "e1".to_owned(),
        };
        fixture.ask(&owner, &request).unwrap();
        for colonyname in [fixture.colony.clone(), other] {
            let request =
                webpool_colony::request::Assign { colonyname, timeout: -1, ..Default::default() };
            assert_eq!(fixture.poll_like(&key, request).wait(), Ok(Assigned::Nothing));
        }
    });
}

#[test]
fn a_refused_close_stores_nothing() {
    differs("a_refused_close_stores_nothing", |fixture| {
        let executor = fixture.executor("e1");
        let id = fixture.submit("f").processid;
        fixture.take(&executor);
        fixture.ask(&fixture.user, &CancelProcess { processid: id.clone() }).unwrap();
        let late = "Tried to set cancelled process as successful";
        assert_eq!(sentence(fixture.close(&executor, &id, "late")), (400, late.to_owned()));
        assert_eq!(fixture.process(&id).output.as_str(), "[]");
    });
}
