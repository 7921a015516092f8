//! Who was let in, from joining to gone, over restarts; bans.

use webpool_registrar::{Ban, Held, Member, MemberState, NewMember, Outcome, Refusal, Tally};

use super::fixture::{COLONY, Fixture, NOW, executor, local, mark, plain, refusal, visitor};

fn states(members: &[Member]) -> Vec<(String, MemberState)> {
    members.iter().map(|member| (member.name.clone(), member.state)).collect()
}

#[test]
fn a_member_is_written_down_before_it_joins() {
    let mut fixture = Fixture::new();
    let (invite, token) = fixture.invite(&plain(8));
    let admission = fixture.admit(&token, 1);
    let member = fixture.registrar.enlist(&admission, &executor(1), NOW).unwrap();
    assert_eq!((member.state, &member.invite), (MemberState::Joining, &Some(invite.id)));
    fixture.restart();
    assert_eq!(fixture.registrar.members(COLONY).unwrap(), std::slice::from_ref(&member));
    assert_eq!(fixture.registrar.enlist(&admission, &executor(1), NOW + 1).unwrap(), member);
    fixture.registrar.settled(&member.id).unwrap();
    fixture.restart();
    let found = fixture.registrar.member(&member.id).unwrap().unwrap();
    assert_eq!(found.state, MemberState::Joined);
    assert_eq!(fixture.registrar.members("other").unwrap(), []);
}

#[test]
fn nothing_is_forgotten_until_it_has_gone() {
    let mut fixture = Fixture::new();
    let (invite, token) = fixture.invite(&plain(8));
    let id = fixture.member(&token, 1, 1).id;
    fixture.registrar.hold(&id, Some("p1"), NOW + 5).unwrap();
    fixture.registrar.hold(&id, Some("p1"), NOW + 9).unwrap();
    fixture.restart();
    let held = Held { process_id: "p1".to_owned(), since_ms: NOW + 5 };
    assert_eq!(fixture.registrar.member(&id).unwrap().unwrap().holds, Some(held));
    for outcome in [Outcome::Done, Outcome::Done, Outcome::Failed, Outcome::GivenBack] {
        fixture.registrar.count(&id, outcome, NOW + 20).unwrap();
    }
    fixture.registrar.leaving(&id).unwrap();
    fixture.registrar.settled(&id).unwrap();
    fixture.restart();
    let tally = Tally { done: 2, failed: 1, given_back: 1 };
    let member = fixture.registrar.member(&id).unwrap().unwrap();
    assert_eq!((member.state, member.holds, member.tally), (MemberState::Leaving, None, tally));
    fixture.registrar.gone(&id).unwrap();
    fixture.registrar.gone(&id).unwrap();
    fixture.restart();
    assert_eq!(fixture.registrar.member(&id).unwrap(), None);
    let other = fixture.member(&token, 1, 2).id;
    fixture.registrar.count(&other, Outcome::Failed, NOW).unwrap();
    let standing = fixture.registrar.show(&invite.id).unwrap().unwrap();
    assert_eq!(standing.tally, Tally { done: 2, failed: 2, given_back: 1 });
    assert_eq!((standing.present, standing.used), (1, 1));
    assert_eq!(fixture.registrar.local_tally().unwrap(), Tally::default());
}

#[test]
fn who_was_heard_is_written_down_once_a_minute() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(8));
    let id = fixture.member(&token, 1, 1).id;
    let other = fixture.again();
    for (after, kept) in [(1, 0), (59_999, 0), (60_000, 60_000), (60_001, 60_000)] {
        fixture.registrar.heard(&id, NOW + after).unwrap();
        let found = other.member(&id).unwrap().unwrap().heard_ms;
        assert_eq!(found - NOW, kept, "{after}");
    }
    // The end of a session is written down always, be it earlier than what is known.
    for at in [90_000, 70_000] {
        fixture.registrar.parted(&id, NOW + at).unwrap();
        assert_eq!(other.member(&id).unwrap().unwrap().heard_ms - NOW, at);
    }
    fixture.registrar.parted(&executor(9).id, NOW).unwrap();
    fixture.registrar.heard(&executor(9).id, NOW).unwrap();
    assert_eq!(other.members(COLONY).unwrap().len(), 1);
}

#[test]
fn there_are_no_more_than_may_be() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(2));
    let first = fixture.member(&token, 1, 1).id;
    fixture.member(&token, 2, 2);
    let admission = fixture.admit(&token, 3);
    let third = || fixture.registrar.enlist(&admission, &executor(3), NOW);
    assert_eq!(refusal(third()), Refusal::TooMany(2));
    // Who leaves makes room at once, who is there already needs none.
    assert_eq!(
        fixture.registrar.enlist(&fixture.admit(&token, 1), &executor(1), NOW).unwrap().id,
        first
    );
    fixture.registrar.leaving(&first).unwrap();
    third().unwrap();
    // Visitors are counted for themselves, by visit.
    for number in 10..12 {
        fixture.registrar.enlist(&admission, &visitor(number), NOW).unwrap();
    }
    let more = fixture.registrar.enlist(&admission, &visitor(12), NOW);
    assert_eq!(refusal(more), Refusal::TooMany(2));
}

