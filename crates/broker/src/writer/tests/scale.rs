//! What waits costs nothing: no request looks at all processes, and nobody turns round in circles.

use webpool_colony::Json;
use webpool_colony::request::{
    AddAttribute, AddLog, CancelProcess, CloseFailed, CloseSuccessful, GetLogs, GetProcesses,
    RemoveProcess, SetOutput,
};
use webpool_colony::types::Attribute;

use super::super::*;
use super::fixture::{COLONY, Fixture, spec};
use crate::store::Submission;

/// How many processes wait that nobody can take.
const WAITING: i64 = 2_000;

/// The executors that a process is for, by its number.
type Names = fn(i64) -> Vec<String>;

/// Parts of the statements that sort what they have found: the first processes of each need, those
/// that run, executors of one id or gone silent.
const FEW: [&str; 3] = ["first.seq", "state = 1 ", "FROM executors"];

/// Stores processes past the requests, in one transaction.
fn fill(fixture: &Fixture, names: Names, cpu: i64) {
    let store = &fixture.writer.store;
    store.begin().unwrap();
    for number in 0..WAITING {
        let mut spec = spec(1);
        spec.conditions.executornames = Some(names(number));
        let initiator = &Id::from_text("nobody");
        let submission = Submission {
            spec: &spec,
            cpu,
            mem: 0,
            storage: 0,
            initiator,
            initiatorname: "",
            place: None,
        };
        store.submit(&submission, number).unwrap();
    }
    store.commit().unwrap();
}

/// The steps of one poll that gets nothing, and of one that gets a process.
fn cost(fixture: &mut Fixture) -> (i64, i64) {
    fixture.writer.store.steps();
    let poll = fixture.poll();
    fixture.batch();
    assert!(poll.waits());
    let miss = fixture.writer.store.steps();
    let submitted = fixture.submit(1);
    fixture.batch();
    assert_eq!((submitted.outcome().0, poll.process().state), (200, 1));
    (miss, fixture.writer.store.steps())
}

#[test]
fn what_nobody_can_take_slows_no_poll() {
    let cases: [(&str, Names, i64); 4] = [
        ("more than anybody has", |_| Vec::new(), 2_000),
        ("for another executor", |_| vec!["another".to_owned()], 0),
        ("for two others", |_| vec!["another".to_owned(), "third".to_owned()], 0),
        ("each for another executor", |number| vec![number.to_string()], 0),
    ];
    let mut fixture = Fixture::new();
    let (miss, hit) = cost(&mut fixture);
    for (what, names, cpu) in cases {
        fill(&fixture, names, cpu);
        let (slower_miss, slower_hit) = cost(&mut fixture);
        assert!(slower_miss < miss + WAITING / 2, "{what}: {miss}, then {slower_miss} steps");
        assert!(slower_hit < hit + WAITING / 2, "{what}: {hit}, then {slower_hit} steps");
    }
}

