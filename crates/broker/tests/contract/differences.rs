//! Where a real server is known to act otherwise.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::fixture::Fixture;
use super::subject::IS_LIVE;

/// Names of tests, each with the beginning of its row in PROTOCOL.md, "What differs on purpose".
const DIFFERENCES: [(&str, &str); 6] = [
    ("logs_stay_in_their_colony", "logs by executor name stay within their colony"),
    ("one_key_may_serve_two_colonies", "one executor id works in several colonies"),
    ("the_sdks_name_for_a_function_is_read", "`addfunctionmsg` also reads the field `function`"),
    ("null_crashes_nothing", "a body or payload `null` is a 400 with an envelope"),
    ("a_refused_close_stores_nothing", "a refused close stores nothing"),
    ("a_success_is_shown_with_its_output", "success events carry output and end time"),
];

/// Runs a test that a real server fails.
pub(crate) fn differs(name: &str, test: impl FnOnce(&Fixture)) {
    assert!(DIFFERENCES.iter().any(|(known, _)| *known == name), "{name} is not in the list");
    if IS_LIVE {
        let fixture = Fixture::new();
        let outcome = catch_unwind(AssertUnwindSafe(|| test(&fixture)));
        assert!(outcome.is_err(), "the server does what it did not: {name} is no difference");
    } else {
        test(&Fixture::new());
    }
}

#[test]
fn known_differences_stand_in_the_protocol() {
    let protocol = include_str!("../../../../PROTOCOL.md");
    let (_, rows) = protocol.split_once("### What differs on purpose").unwrap();
    for (name, row) in DIFFERENCES {
        assert!(rows.contains(&format!("\n| {row}")), "{name}: no row «{row}»");
    }
}
