//! Several registrars over one file, as a server and its commands have it.

use std::thread;

use webpool_registrar::{MemberState, NewInvite, Refusal, Registrar};

use super::fixture::{COLONY, Fixture, NOW, executor, mark, plain, refusal};

#[test]
fn a_server_notices_what_a_command_does() {
    let fixture = Fixture::new();
    let server = &fixture.registrar;
    assert!(!server.has_changed().unwrap());
    let command = fixture.again();
    let (invite, token) = command.create(&plain(8), NOW).unwrap();
    assert!(server.has_changed().unwrap());
    assert!(!server.has_changed().unwrap());
    let id = fixture.member(&token.to_text(), 1, 1).id;
    assert!(!server.has_changed().unwrap(), "its own changes are none");
    command.revoke(&invite.id, NOW).unwrap();
    assert!(server.has_changed().unwrap());
    assert_eq!(server.member(&id).unwrap().unwrap().state, MemberState::Leaving);
    assert!(command.has_changed().unwrap(), "the server has let somebody in");
}

#[test]
fn a_fresh_file_may_be_opened_by_many_at_once() {
    for _ in 0..20 {
        let fixture = Fixture::new();
        let path = &fixture.path.with_file_name("fresh.sqlite");
        let open = || Registrar::open(path).map(|registrar| registrar.list().unwrap().len());
        thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            for one in all {
                assert_eq!(one.join().unwrap().unwrap(), 0);
            }
        });
    }
}

#[test]
fn limits_hold_for_all_of_them_together() {
    let fixture = Fixture::new();
    let (invite, token) = fixture.invite(&NewInvite { uses: Some(3), ..plain(5) });
    let (path, token) = (&fixture.path, &token);
    let come = |number: u32| {
        let registrar = Registrar::open(path)?;
        let admission = registrar.admit(COLONY, token, &mark(number % 8), NOW)?;
        registrar.enlist(&admission, &executor(number), NOW)
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..16).map(|number| scope.spawn(move || come(number))).collect();
        let results: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        let here = results.iter().filter(|result| result.is_ok()).count();
        let refused = results.into_iter().filter(Result::is_err).map(refusal);
        let (used_up, too_many): (Vec<_>, Vec<_>) =
            refused.partition(|refusal| *refusal == Refusal::UsedUpInvite(3));
        assert_eq!((here, used_up.len(), too_many.len()), (5, 10, 1));
        assert_eq!(too_many, [Refusal::TooMany(5)]);
    });
    let standing = fixture.registrar.show(&invite.id).unwrap().unwrap();
    assert_eq!((standing.used, standing.present), (3, 5));
}
