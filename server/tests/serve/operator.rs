//! The operator's view: who gets in, what it shows, and what a click does to those who are there.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;
use webpool_wire::link::{FromGateway, RefusalCode};

use crate::broker::{PATIENCE, assign, close};
use crate::link::invited::{come, join};
use crate::link::secrets::write_private;
use crate::link::{Volunteer, kind, submit, until_waiting};
use crate::support::{Folder, LOG, Server, check_fails, header, http, run, text, webpool, with};

const KEY_FILE: &str = "webpool-data/operator.key";

/// The operator key, as the command prints it.
pub(crate) fn operator_key(folder: &Folder) -> String {
    let (code, out, errors) = text(&run(folder, &["env", "--secrets"]));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let line = out.lines().find_map(|line| line.strip_prefix("export WEBPOOL_OPERATOR_KEY="));
    line.unwrap().to_owned()
}

/// Somebody with a browser.
struct Operator<'a> {
    server: &'a Server,
    /// What the browser sends along.
    cookie: String,
}

impl<'a> Operator<'a> {
    /// Signs in.
    async fn enter(server: &'a Server) -> Self {
        let mut operator = Self { server, cookie: String::new() };
        let answer = operator.try_key(&operator_key(&server.folder)).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/operator"));
        let cookie = header(&answer, "set-cookie").split(';').next().unwrap();
        cookie.clone_into(&mut operator.cookie);
        operator
    }

    async fn try_key(&self, key: &str) -> reqwest::Response {
        self.post("/session", &[("key", key)], &[]).await
    }

    async fn post(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> reqwest::Response {
        let url = format!("{}/operator{path}", self.server.url);
        let post = http().post(url).header("cookie", &self.cookie).form(fields);
        with(post, headers).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.server.get(&format!("/operator{path}"), &[("cookie", &self.cookie)]).await
    }

    /// The list as it is now.
    async fn list(&self) -> String {
        let list = self.get("").await;
        assert_eq!(list.status(), 200);
        list.text().await.unwrap()
    }

    /// Makes an invite by the form; its secret and its id.
    async fn invite(&self, fields: &[(&str, &str)]) -> (String, String) {
        let kind = kind(self.server);
        let fields = [&[("executor_type", kind.as_str())], fields].concat();
        let made = self.post("/invites", &fields, &[]).await;
        assert_eq!(made.status(), 200);
        let page = made.text().await.unwrap();
        let link = between(&page, "<textarea", "</textarea>").split_once('>').unwrap().1.to_owned();
        let (address, secret) = link.split_once("/#invite=").unwrap();
        assert_eq!(address, self.server.url);
        let id = between(&page, "Link of the invite <code>", "</code>").to_owned();
        assert!(page.contains("id=\"qr\" viewBox="), "{page}");
        (secret.to_owned(), id)
    }

    /// Clicks; what is said then.
    async fn click(&self, path: &str) -> String {
        let clicked = self.post(path, &[], &[]).await;
        assert_eq!((clicked.status().as_u16(), header(&clicked, "location")), (303, "/operator"));
        let list = self.list().await;
        between(&list, "id=\"said\"", "</p>").split_once('>').unwrap().1.to_owned()
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no {before} … {after} in {text}")).0
}

/// The part of the list that is about one member.
fn row<'a>(list: &'a str, volunteer: &Volunteer) -> &'a str {
    between(list, &format!("data-member=\"{}\"", volunteer.key.id()), "</tr>")
}

