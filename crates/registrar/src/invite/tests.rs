//! What an invite may be, and whether somebody may come by it.

use super::*;

const NOW: i64 = 1_800_000_000_000;

fn good() -> NewInvite {
    NewInvite {
        label: "The lab invites Ada".to_owned(),
        colony: "dev".to_owned(),
        executor_type: "wasm".to_owned(),
        name_prefix: "ada-".to_owned(),
        uses: Some(2),
        at_once: 8,
        expires_ms: Some(NOW + 1),
    }
}

fn check(change: impl FnOnce(&mut NewInvite), sentence: &str) {
    let mut new = good();
    change(&mut new);
    let found = new.check(NOW).map_or_else(|error| error.to_string(), |()| String::new());
    assert_eq!(found, sentence, "{new:?}");
}

#[test]
fn what_an_invite_may_be() {
    check(|_| (), "");
    check(|new| new.label = String::new(), "");
    check(|new| new.label = "x".repeat(200), "");
    let label = "a label has at most 200 characters, without line breaks and other control \
        characters";
    check(|new| new.label = "x".repeat(201), label);
    check(|new| new.label = "a\nb".to_owned(), label);
    let colony = "the name of a colony has 1 to 64 characters, without `:` and control characters";
    check(|new| new.colony = String::new(), colony);
    check(|new| new.colony = "a:b".to_owned(), colony);
    let kind = "an executor type has 1 to 64 characters, without `:` and control characters";
    check(|new| new.executor_type = "x".repeat(65), kind);
    let prefix = "the beginning of names has 0 to 32 characters, without `:` and control \
        characters";
    check(|new| new.name_prefix = String::new(), "");
    check(|new| new.name_prefix = "x".repeat(33), prefix);
    check(|new| new.name_prefix = "\u{7}".to_owned(), prefix);
    check(|new| new.uses = None, "");
    check(|new| new.uses = Some(0), "the number of uses is outside 1..=1000000");
    check(|new| new.uses = Some(1_000_001), "the number of uses is outside 1..=1000000");
    let at_once = "the number of executors at once is outside 1..=10000";
    check(|new| new.at_once = 0, at_once);
    check(|new| new.at_once = 10_001, at_once);
    check(|new| new.expires_ms = None, "");
    check(|new| new.expires_ms = Some(NOW), "an invite expires later than now");
}

#[test]
fn who_may_come() {
    let open = Invite {
        id: InviteId::from_text("00000000").unwrap(),
        label: String::new(),
        terms: Terms {
            colony: "dev".to_owned(),
            executor_type: Some("wasm".to_owned()),
            name_prefix: String::new(),
            at_once: 1,
        },
        uses: Some(2),
        created_ms: NOW,
        expires_ms: Some(NOW + 10),
        revoked_ms: None,
    };
    let endless = Invite { uses: None, expires_ms: None, ..open.clone() };
    let revoked = Invite { revoked_ms: Some(NOW), ..endless.clone() };
    let (expired, used_up) = (Err(Refusal::ExpiredInvite), Err(Refusal::UsedUpInvite(2)));
    let cases = [
        (&open, 0, false, 0, Ok(())),
        (&open, 1, false, 9, Ok(())),
        (&open, 1, false, 10, expired.clone()),
        (&open, 2, false, 10, expired),
        (&open, 2, false, 0, used_up),
        (&open, 2, true, 0, Ok(())),
        (&open, 2, true, 10, Ok(())),
        (&endless, u32::MAX, false, i64::MAX - NOW, Ok(())),
        (&revoked, 0, false, 0, Err(Refusal::RevokedInvite)),
        (&revoked, 1, true, 0, Err(Refusal::RevokedInvite)),
    ];
    for (invite, used, has_begun, after, expected) in cases {
        let found = invite.admits(used, has_begun, NOW + after);
        assert_eq!(found, expected, "{invite:?} {used} {has_begun} {after}");
    }
}
