//! What became of each of the 586 exchanges recorded with a real server (`tests/data/names.txt`).
//!
//! An exchange is replayed, here or over HTTP, or there is a reason why it is not.

use std::collections::HashSet;

use super::better::BETTER;
use super::replay::{RECORDS, lines};

/// Every name of the record, in the order of recording.
const NAMES: &str = include_str!("../data/names.txt");

/// What is replayed over HTTP: methods, paths, headers.
const HTTP: &str = include_str!("../../../../server/tests/serve/http.jsonl");

/// Exchanges that are not replayed, by how their names begin, and why.
const ABSENT: [(&str, &str); 8] = [
    (
        "life/assign: executor removed during its long poll still gets a process",
        "here that poll ends at once: polls::a_poll_ends_with_the_standing_of_its_executor",
    ),
    ("life/close: executor removed during its long poll", "as above"),
    ("life/assign: executor re-registered with another id during its long poll", "as above"),
    ("ws/subscribeprocess no event", "here there is one: graphs"),
    ("ws/subscribeprocess waiting event when the parents", "events of nodes: graphs"),
    ("[server with reregister disabled]", "here a name may always be registered again"),
    ("[server with exclusive assign disabled", "here assignment is exclusive"),
    ("[exclusive assign disabled]", "here assignment is exclusive"),
];

#[test]
fn every_exchange_is_accounted_for() {
    let replayed = RECORDS.into_iter().chain([HTTP]).flat_map(lines);
    let replayed: HashSet<String> =
        replayed.map(|line| line["name"].as_str().unwrap().to_owned()).collect();
    let why = |name: &str| ABSENT.iter().find(|(start, _)| name.starts_with(start));
    let mut problems: Vec<String> = NAMES
        .lines()
        .filter(|name| !replayed.contains(*name) && why(name).is_none())
        .map(|name| format!("{name}: neither replayed nor named with a reason"))
        .collect();
    let is_absent =
        |start: &str| NAMES.lines().any(|name| name.starts_with(start) && !replayed.contains(name));
    let stale = ABSENT.iter().filter(|(start, _)| !is_absent(start));
    problems.extend(stale.map(|(start, _)| format!("{start}: all of it is replayed")));
    let unknown = BETTER.iter().filter(|(name, ..)| !replayed.contains(*name));
    problems.extend(unknown.map(|(name, ..)| format!("{name}: not in the record")));
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert_eq!(NAMES.lines().collect::<HashSet<_>>().len(), 586);
}