#[tokio::test]
async fn without_the_key_there_is_nothing_but_a_form() {
    let server = Server::start(&[]);
    let stranger = Operator { server: &server, cookie: String::new() };
    let cookie = format!("webpool-operator={}", "0".repeat(26));
    let guesser = Operator { server: &server, cookie };
    for operator in [&stranger, &guesser] {
        let page = operator.get("").await;
        assert_eq!((page.status().as_u16(), header(&page, "refresh")), (200, ""));
        let page = page.text().await.unwrap();
        assert!(page.contains("type=\"password\"") && !page.contains("Colony"), "{page}");
        assert_eq!(operator.get("/invites/new").await.status(), 303);
        let acts = ["/invites", "/invites/00000000/revoke", "/members/0/remove", "/members/0/ban"];
        for path in acts.iter().chain(&["/session/end"]) {
            let refused = operator.post(path, &[("label", "x")], &[]).await;
            assert_eq!((refused.status().as_u16(), header(&refused, "set-cookie")), (403, ""));
            assert!(refused.text().await.unwrap().contains("nothing was done"), "{path}");
        }
    }
    for key in ["", "guess", &"0".repeat(26), &"0".repeat(64)] {
        let refused = stranger.try_key(key).await;
        assert_eq!((refused.status().as_u16(), header(&refused, "set-cookie")), (403, ""));
        assert!(refused.text().await.unwrap().contains("not the operator key"), "{key}");
    }
    let operator = Operator::enter(&server).await;
    assert!(operator.list().await.contains("Nobody is invited yet"));
}

#[tokio::test]
async fn who_tries_many_keys_has_to_wait() {
    let server = Server::start(&[]);
    let stranger = Operator { server: &server, cookie: String::new() };
    for _ in 0..10 {
        assert_eq!(stranger.try_key("guess").await.status(), 403);
    }
    // From now on not even the right one is looked at each time.
    let key = operator_key(&server.folder);
    for _ in 0..100 {
        let answer = stranger.try_key(&key).await;
        if answer.status() == 429 {
            assert_eq!((header(&answer, "retry-after"), header(&answer, "set-cookie")), ("1", ""));
            return;
        }
    }
    panic!("keys may be tried without end");
}

#[tokio::test]
async fn a_session_is_a_strict_cookie_and_ends_by_a_click() {
    let server = Server::start(&[]);
    let stranger = Operator { server: &server, cookie: String::new() };
    let key = operator_key(&server.folder);
    // As it may be typed.
    let answer = stranger.try_key(&format!(" {} ", key.to_uppercase())).await;
    let cookie = header(&answer, "set-cookie").to_owned();
    let (name, rest) = cookie.split_once('=').unwrap();
    let (secret, attributes) = rest.split_once("; ").unwrap();
    assert_eq!((name, secret.len()), ("webpool-operator", 26));
    assert!(secret != key, "the session is not the key");
    assert_eq!(attributes, "Path=/operator; Max-Age=43200; HttpOnly; SameSite=Strict");
    let proxied = [("x-forwarded-proto", "https")];
    let answer = stranger.post("/session", &[("key", &key)], &proxied).await;
    assert!(header(&answer, "set-cookie").ends_with("; SameSite=Strict; Secure"));
    let operator = Operator { server: &server, cookie: format!("{name}={secret}") };
    assert!(operator.list().await.contains("Colony"));
    let ended = operator.post("/session/end", &[], &[]).await;
    assert!(header(&ended, "set-cookie").contains("Max-Age=0"));
    assert!(operator.list().await.contains("type=\"password\""), "the cookie is worth nothing");
}

#[tokio::test]
async fn every_answer_is_for_this_browser_and_this_page() {
    let server = Server::start(&["--frame-ancestors", "https://a.test"]);
    let operator = Operator::enter(&server).await;
    let stranger = Operator { server: &server, cookie: String::new() };
    let answers = [
        operator.get("").await,
        operator.get("/invites/new").await,
        operator.get("/style.css").await,
        operator.post("/invites", &[], &[]).await,
        operator.post("/invites", &[("uses", "none")], &[]).await,
        stranger.get("").await,
        stranger.try_key("guess").await,
        stranger.post("/members/0/ban", &[], &[]).await,
    ];
    let content = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                   form-action 'self'; frame-ancestors 'none'";
    for answer in answers {
        let address = answer.url().clone();
        assert_eq!(header(&answer, "content-security-policy"), content, "{address}");
        assert_eq!(header(&answer, "cache-control"), "no-store", "{address}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{address}");
        let body = answer.text().await.unwrap();
        for inline in ["<script", "style=", "<style", " onclick"] {
            assert!(!body.contains(inline), "{address}: {inline}");
        }
    }
    let refresh = |answer: &reqwest::Response| header(answer, "refresh").to_owned();
    assert_eq!(refresh(&operator.get("").await), "5");
    assert_eq!(refresh(&operator.get("?hold").await), "");
    assert_eq!(refresh(&operator.get("/invites/new").await), "", "somebody types there");
}

