//! Files of other releases are left alone.

use rusqlite::Connection;
use webpool_registrar::{Error, Registrar};

use super::fixture::{Fixture, plain};

#[test]
fn a_file_of_another_release_is_not_touched() {
    let fixture = Fixture::new();
    fixture.invite(&plain(1));
    let file = Connection::open(&fixture.path).unwrap();
    let version =
        || -> i64 { file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap() };
    assert_eq!(version(), 1);
    for (found, sentence) in [
        (99, "schema version 99, this release knows up to 1: a newer webpool has written it"),
        (-1, "schema version -1: webpool has not written it"),
    ] {
        file.pragma_update(None, "user_version", found).unwrap();
        let error = Registrar::open(&fixture.path).unwrap_err();
        assert!(matches!(error, Error::Newer { .. } | Error::Foreign { .. }), "{error:?}");
        assert!(error.to_string().ends_with(sentence), "{error}");
        assert_eq!(version(), found);
    }
    file.pragma_update(None, "user_version", 1).unwrap();
    assert_eq!(Registrar::open(&fixture.path).unwrap().list().unwrap().len(), 1);
}
