//! Files of other releases: an older one is brought up to date with all that is in it, a newer one
//! is left alone.
//!
//! `v1/schema.sql` is version 1 as it was released; it is never changed after the first release.
//! Until then a change of `src/schema.sql` is copied there.

use rusqlite::Connection;
use webpool_broker::{Broker, Error};
use webpool_colony::{PrivateKey, ProcessState};

use super::fixture::Fixture;

const V1: &str = include_str!("v1/schema.sql");

const PROCESS: &str = "7a5d5c2f0e7b4a1b8c3d9e6f0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

/// A process that waits, as version 1 stores it; `?1` is the function spec.
const WAITING: &str = "INSERT INTO processes (processid, colony, initiatorid, initiatorname, \
     prioritytime, submitted, executortype, location, cpu, mem, storage, nodes, processes, \
     processespernode, funcname, label, maxwaittime, maxexectime, maxretries, spec) VALUES \
     (?2, 'dev', '', 'user', 1700000000000000000, 1700000000000000000, 'wasm', '', 0, 0, 0, 0, 0, \
     0, 'add', '', -1, -1, 3, ?1)";

const SPEC: &str = r#"{"funcname":"add","args":["5","3"],"kwargs":{},"maxwaittime":-1,
    "maxexectime":-1,"maxretries":3,"conditions":{"colonyname":"dev","executortype":"wasm"}}"#;

/// Replaces the fixture's file by one of version 1, with a user, an executor and a process.
fn write_v1(fixture: &Fixture, executor: &PrivateKey) {
    fixture.broker.close();
    let path = fixture.settings().path;
    std::fs::remove_file(&path).unwrap();
    let file = Connection::open(path).unwrap();
    file.execute_batch(V1).unwrap();
    let run = |sql: &str, key: &PrivateKey| file.execute(sql, [key.id().as_str()]).unwrap();
    run("INSERT INTO colonies VALUES ('dev', ?1)", &fixture.owner);
    run("INSERT INTO users VALUES ('dev', 'user', ?1, '', '')", &fixture.user);
    let sql = "INSERT INTO executors VALUES \
         ('dev', 'e1', ?1, 'wasm', 1, 0, 1, 1, '', '{}', '{}', '', 0)";
    run(sql, executor);
    file.execute(WAITING, [SPEC, PROCESS]).unwrap();
    file.pragma_update(None, "user_version", 1).unwrap();
}

#[test]
fn a_file_of_version_1_keeps_its_data() {
    let mut fixture = Fixture::new();
    let executor = PrivateKey::generate();
    write_v1(&fixture, &executor);
    fixture.broker = Broker::open(fixture.settings()).unwrap();
    assert_eq!(fixture.state(PROCESS), Some(ProcessState::Waiting));
    let process = fixture.take(&executor);
    assert_eq!((process.processid.as_str(), process.spec.args.to_texts().len()), (PROCESS, 2));
    fixture.close(&executor, PROCESS, "8").unwrap();
    assert_eq!(fixture.process(PROCESS).output.to_texts(), ["8"]);
}

#[test]
fn an_older_file_comes_to_the_schema_of_a_fresh_one() {
    let mut fixture = Fixture::new();
    fixture.broker.close();
    let fresh = schema(&fixture);
    write_v1(&fixture, &PrivateKey::generate());
    fixture.broker = Broker::open(fixture.settings()).unwrap();
    fixture.broker.close();
    let migrated = schema(&fixture);
    assert!(!fresh.is_empty());
    assert_eq!(
        migrated, fresh,
        "schema.sql has changed: add a step, or before the first release \
        copy it to tests/contract/v1/schema.sql"
    );
}

/// Every table with its columns, and every index, of the file: what they are, not how they are
/// written.
fn schema(fixture: &Fixture) -> Vec<String> {
    let file = Connection::open(fixture.settings().path).unwrap();
    let sql = "SELECT m.name || ' ' || coalesce(c.name || ' ' || c.type || ' ' || c.\"notnull\" \
         || ' ' || c.pk || ' ' || coalesce(c.dflt_value, ''), m.sql, '') \
         FROM sqlite_schema AS m LEFT JOIN pragma_table_xinfo(m.name) AS c ON m.type = 'table' \
         ORDER BY 1";
    let mut statement = file.prepare(sql).unwrap();
    let found = statement.query_map([], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

#[test]
fn a_file_of_a_newer_release_is_not_touched() {
    let fixture = Fixture::new();
    fixture.broker.close();
    let path = fixture.settings().path;
    let file = Connection::open(path).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let error = Broker::open(fixture.settings()).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().ends_with("a newer webpool has written it"), "{error}");
}
