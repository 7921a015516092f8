//! Every trouble says what happened and what to do.

use webpool::snapshot::{PoolError, PoolState};

use super::*;

const CODES: [RefusalCode; 12] = [
    RefusalCode::BadHello,
    RefusalCode::NoInvite,
    RefusalCode::UnknownInvite,
    RefusalCode::RevokedInvite,
    RefusalCode::ExpiredInvite,
    RefusalCode::UsedUpInvite,
    RefusalCode::TooMany,
    RefusalCode::TooFast,
    RefusalCode::NameTaken,
    RefusalCode::TooOld,
    RefusalCode::NoVisitors,
    RefusalCode::Unavailable,
];

fn place(way: Way) -> Place {
    Place::new("dev", "https://pool.example.org").by(way)
}

fn failed(trouble: Trouble, sentence: &str) -> Snapshot {
    let error = Some(PoolError { trouble, sentence: sentence.to_owned() });
    Snapshot { state: PoolState::Failed, error, ..Snapshot::default() }
}

#[test]
fn every_refusal_says_something_of_its_own() {
    let mut sentences: Vec<String> =
        CODES.iter().map(|code| barred(*code, "No.", &place(Way::Invite))).collect();
    for sentence in &sentences {
        assert!(sentence.contains(": No. ") && sentence.ends_with('.'), "{sentence}");
    }
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), CODES.len());
}

#[test]
fn a_running_page_that_is_dismissed_says_why_and_what_to_do() {
    let trouble = Trouble::Barred(RefusalCode::RevokedInvite);
    let said = blame(&failed(trouble, "Ada has revoked it."), &place(Way::Invite));
    let expected = "This invitation was withdrawn: Ada has revoked it. Ask whoever invited you \
                    for another link.";
    assert_eq!(said.as_deref(), Some(expected));
}

#[test]
fn nobody_is_told_to_check_what_is_not_there() {
    let all = [Trouble::Unreachable, Trouble::Refused, Trouble::NoColony];
    let codes = CODES.map(Trouble::Barred);
    for trouble in all.iter().chain(&codes) {
        let said = blame(&failed(*trouble, ""), &place(Way::Invite)).unwrap_or_default();
        assert!(!said.is_empty() && !said.contains("..") && !said.contains(" ."), "{said}");
        for word in ["key", "server URL", "its name", "executor name"] {
            assert!(!said.contains(word), "{trouble:?}: {said}");
        }
    }
    let said = blame(&failed(Trouble::Refused, "no"), &place(Way::Key)).unwrap_or_default();
    assert!(said.contains("Check the colony private key"), "{said}");
}