/// Does everything that a process can meet on its way, and what the passing of time brings.
fn live_through(fixture: &mut Fixture) {
    let (poll, gone) = (fixture.poll(), fixture.poll());
    let submitted = [fixture.submit(1), fixture.submit(1), fixture.submit(1), fixture.submit(1)];
    assert!(gone.ticket.withdraw());
    fixture.batch();
    let processid = poll.process().processid;
    let events = fixture.follow(&processid);
    let attribute = Attribute {
        targetid: processid.clone(),
        targetcolonyname: COLONY.to_owned(),
        key: "k".to_owned(),
        ..Attribute::default()
    };
    let (id, message) = (processid.clone(), "line".to_owned());
    let out = Json::from_strings(&["1"]);
    let mut asked = vec![
        fixture.ask(&fixture.executor, &AddAttribute { attribute: Some(attribute) }),
        fixture.ask(&fixture.executor, &AddLog { processid: id.clone(), message }),
        fixture.ask(&fixture.executor, &SetOutput { processid: id.clone(), out: out.clone() }),
        fixture.ask(&fixture.executor, &CloseSuccessful { processid: id.clone(), out }),
        fixture
            .ask(&fixture.user, &GetLogs { processid: id.clone(), count: 9, ..GetLogs::default() }),
        fixture.ask(&fixture.user, &RemoveProcess { processid: id }),
    ];
    for state in 0..=4 {
        let (colonyname, count) = (COLONY.to_owned(), 10);
        let request = GetProcesses { colonyname, count, state, ..GetProcesses::default() };
        asked.push(fixture.ask(&fixture.user, &request));
    }
    let second = fixture.poll();
    fixture.batch();
    assert!(matches!(events.try_recv(), Ok(Event::Frame(_))));
    let errors = vec!["reason".to_owned()];
    let processid = second.process().processid;
    asked.push(fixture.ask(&fixture.executor, &CloseFailed { processid, errors }));
    asked.push(
        fixture.ask(&fixture.user, &CancelProcess { processid: submitted[2].process().processid }),
    );
    fixture.writer.next_sweep = 0;
    fixture.writer.last_pass = 0;
    fixture.batch();
    for asking in submitted.iter().skip(3).chain(&asked) {
        assert_eq!(asking.outcome(), (200, String::new()));
    }
}

#[test]
fn no_statement_on_the_way_of_a_process_reads_a_whole_table() {
    let mut fixture = Fixture::new();
    fixture.writer.store.forget_statements();
    live_through(&mut fixture);
    let plans = fixture.writer.store.plans();
    assert!(plans.iter().any(|(line, _)| line.contains("processes_waiting")), "{plans:#?}");
    let tables = fixture.writer.store.tables();
    for (line, sql) in plans {
        let scanned = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        let is_small = scanned.is_none_or(|name| !tables.iter().any(|table| table == name));
        assert!(is_small, "{line}, in {sql}");
        let is_sorted = line.contains("USE TEMP B-TREE");
        let is_few = FEW.iter().any(|part| sql.contains(part));
        assert!(!is_sorted || is_few, "{line}, in {sql}");
    }
}

#[test]
fn who_waits_costs_no_batches() {
    let mut fixture = Fixture::new();
    let polls: Vec<_> = (0..MAX_POLLS).map(|_| fixture.poll()).collect();
    fixture.batch();
    let quiet = fixture.writer.next_due().saturating_sub(fixture.writer.now());
    assert!(quiet > 55 * SECOND, "the next batch comes after {quiet} ns");
    let submitted = fixture.submit(1);
    fixture.batch();
    assert_eq!(submitted.outcome().0, 200);
    assert_eq!(polls.iter().filter(|poll| !poll.waits()).count(), 1);
}

#[test]
fn what_is_said_does_not_touch_the_spec() {
    let mut fixture = Fixture::new();
    let id = fixture.open_channel();
    let listeners: Vec<_> = (0..9).map(|_| fixture.listen(&id)).collect();
    fixture.batch();
    fixture.writer.store.forget_statements();
    let said = fixture.say(&fixture.user, &id, "hello");
    fixture.batch();
    assert_eq!(said.outcome().0, 200);
    assert_eq!(fixture.said(&id), ["hello"]);
    for events in listeners {
        assert!(matches!(events.try_recv(), Ok(Event::Frame(_))));
    }
    let runs = fixture.writer.store.runs();
    let lines: Vec<_> = runs.iter().filter(|(sql, _)| sql.contains("FROM processes")).collect();
    let long = ["spec", "*", "input", "output"];
    for (sql, _) in &lines {
        assert!(!long.iter().any(|column| sql.contains(column)), "{sql}");
    }
    let of_names = lines.iter().filter(|(sql, _)| sql.contains("json_each(channels)"));
    // One for the message, one for all who hear it, one for who reads.
    assert_eq!(of_names.map(|(_, count)| count).sum::<i32>(), 3, "{lines:?}");
}
