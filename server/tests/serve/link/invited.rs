//! Who comes by an invite that a command makes and revokes beside the running server.

use super::*;
use crate::invite::{invite, link_and_id};
use crate::support::Folder;

/// Makes an invite; its secret and its id.
pub(super) fn make(server: &Server, limits: &[&str]) -> (String, String) {
    let out = invite(&server.folder, &[&["create", "--type", &kind(server)], limits].concat());
    let (link, id) = link_and_id(&out);
    (link.split_once("#invite=").unwrap().1.to_owned(), id)
}

/// Answers the challenge with a secret; what the gateway says to it.
pub(crate) async fn come(server: &Server, token: &str) -> (Volunteer, Option<FromGateway>) {
    let (mut volunteer, mut answer) = Volunteer::knock(server, PrivateKey::generate()).await;
    token.clone_into(&mut answer.token);
    let said = volunteer.answer(answer).await;
    (volunteer, said)
}

/// Comes by an invite and joins.
pub(crate) async fn join(server: &Server, token: &str) -> Volunteer {
    let (mut volunteer, said) = come(server, token).await;
    assert!(matches!(said, Some(FromGateway::Welcome(_))), "{said:?}");
    volunteer.call(&volunteer.description()).await.unwrap();
    volunteer
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_by_a_revoked_invite_has_to_go() {
    let server = Server::start(&[]);
    let (token, id) = make(&server, &["--name-prefix", "web-"]);
    let (other, _) = make(&server, &[]);
    let mut revoked = join(&server, &token).await;
    let mut stays = join(&server, &other).await;
    let submitted = submit(&server).await;
    revoked.call(&assign(2)).await.unwrap();
    let shown = invite(&server.folder, &["show", &id]);
    assert!(shown.contains(&revoked.name) && shown.contains("executors  1 of 64"), "{shown}");
    invite(&server.folder, &["revoke", &id]);
    let said = revoked.hear().await;
    assert!(matches!(said, Some(FromGateway::Leave { .. })), "{said:?}");
    until_waiting(&server, &submitted.processid).await;
    let assigned = stays.call(&assign(2)).await.unwrap();
    assert_eq!(assigned.processid, submitted.processid);
    let (_, said) = come(&server, &token).await;
    let Some(FromGateway::Refused(refused)) = said else { panic!("{said:?}") };
    assert_eq!(refused.code, RefusalCode::RevokedInvite);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_says_who_may_join_and_how_many() {
    let server = Server::start(&[]);
    let (token, id) = make(&server, &["--at-once", "1", "--uses", "1"]);
    let mut first = join(&server, &token).await;
    // All of them are the same visit, so the invite is good for a second one, but not at once.
    let (mut second, said) = come(&server, &token).await;
    assert!(matches!(said, Some(FromGateway::Welcome(_))), "{said:?}");
    let refused = second.call(&second.description()).await.unwrap_err();
    assert!(refused.to_string().contains("1 are here already"), "{refused}");
    let leave = RemoveExecutor { colonyname: "dev".to_owned(), executorname: first.name.clone() };
    first.call(&leave).await.unwrap();
    second.call(&second.description()).await.unwrap();
    let (token, _) = make(&server, &["--name-prefix", "lab-"]);
    let (mut third, _) = come(&server, &token).await;
    let refused = third.call(&third.description()).await.unwrap_err();
    assert!(refused.to_string().contains("names begin with «lab-»"), "{refused}");
    let shown = invite(&server.folder, &["show", &id]);
    assert!(shown.contains("visits     1 of 1") && shown.contains(&second.name), "{shown}");
}

#[tokio::test]
async fn who_comes_through_a_proxy_needs_an_invite() {
    let server = Server::start_in(Folder::with_colony("dev"), &[]);
    Volunteer::enter(&server, PrivateKey::generate()).await;
    let headers =
        [("forwarded", "for=127.0.0.1"), ("x-forwarded-for", "127.0.0.1"), ("x-real-ip", "::1")];
    for header in headers {
        let key = PrivateKey::generate();
        let (mut volunteer, answer) = Volunteer::knock_with(&server, key, Some(header)).await;
        let said = volunteer.answer(answer).await;
        let Some(FromGateway::Refused(refused)) = said else { panic!("{header:?}: {said:?}") };
        assert_eq!(refused.code, RefusalCode::NoInvite, "{header:?}");
    }
}
