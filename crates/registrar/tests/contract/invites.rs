//! Who may come by an invite: made, looked at, used, used up, expired, revoked, forged.

use rusqlite::{Connection, params};
use webpool_registrar::{Error, NewInvite, Refusal, Tally};
use webpool_wire::link::RefusalCode;

use super::fixture::{COLONY, Fixture, NOW, executor, local, mark, plain, refusal};

#[test]
fn an_invite_is_as_it_was_made() {
    let mut fixture = Fixture::new();
    let new = NewInvite {
        name_prefix: "ada-".to_owned(),
        uses: Some(3),
        expires_ms: Some(NOW + 5),
        ..plain(8)
    };
    let (invite, token) = fixture.invite(&new);
    assert_eq!((token.len(), invite.id.as_str().len()), (26, 8));
    assert_eq!((invite.created_ms, invite.revoked_ms), (NOW, None));
    fixture.restart();
    let standing = fixture.registrar.show(&invite.id).unwrap().unwrap();
    assert_eq!(standing.invite, invite);
    assert_eq!((standing.used, standing.present), (0, 0));
    assert_eq!(standing.tally, Tally::default());
    let look = fixture.registrar.look(COLONY, &token, NOW).unwrap();
    assert_eq!((look.invite, look.refusal), (Some(invite.clone()), None));
    let (other, _) = fixture.invite(&plain(1));
    let listed: Vec<_> = fixture.registrar.list().unwrap();
    let ids: Vec<_> = listed.into_iter().map(|standing| standing.invite.id).collect();
    assert_eq!(ids, [invite.id, other.id]);
}

#[test]
fn an_invite_that_makes_no_sense_is_not_made() {
    let fixture = Fixture::new();
    let result = fixture.registrar.create(&plain(0), NOW);
    assert!(matches!(result, Err(Error::Invite(_))), "{result:?}");
    assert!(fixture.registrar.list().unwrap().is_empty());
}

#[test]
fn one_visit_is_one_use() {
    let mut fixture = Fixture::new();
    let (invite, token) = fixture.invite(&NewInvite { uses: Some(2), ..plain(8) });
    for _ in 0..3 {
        fixture.admit(&token, 1);
    }
    fixture.restart();
    fixture.admit(&token, 1);
    assert_eq!(fixture.registrar.show(&invite.id).unwrap().unwrap().used, 1);
    fixture.admit(&token, 2);
    let third = fixture.registrar.admit(COLONY, &token, &mark(3), NOW);
    assert_eq!(refusal(third), Refusal::UsedUpInvite(2));
    // Who has come may come again.
    fixture.admit(&token, 1);
    fixture.admit(&token, 2);
    let look = fixture.registrar.look(COLONY, &token, NOW).unwrap();
    assert_eq!((look.invite, look.refusal), (Some(invite), Some(Refusal::UsedUpInvite(2))));
}

#[test]
fn a_look_uses_nothing_up() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&NewInvite { uses: Some(1), ..plain(8) });
    for _ in 0..3 {
        assert_eq!(fixture.registrar.look(COLONY, &token, NOW).unwrap().refusal, None);
    }
    fixture.admit(&token, 1);
}

#[test]
fn an_expired_invite_ends_no_visit() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&NewInvite { expires_ms: Some(NOW + 10), ..plain(8) });
    let admit = |visit, after| fixture.registrar.admit(COLONY, &token, &mark(visit), NOW + after);
    admit(1, 9).unwrap();
    assert_eq!(refusal(admit(2, 10)), Refusal::ExpiredInvite);
    let admission = admit(1, 10).unwrap();
    fixture.registrar.enlist(&admission, &executor(1), NOW + 10).unwrap();
}

