//! Results as clients of other languages read them: every field there, in its place, and of its
//! type.

use std::collections::HashMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use webpool_colony::Request;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    AddAttribute, AddExecutorLog, AddFunction, GetColony, GetColonyStats, GetExecutors,
    GetFunctions, GetLogs, GetProcess, GetProcessHist, GetProcesses, GetUsers, SearchLogs,
};
use webpool_colony::types::{Attribute, Function, FunctionArg};

use crate::fixture::Fixture;

/// The names of an object's fields, in their order.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry()? {
            names.push(name);
        }
        Ok(Names(names))
    }
}

/// The JSON of the user's result, as it came.
fn result<R: Request>(fixture: &Fixture, request: &R) -> String {
    let answer = fixture.post(request.seal(&fixture.user));
    assert_eq!(answer.status, 200, "{}", R::TYPE);
    let reply: ReplyEnvelope = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((reply.payloadtype.as_str(), reply.error), (R::TYPE, false));
    String::from_utf8(reply.payload_bytes()).unwrap()
}

/// What stands in a field.
fn field(json: &str, name: &str) -> String {
    let mut fields: HashMap<String, Box<RawValue>> = serde_json::from_str(json).unwrap();
    fields.remove(name).unwrap().get().to_owned()
}

/// The only element of a list.
fn only(json: &str) -> String {
    let list: [Box<RawValue>; 1] = serde_json::from_str(json).unwrap();
    list[0].get().to_owned()
}

#[track_caller]
fn check(json: &str, names: &str) {
    let found: Names = serde_json::from_str(json).unwrap();
    assert_eq!(found.0.join(" "), names);
}

#[test]
fn a_process() {
    let fixture = Fixture::new();
    let id = fixture.submit("f").processid;
    let process = result(&fixture, &GetProcess { processid: id });
    check(
        &process,
        "processid initiatorid initiatorname assignedexecutorid isassigned state prioritytime \
         submissiontime starttime endtime waitdeadline execdeadline retries attributes spec \
         waitforparents parents children processgraphid in out errors",
    );
    let spec = field(&process, "spec");
    check(
        &spec,
        "nodename funcname args kwargs priority maxwaittime maxexectime maxretries conditions \
         label fs env",
    );
    check(&field(&spec, "fs"), "mount snapshots dirs");
    let conditions = field(&spec, "conditions");
    check(
        &conditions,
        "colonyname executornames executortype dependencies nodes cpu processes processespernode \
         mem storage gpu walltime",
    );
    check(&field(&conditions, "gpu"), "name mem count nodecount");
    for name in ["attributes", "parents", "children", "in", "out", "errors"] {
        assert_eq!(field(&process, name), "[]", "{name}");
    }
    for name in ["starttime", "endtime", "waitdeadline", "execdeadline"] {
        assert!(field(&process, name).starts_with("\"0001-01-01T"), "{name}");
    }
    let submitted = field(&process, "submissiontime");
    let (date, rest) = submitted.trim_matches('"').split_once('T').unwrap();
    assert!(date.len() == 10 && (rest.ends_with('Z') || rest.contains(['+', '-'])), "{submitted}");
    assert!(field(&process, "prioritytime").parse::<i64>().unwrap() > 1 << 53);
}

#[test]
fn members_of_a_colony() {
    let fixture = Fixture::new();
    fixture.executor("e1");
    let colonyname = fixture.colony.clone();
    check(&result(&fixture, &GetColony { colonyname: colonyname.clone() }), "colonyid name");
    let users = result(&fixture, &GetUsers { colonyname: colonyname.clone() });
    check(&only(&users), "colonyname userid name email phone");
    let executor = only(&result(&fixture, &GetExecutors { colonyname: colonyname.clone() }));
    check(
        &executor,
        "executorid executortype executorname colonyname state requirefuncreg commissiontime \
         lastheardfromtime capabilities allocations",
    );
    check(&field(&executor, "capabilities"), "hardware software");
    check(&field(&executor, "allocations"), "projects");
    let statistics = result(&fixture, &GetColonyStats { colonyname });
    check(
        &statistics,
        "colonies executors activeexecutors unregisteredexecutors waitingprocesses \
         runningprocesses successfulprocesses failedprocesses cancelledprocesses waitingworkflows \
         runningworkflows successfulworkflows failedworkflows cancelledworkflows",
    );
    for (name, count) in [("colonies", "1"), ("executors", "1"), ("activeexecutors", "1")] {
        assert_eq!(field(&statistics, name), count, "{name}");
    }
}

#[test]
fn what_executors_say() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let colonyname = fixture.colony.clone();
    let function = Function {
        executorname: "e1".to_owned(),
        executortype: fixture.kind.clone(),
        colonyname: colonyname.clone(),
        funcname: "f".to_owned(),
        args: vec![FunctionArg {
            name: "a".to_owned(),
            kind: "integer".to_owned(),
            ..FunctionArg::default()
        }],
        ..Function::default()
    };
    fixture.ask(&executor, &AddFunction { fun: Some(function) }).unwrap();
    let request = GetFunctions { colonyname: colonyname.clone(), ..GetFunctions::default() };
    let function = only(&result(&fixture, &request));
    check(
        &function,
        "functionid executorname executortype colonyname funcname args counter minwaittime \
         maxwaittime minexectime maxexectime avgwaittime avgexectime",
    );
    check(&only(&field(&function, "args")), "name type");
    let message = "hello <&>".to_owned();
    let executorname = "e1".to_owned();
    let request = AddExecutorLog { colonyname: colonyname.clone(), executorname, message };
    fixture.ask(&executor, &request).unwrap();
    let found = SearchLogs { colonyname, text: "llo <".to_owned(), days: 1, count: 10 };
    let log = only(&result(&fixture, &found));
    check(&log, "processid colonyname executorname message timestamp");
    assert_eq!(serde_json::from_str::<String>(&field(&log, "message")).unwrap(), "hello <&>");
    let none = SearchLogs { text: "LLO".to_owned(), ..found };
    assert_eq!(result(&fixture, &none), "null");
}

/// As the Python SDK sends it: without the colony.
#[test]
fn an_attribute() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = fixture.submit("f").processid;
    fixture.take(&executor);
    let attribute = Attribute {
        targetid: id.clone(),
        attributetype: 1,
        key: "k".to_owned(),
        value: "v".to_owned(),
        ..Attribute::default()
    };
    fixture.ask(&executor, &AddAttribute { attribute: Some(attribute) }).unwrap();
    let process = result(&fixture, &GetProcess { processid: id });
    check(
        &only(&field(&process, "attributes")),
        "attributeid targetid targetcolonyname targetprocessgraphid state attributetype key value",
    );
}

#[test]
fn empty_lists_are_null() {
    let fixture = Fixture::new();
    let colonyname = fixture.colony.clone();
    let count = 10;
    let processes = GetProcesses { colonyname: colonyname.clone(), count, ..Default::default() };
    let history = GetProcessHist { colonyname: colonyname.clone(), ..Default::default() };
    assert_eq!(result(&fixture, &processes), "null");
    assert_eq!(result(&fixture, &history), "null");
    let executors = GetExecutors { colonyname: colonyname.clone() };
    assert_eq!(result(&fixture, &executors), "null");
    let functions = GetFunctions { colonyname: colonyname.clone(), ..Default::default() };
    assert_eq!(result(&fixture, &functions), "null");
    let processid = fixture.submit("f").processid;
    let logs = GetLogs { colonyname, processid, count, ..Default::default() };
    assert_eq!(result(&fixture, &logs), "null");
}