#[test]
fn a_page_has_few_visitors() {
    let fixture = Fixture::new();
    let admission = fixture.registrar.admit_local(&local(100), &mark(1)).unwrap();
    for number in 0..4 {
        fixture.registrar.enlist(&admission, &visitor(number), NOW).unwrap();
    }
    let fifth = fixture.registrar.enlist(&admission, &visitor(4), NOW);
    assert_eq!(refusal(fifth), Refusal::TooMany(4));
    let other = fixture.registrar.admit_local(&local(100), &mark(2)).unwrap();
    fixture.registrar.enlist(&other, &visitor(5), NOW).unwrap();
}

#[test]
fn local_visits_have_limits_of_their_own() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(1));
    fixture.member(&token, 1, 1);
    let admission = fixture.registrar.admit_local(&local(1), &mark(1)).unwrap();
    assert!(admission.invite().is_none());
    let typed = NewMember { executor_type: "any".to_owned(), ..executor(2) };
    let member = fixture.registrar.enlist(&admission, &typed, NOW).unwrap();
    assert_eq!((member.invite, member.executor_type.as_str()), (None, "any"));
    let more = fixture.registrar.enlist(&admission, &executor(3), NOW);
    assert_eq!(refusal(more), Refusal::TooMany(1));
    assert_eq!(fixture.registrar.members_of(None).unwrap().len(), 1);
}

#[test]
fn nobody_takes_the_name_or_the_id_of_another() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(8));
    fixture.member(&token, 1, 1);
    let enlist = |visit, new: &NewMember| {
        refusal(fixture.registrar.enlist(&fixture.admit(&token, visit), new, NOW))
    };
    // The same first digits, the rest is another key's.
    let id = executor(1).id.as_str().replace("00000000000", "fffffffffff");
    let namesake = NewMember { id: webpool_colony::Id::from_text(id), ..executor(1) };
    assert_eq!(enlist(1, &namesake), Refusal::NameTaken(namesake.name.clone()));
    // The same id, from another visit or as somebody else.
    assert_eq!(enlist(2, &executor(1)), Refusal::NameTaken(executor(1).name));
    assert_eq!(enlist(1, &visitor(1)), Refusal::NameTaken(visitor(1).name));
    let badly_named = NewMember { name: "tab".to_owned(), ..executor(2) };
    assert!(matches!(enlist(1, &badly_named), Refusal::BadMember(_)));
}

#[test]
fn who_is_leaving_comes_back_when_it_has_gone() {
    let fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(8));
    let id = fixture.member(&token, 1, 1).id;
    fixture.registrar.leaving(&id).unwrap();
    let admission = fixture.admit(&token, 1);
    let enlist = || fixture.registrar.enlist(&admission, &executor(1), NOW);
    assert_eq!(refusal(enlist()), Refusal::StillLeaving);
    fixture.registrar.gone(&id).unwrap();
    assert_eq!(enlist().unwrap().state, MemberState::Joining);
}

#[test]
fn a_banned_visit_does_not_come_again() {
    let mut fixture = Fixture::new();
    let (_, token) = fixture.invite(&plain(8));
    let (_, other) = fixture.invite(&plain(8));
    let admission = fixture.admit(&token, 1);
    let one = fixture.member(&token, 1, 1);
    let two = fixture.member(&token, 1, 2);
    fixture.member(&token, 2, 3);
    let banned = fixture.registrar.ban(&one.id, Ban::Visit, NOW).unwrap();
    let leaving = |member: &Member| (member.name.clone(), MemberState::Leaving);
    assert_eq!(states(&banned), [leaving(&one), leaving(&two)]);
    fixture.restart();
    for token in [&token, &other] {
        let result = fixture.registrar.admit(COLONY, token, &mark(1), NOW);
        assert_eq!(refusal(result), Refusal::Banned);
    }
    assert_eq!(refusal(fixture.registrar.admit_local(&local(9), &mark(1))), Refusal::Banned);
    let late = fixture.registrar.enlist(&admission, &executor(4), NOW);
    assert_eq!(refusal(late), Refusal::Banned);
    fixture.member(&token, 2, 5);
    assert_eq!(fixture.registrar.ban(&executor(9).id, Ban::Visit, NOW).unwrap(), []);
}

#[test]
fn a_ban_may_take_the_invite_along() {
    let fixture = Fixture::new();
    let (invite, token) = fixture.invite(&plain(8));
    let one = fixture.member(&token, 1, 1);
    fixture.member(&token, 2, 2);
    let banned = fixture.registrar.ban(&one.id, Ban::Invite, NOW).unwrap();
    assert_eq!(banned.len(), 2);
    let result = fixture.registrar.admit(COLONY, &token, &mark(2), NOW);
    assert_eq!(refusal(result), Refusal::RevokedInvite);
    let standing = fixture.registrar.show(&invite.id).unwrap().unwrap();
    assert_eq!((standing.invite.revoked_ms, standing.present), (Some(NOW), 0));
}