#[test]
fn a_revoked_invite_ends_all() {
    let fixture = Fixture::new();
    let (invite, token) = fixture.invite(&plain(8));
    let (_, other) = fixture.invite(&plain(8));
    let admission = fixture.admit(&token, 1);
    let one = fixture.member(&token, 1, 1);
    fixture.member(&other, 1, 2);
    let leaving = fixture.registrar.revoke(&invite.id, NOW).unwrap().unwrap();
    assert_eq!(leaving.iter().map(|member| &member.id).collect::<Vec<_>>(), [&one.id]);
    let again = fixture.registrar.admit(COLONY, &token, &mark(1), NOW);
    assert_eq!(refusal(again), Refusal::RevokedInvite);
    // Also who was admitted just before.
    let late = fixture.registrar.enlist(&admission, &executor(3), NOW);
    assert_eq!(refusal(late), Refusal::RevokedInvite);
    fixture.admit(&other, 2);
    let unknown = webpool_registrar::InviteId::from_text("00000000").unwrap();
    assert_eq!(fixture.registrar.revoke(&unknown, NOW).unwrap(), None);
}

#[test]
fn only_the_whole_secret_counts() {
    let fixture = Fixture::new();
    let (invite, token) = fixture.invite(&plain(8));
    let admit = |token: &str| fixture.registrar.admit(COLONY, token, &mark(1), NOW);
    assert_eq!(refusal(admit("")), Refusal::NoInvite);
    for guess in ["x", invite.id.as_str(), &token[..25], &"0".repeat(26)] {
        assert_eq!(refusal(admit(guess)), Refusal::UnknownInvite, "{guess}");
    }
    admit(&token.to_uppercase()).unwrap();
    // A secret whose digest only begins alike.
    let file = Connection::open(&fixture.path).unwrap();
    let sql = "SELECT secret FROM invites";
    let mut secret: Vec<u8> = file.query_row(sql, [], |row| row.get(0)).unwrap();
    secret[31] ^= 1;
    file.execute("UPDATE invites SET secret = ?1", params![secret]).unwrap();
    assert_eq!(refusal(admit(&token)), Refusal::UnknownInvite);
    secret[31] ^= 1;
    file.execute("UPDATE invites SET secret = ?1", params![secret]).unwrap();
    admit(&token).unwrap();
}

#[test]
fn no_secret_is_in_the_files() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(8));
    fixture.member(&token, 0x1234_5678, 1);
    let folder = fixture.path.parent().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!has(&token) && !has(&mark(0x1234_5678)));
    }
    let wal = std::fs::read(fixture.path.with_extension("sqlite-wal")).unwrap();
    assert!(wal.windows(4).any(|part| part == b"wasm"), "the log is where rows are looked for");
}

#[test]
fn an_invite_is_for_one_colony() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(8));
    let other = fixture.registrar.admit("other", &token, &mark(1), NOW);
    assert_eq!(refusal(other), Refusal::OtherColony(COLONY.to_owned()));
    let look = fixture.registrar.look("other", &token, NOW).unwrap();
    assert!(look.invite.is_none() && look.refusal.is_some());
}

#[test]
fn a_mark_has_its_form() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(8));
    for bad in ["", "1", &mark(1).replace('0', "g"), &format!("{}0", mark(1))] {
        let result = fixture.registrar.admit(COLONY, &token, bad, NOW);
        assert_eq!(refusal(result), Refusal::BadVisit);
        assert_eq!(refusal(fixture.registrar.admit_local(&local(1), bad)), Refusal::BadVisit);
    }
}

#[test]
fn a_refusal_says_what_and_when() {
    let many = Error::from(Refusal::TooMany(8)).to_refused();
    assert_eq!((many.code, many.retry_after_s), (RefusalCode::TooMany, Some(5)));
    assert!(many.reason.starts_with("8 are here already"), "{}", many.reason);
    let revoked = Error::from(Refusal::RevokedInvite).to_refused();
    assert_eq!((revoked.code, revoked.retry_after_s), (RefusalCode::RevokedInvite, None));
    let broken = Error::from(rusqlite::Error::InvalidQuery).to_refused();
    assert_eq!(broken.code, RefusalCode::Unavailable);
    assert!(!broken.reason.to_lowercase().contains("query"), "{}", broken.reason);
}