#[tokio::test]
async fn a_page_of_another_origin_does_nothing_here() {
    let server = Server::start(&["--allow-origin", "http://a.test"]);
    let operator = Operator::enter(&server).await;
    // The second one may use the colony, as the option says, but is not the operator.
    for origin in ["http://evil.test", "http://a.test", "http://127.0.0.1:1", "null"] {
        let headers = [("origin", origin)];
        for path in ["/session", "/session/end", "/invites", "/members/0/ban"] {
            let refused = operator.post(path, &[("label", "x")], &headers).await;
            assert_eq!(refused.status(), 403, "{origin} {path}");
            assert_eq!(header(&refused, "access-control-allow-origin"), "");
            let said = refused.text().await.unwrap();
            assert!(said.contains(&format!("pages of the origin «{origin}»")), "{said}");
        }
        let list = server.get("/operator", &[("cookie", &operator.cookie), headers[0]]).await;
        assert_eq!(list.status(), 403, "{origin}");
    }
    assert!(operator.list().await.contains("Nobody is invited yet"));
    let own = [("origin", server.url.as_str())];
    assert_eq!(operator.post("/invites", &[("label", "x")], &own).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_of_the_form_is_a_good_one() {
    let server = Server::start(&[]);
    let operator = Operator::enter(&server).await;
    let label = "<script>alert(1)</script> \"Ada\" & 'Bob'";
    let (secret, id) = operator.invite(&[("label", label), ("uses", "1"), ("ends", "")]).await;
    let mut volunteer = join(&server, &secret).await;
    let submitted = submit(&server).await;
    let assigned = volunteer.call(&assign(2)).await.unwrap();
    assert_eq!(assigned.processid, submitted.processid);
    let list = operator.list().await;
    assert!(!list.contains("<script") && !list.contains("\"Ada\""), "{list}");
    assert!(list.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{list}");
    assert!(!list.contains(&secret), "the secret is shown once only");
    assert!(list.contains(&format!("data-invite=\"{id}\" data-state=\"used-up\"")), "{list}");
    let row = row(&list, &volunteer);
    for part in [&volunteer.name, "joined, here", &submitted.processid, ">now<"] {
        assert!(row.contains(part), "{part}: {row}");
    }
    volunteer.call(&close(&submitted.processid)).await.unwrap();
    assert!(operator.list().await.contains("<dt>Done</dt><dd>1</dd>"));
    let wrong = operator.post("/invites", &[("uses", "<many>"), ("label", "kept")], &[]).await;
    assert_eq!(wrong.status(), 400);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("whole one from 1 to 1000000"), "{page}");
    assert!(page.contains("&lt;many&gt;") && page.contains("value=\"kept\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_goes_at_once_and_may_come_again() {
    let server = Server::start(&[]);
    let operator = Operator::enter(&server).await;
    let (secret, _) = operator.invite(&[]).await;
    let (mut volunteer, process) = busy(&server, &secret).await;
    let id = volunteer.key.id();
    let said = operator.click(&format!("/members/{id}/remove")).await;
    assert!(said.contains(&volunteer.name), "{said}");
    let told = volunteer.hear().await;
    assert!(matches!(&told, Some(FromGateway::Leave { reason }) if reason.contains("sent")));
    until_waiting(&server, &process).await;
    let mut other = join(&server, &secret).await;
    assert_eq!(other.call(&assign(2)).await.unwrap().processid, process);
    let list = operator.list().await;
    assert!(list.contains("<dt>Given back</dt><dd>1</dd>"), "{list}");
    let again = operator.click(&format!("/members/{id}/remove")).await;
    assert!(again.contains("gone already"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_banned_goes_with_its_whole_visit_and_stays_away() {
    let server = Server::start(&[]);
    let operator = Operator::enter(&server).await;
    let (secret, _) = operator.invite(&[]).await;
    // All of them are the same visit.
    let (mut volunteer, process) = busy(&server, &secret).await;
    let mut beside = join(&server, &secret).await;
    let id = volunteer.key.id();
    let said = operator.click(&format!("/members/{id}/ban")).await;
    assert!(said.contains("all 2"), "{said}");
    for volunteer in [&mut volunteer, &mut beside] {
        let told = volunteer.hear().await;
        assert!(matches!(told, Some(FromGateway::Leave { .. })), "{told:?}");
    }
    until_waiting(&server, &process).await;
    let (_, said) = come(&server, &secret).await;
    let Some(FromGateway::Refused(refused)) = said else { panic!("{said:?}") };
    assert!(refused.reason.contains("ended by the operator"), "{refused:?}");
    let again = operator.click(&format!("/members/{id}/ban")).await;
    assert!(again.contains("could not be banned"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_invite_is_folded_away_once_all_have_gone() {
    let server = Server::start(&[]);
    let operator = Operator::enter(&server).await;
    let (secret, id) = operator.invite(&[]).await;
    let (mut volunteer, process) = busy(&server, &secret).await;
    let said = operator.click(&format!("/invites/{id}/revoke")).await;
    assert!(said.contains("the one who came by it leaves"), "{said}");
    let told = volunteer.hear().await;
    assert!(matches!(told, Some(FromGateway::Leave { .. })), "{told:?}");
    until_waiting(&server, &process).await;
    let (_, said) = come(&server, &secret).await;
    let Some(FromGateway::Refused(refused)) = said else { panic!("{said:?}") };
    assert_eq!(refused.code, RefusalCode::RevokedInvite);
    let began = Instant::now();
    while operator.list().await.contains(&format!("data-invite=\"{id}\"")) {
        assert!(began.elapsed() < PATIENCE, "it is still shown");
    }
    let all = operator.get("?all").await.text().await.unwrap();
    assert!(all.contains(&format!("data-invite=\"{id}\" data-state=\"revoked\"")), "{all}");
    let unknown = operator.click("/invites/00000000/revoke").await;
    assert!(unknown.contains("no such invite"), "{unknown}");
}

#[tokio::test]
async fn those_of_this_machine_stand_by_themselves() {
    let server = Server::start(&[]);
    let operator = Operator::enter(&server).await;
    let mut volunteer = Volunteer::join(&server).await;
    let list = operator.list().await;
    let local = between(&list, "id=\"local\"", "</section>");
    assert!(local.contains(&volunteer.name), "{list}");
    let said = operator.click(&format!("/members/{}/remove", volunteer.key.id())).await;
    assert!(said.contains(&volunteer.name), "{said}");
    assert!(matches!(volunteer.hear().await, Some(FromGateway::Leave { .. })));
}

#[tokio::test]
async fn who_is_away_was_heard_when_it_went() {
    let server = Server::start(&[]);
    let operator = Operator::enter(&server).await;
    let volunteer = Volunteer::join(&server).await;
    let key = volunteer.key.clone();
    drop(volunteer);
    let began = Instant::now();
    // A broken socket has two seconds to come back.
    let away = loop {
        let list = operator.list().await;
        let row = between(&list, &format!("data-member=\"{}\"", key.id()), "</tr>").to_owned();
        if row.contains("joined, away") {
            break row;
        }
        assert!(began.elapsed() < PATIENCE, "{row}");
    };
    assert!(away.contains(" s ago</time>") && !away.contains(">now<"), "{away}");
    let (_, welcome) = Volunteer::enter(&server, key.clone()).await;
    assert!(welcome.is_known, "it was away and came back");
}

#[test]
fn the_key_is_made_once_and_printed_for_its_owner_only() {
    let folder = Folder::with_colony("mine");
    let (_, out, _) = text(&run(&folder, &["env", "--secrets"]));
    assert!(!out.contains("OPERATOR"), "there is none before a server has started: {out}");
    let mut server = Server::start_in(folder, &[]);
    let key = operator_key(&server.folder);
    let announcement = server.announcement();
    assert!(announcement.contains(&format!("{}/operator", server.url)), "{announcement}");
    assert!(announcement.contains("env --secrets") && !announcement.contains(&key));
    let folder = Arc::clone(&server.folder);
    let (_, out, _) = text(&run(&folder, &["env"]));
    assert!(!out.contains("OPERATOR") && !out.contains(&key), "{out}");
    assert_eq!(fs::read_to_string(folder.path().join(KEY_FILE)).unwrap(), format!("{key}\n"));
    check_mode(&folder.path().join(KEY_FILE));
    drop(server);
    let server = Server::start_in(folder, &[]);
    assert_eq!(operator_key(&server.folder), key);
}

#[cfg(unix)]
fn check_mode(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(not(unix))]
fn check_mode(_path: &Path) {}

#[tokio::test]
async fn before_a_colonyos_server_the_view_takes_the_owners_key() {
    let behind = Server::start(&[]);
    let mut gateway = Server::start_gateway(&[&behind.url]);
    assert!(gateway.announcement().contains("/operator"));
    let operator = Operator::enter(&gateway).await;
    let list = operator.list().await;
    assert!(list.contains(&format!("at the ColonyOS server {}", behind.url)), "{list}");
    let mut open = Server::start_before(&[&behind.url]);
    assert!(!open.announcement().contains("/operator"));
    assert_eq!(open.get("/operator", &[]).await.status(), 404);
    let (_, out, _) = text(&run(&open.folder, &["env", "--secrets"]));
    assert!(!out.contains("OPERATOR"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_the_view_is_logged() {
    let folder = Arc::new(Folder::new());
    let server = Server::start_traced(webpool(folder.path()), Arc::clone(&folder), &[]);
    let operator = Operator::enter(&server).await;
    let (secret, id) = operator.invite(&[]).await;
    operator.try_key(&"1".repeat(26)).await;
    operator.click(&format!("/invites/{id}/revoke")).await;
    let session = operator.cookie.split_once('=').unwrap().1.to_owned();
    let key = operator_key(&folder);
    assert_eq!(server.terminate(), Some(0));
    let log = fs::read_to_string(folder.path().join(LOG)).unwrap();
    assert!(log.contains("wrong operator key"), "the log has nothing");
    for secret in [&key, &session, &secret, &"1".repeat(26)] {
        assert!(!log.contains(secret.as_str()), "{secret}");
    }
}

/// A volunteer by an invite, with a process.
async fn busy(server: &Server, secret: &str) -> (Volunteer, String) {
    let mut volunteer = join(server, secret).await;
    let submitted = submit(server).await;
    let assigned = volunteer.call(&assign(2)).await.unwrap();
    assert_eq!(assigned.processid, submitted.processid);
    (volunteer, submitted.processid)
}

#[test]
fn a_key_that_is_none_is_named() {
    let folder = Folder::with_colony("mine");
    let data = folder.path().join("webpool-data");
    write_private(&data.join("operator.key"), "guess");
    let parts = ["operator.key holds no operator key", "remove it"];
    for line in [&["env", "--secrets"][..], &["serve", "--port", "0"]] {
        check_fails(&folder, line, 1, &parts);
    }
}
