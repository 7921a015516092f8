//! Who gets which process.

use std::collections::HashSet;
use std::thread;

use webpool_colony::request::{Assign, CancelProcess, GetProcesses};
use webpool_colony::types::Executor;
use webpool_colony::{Assigned, Conditions, FunctionSpec, PrivateKey, request};

use crate::fixture::Fixture;

#[test]
fn conditions() {
    let fixture = Fixture::new();
    let located = Executor {
        executorname: "e1".to_owned(),
        locationname: "Home".to_owned(),
        ..Executor::default()
    };
    let executor = fixture.executor_like(&fixture.colony, &fixture.owner, located);
    let wanted = || Conditions { executornames: Some(Vec::new()), ..Conditions::default() };
    let names = |names: &[&str]| Conditions {
        executornames: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..wanted()
    };
    let text = str::to_owned;
    for (is_given, cpu, mem, conditions) in [
        (true, "", "", wanted()),
        (true, "1000m", "1Gi", Conditions { cpu: text("1000m"), mem: text("1Gi"), ..wanted() }),
        (false, "999m", "", Conditions { cpu: text("1000m"), ..wanted() }),
        (false, "2", "", Conditions { cpu: text("1m"), ..wanted() }),
        (false, "", "1023Mi", Conditions { mem: text("1Gi"), ..wanted() }),
        (false, "", "", Conditions { storage: text("1Mi"), ..wanted() }),
        (true, "", "", Conditions { nodes: 127, ..wanted() }),
        (false, "", "", Conditions { nodes: 128, ..wanted() }),
        (false, "", "", Conditions { processespernode: 128, ..wanted() }),
        (true, "", "", Conditions { locationname: text("hOME"), ..wanted() }),
        (false, "", "", Conditions { locationname: text("away"), ..wanted() }),
        (true, "", "", names(&["e0", "e1"])),
        (false, "", "", names(&["e0"])),
        (false, "", "", names(&["*"])),
        (false, request::NO_CPU, "", wanted()),
    ] {
        let (colonyname, executortype) = (fixture.colony.clone(), fixture.kind.clone());
        let conditions = Conditions { colonyname, executortype, ..conditions };
        let label = format!("{conditions:?} {cpu} {mem}");
        let submitted = fixture.submit_like(FunctionSpec { conditions, ..fixture.spec("f") });
        let request = Assign {
            timeout: -1,
            availablecpu: cpu.to_owned(),
            availablemem: mem.to_owned(),
            ..Assign::default()
        };
        let given = fixture.poll_like(&executor, request).wait().unwrap();
        assert_eq!(given != Assigned::Nothing, is_given, "{label}");
        let processid = submitted.processid;
        fixture.ask(&fixture.user, &CancelProcess { processid }).unwrap();
    }
}

#[test]
fn priority_is_worth_a_day_of_age() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    for (name, priority) in [("second", 0), ("third", 0), ("last", -1), ("first", 1)] {
        fixture.submit_like(FunctionSpec { priority, ..fixture.spec(name) });
    }
    for name in ["first", "second", "third", "last"] {
        assert_eq!(fixture.take(&executor).spec.funcname, name);
    }
}

#[test]
fn no_process_is_given_twice() {
    const EXECUTORS: usize = 8;
    const PROCESSES: usize = 160;
    let fixture = Fixture::new();
    let keys: Vec<PrivateKey> =
        (0..EXECUTORS).map(|n| fixture.executor(&format!("e{n}"))).collect();
    let fixture = &fixture;
    let given: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = keys
            .iter()
            .map(|key| {
                scope.spawn(move || {
                    (0..PROCESSES / EXECUTORS).map(|_| run_one(fixture, key)).collect::<Vec<_>>()
                })
            })
            .collect();
        for _ in 0..PROCESSES {
            fixture.submit("f");
        }
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(given.iter().collect::<HashSet<_>>().len(), PROCESSES);
}

fn run_one(fixture: &Fixture, key: &PrivateKey) -> String {
    // A real server may wake nobody: then the next poll finds the process.
    let request = Assign { timeout: 2, ..Assign::default() };
    let mut polls = std::iter::repeat_with(|| fixture.poll_like(key, request.clone()).wait());
    let process = polls.find_map(|poll| match poll.unwrap() {
        Assigned::Process(process) => Some(process),
        Assigned::Nothing | Assigned::Paused => None,
    });
    let process = process.unwrap();
    fixture.close(key, &process.processid, "done").unwrap();
    process.processid
}

#[test]
fn lists_have_one_filter() {
    let fixture = Fixture::new();
    let labelled = |label: &str, executortype: &str| {
        let mut spec = FunctionSpec { label: label.to_owned(), ..fixture.spec("f") };
        executortype.clone_into(&mut spec.conditions.executortype);
        fixture.submit_like(spec).processid
    };
    let (first, second) = (labelled("L1", "t1"), labelled("L2", "t2"));
    for (label, executortype, found) in
        [("", "", vec![&first, &second]), ("L1", "", vec![&first]), ("L1", "t2", vec![&second])]
    {
        let request = GetProcesses {
            colonyname: fixture.colony.clone(),
            count: 10,
            label: label.to_owned(),
            executortype: executortype.to_owned(),
            ..GetProcesses::default()
        };
        let listed = fixture.ask(&fixture.user, &request).unwrap().unwrap();
        let listed: Vec<&String> = listed.iter().map(|process| &process.processid).collect();
        assert_eq!(listed, found, "{label} {executortype}");
    }
}
