//! Visitors, who submit: on this machine, and from elsewhere where the operator says so.

use webpool_colony::request::AddUser;
use webpool_colony::types::User;

use super::invited::make;
use super::*;
use crate::support::Folder;

/// What a request from another machine has, since a proxy is between.
const ELSEWHERE: (&str, &str) = ("x-forwarded-for", "203.0.113.7");
const ELSEWHERE_TOO: (&str, &str) = ("x-forwarded-for", "203.0.113.8");

/// The type of the page's executors.
const TYPE: &str = "wasm";

/// A server that is not for its own machine alone.
fn serve(options: &[&str]) -> Server {
    Server::start_in(Folder::with_colony("dev"), options)
}

/// Comes to submit; what the gateway says.
async fn visit(
    server: &Server,
    from: Option<(&'static str, &str)>,
    token: &str,
) -> (Volunteer, Option<FromGateway>) {
    let key = PrivateKey::generate();
    let (mut visitor, mut answer) = Volunteer::knock_with(server, key, from).await;
    visitor.name = format!("web-page-{}", &visitor.key.id().as_str()[..8]);
    answer.role = LinkRole::Visitor;
    token.clone_into(&mut answer.token);
    let said = visitor.answer(answer).await;
    (visitor, said)
}

/// Comes to submit and joins.
async fn join(server: &Server, from: Option<(&'static str, &str)>) -> Volunteer {
    let (mut visitor, said) = visit(server, from, "").await;
    assert!(matches!(said, Some(FromGateway::Welcome(_))), "{said:?}");
    let user = User {
        colonyname: "dev".to_owned(),
        userid: visitor.key.id(),
        name: visitor.name.clone(),
        ..User::default()
    };
    visitor.call(&AddUser { user: Some(user) }).await.unwrap();
    visitor
}

fn adding(executor_type: &str) -> Submit {
    let json = |text: &str| Json::from_text(text).unwrap();
    let spec = FunctionSpec::new("add", "dev", executor_type, json("[5, 3]"), json("{}"));
    Submit { spec: Some(spec) }
}

async fn is_told_to_submit(server: &Server, headers: &[(&str, &str)]) -> bool {
    let config = server.get("/config.json", headers).await.text().await.unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["submit"].as_bool().unwrap()
}

#[track_caller]
fn check_refused(said: Option<&FromGateway>, code: RefusalCode) {
    let is_refused = matches!(&said, Some(FromGateway::Refused(refused)) if refused.code == code);
    assert!(is_refused, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_submits_from_elsewhere_unless_the_operator_says_so() {
    let server = serve(&[]);
    let mut here = join(&server, None).await;
    let submitted = here.call(&adding(TYPE)).await.unwrap();
    let read = GetProcess { processid: submitted.processid };
    assert_eq!(here.call(&read).await.unwrap().state(), Some(ProcessState::Waiting));
    let (_, said) = visit(&server, Some(ELSEWHERE), "").await;
    check_refused(said.as_ref(), RefusalCode::NoVisitors);
    assert!(is_told_to_submit(&server, &[]).await);
    assert!(!is_told_to_submit(&server, &[ELSEWHERE]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_invited_may_not_submit() {
    let server = Server::start(&[]);
    let (token, _) = make(&server, &[]);
    let (_, said) = visit(&server, None, &token).await;
    check_refused(said.as_ref(), RefusalCode::NoVisitors);
    let post = crate::support::http().post(format!("{}/link/invite", server.url)).body(token);
    let shown = post.send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(r#""submit":false"#), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_submit_from_elsewhere_for_the_pages_executors_alone() {
    let server = serve(&["--visitors-submit"]);
    let mut visitor = join(&server, Some(ELSEWHERE)).await;
    let submitted = visitor.call(&adding(TYPE)).await.unwrap();
    let read = GetProcess { processid: submitted.processid };
    visitor.call(&read).await.unwrap();
    visitor.refused(&server, &adding("native")).await;
    let mut other = join(&server, Some(ELSEWHERE)).await;
    other.refused(&server, &read).await;
    assert!(is_told_to_submit(&server, &[ELSEWHERE]).await);
    // Who runs processes needs an invite all the same, and who has one may submit too.
    let key = PrivateKey::generate();
    let (mut volunteer, answer) = Volunteer::knock_with(&server, key, Some(ELSEWHERE)).await;
    check_refused(volunteer.answer(answer).await.as_ref(), RefusalCode::NoInvite);
    let (_, said) = visit(&server, Some(ELSEWHERE), "a secret").await;
    assert!(matches!(said, Some(FromGateway::Welcome(_))), "{said:?}");
}

/// Submits until it is refused, but not forever; how often it was not, and the refusal.
async fn exhaust(visitor: &mut Volunteer) -> (u32, Error) {
    for count in 0..200 {
        if let Err(error) = visitor.call(&adding(TYPE)).await {
            return (count, error);
        }
    }
    panic!("200 submissions in a row");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_elsewhere_submits_so_often_and_no_more() {
    let server = serve(&["--visitors-submit", "--trusted-proxy", "127.0.0.1"]);
    let began = Instant::now();
    let mut visitor = join(&server, Some(ELSEWHERE)).await;
    let mut other = join(&server, Some(ELSEWHERE_TOO)).await;
    let (count, refusal) = exhaust(&mut visitor).await;
    let most = 30 + u32::try_from(began.elapsed().as_secs()).unwrap();
    // To come counts as well.
    assert!((29..=most).contains(&count), "{count}");
    let is_too_often = |error: &Error| {
        matches!(error, Error::Refused { status: 429, message }
            if message.contains("try again in 1 s"))
    };
    assert!(is_too_often(&refusal), "{refusal}");
    let post = server.call(&adding(TYPE), visitor.key.to_hex()).await.unwrap_err();
    assert!(is_too_often(&post), "{post}");
    let (_, said) = visit(&server, Some(ELSEWHERE), "").await;
    check_refused(said.as_ref(), RefusalCode::TooFast);
    other.call(&adding(TYPE)).await.unwrap();
    let metrics = server.get("/metrics", &[]).await.text().await.unwrap();
    assert!(metrics.contains("webpool_rate_limited_total{kind=\"submission\"}"), "{metrics}");
}
