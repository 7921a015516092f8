//! webpool in front of ColonyOS servers: requests, polls and subscriptions go on to them, and to the
//! next one when one has gone, unless they may have been carried out already.
//!
//! The servers are embedded brokers of other processes, or sockets that answer as told. With
//! `WEBPOOL_COLONIES=URL` work goes round at the ColonyOS server there too, in its colony `dev`.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    AddExecutor, ApproveExecutor, Assign, CloseSuccessful, GetProcess, GetProcesses,
    RemoveExecutor, Submit, SubscribeProcesses,
};
use webpool_colony::types::Executor;
use webpool_colony::{Error, FunctionSpec, Json, PrivateKey, ProcessState};

use crate::broker::{check_end_of_poll, check_routes, check_work, submit};
use crate::doors::{check_admitted, check_refused};
use crate::pubsub::{Socket, check_binary, check_end, check_silence, check_talk, following};
use crate::support::{OWNER_KEY, Server, USER_KEY, http};

/// An address where nobody listens.
const NOBODY: &str = "http://127.0.0.1:1";

/// Tries something behind webpool, which finds the server at its second address.
async fn behind(check: impl AsyncFn(&Server)) {
    let server = Server::start(&[]);
    check(&Server::start_before(&[NOBODY, &server.url])).await;
}

#[tokio::test]
async fn requests_go_on_to_the_server() {
    behind(check_work).await;
    behind(check_end_of_poll).await;
    behind(check_routes).await;
}

#[tokio::test]
async fn subscriptions_go_on_to_the_server() {
    behind(check_talk).await;
    behind(check_silence).await;
    behind(check_end).await;
    behind(check_binary).await;
}

/// The port of the server that answers.
async fn who(webpool: &Server) -> String {
    let question = r#"{"payloadtype":"getserverinfomsg"}"#;
    let answer = http().post(format!("{}/api", webpool.url)).body(question).send().await.unwrap();
    let envelope: ReplyEnvelope = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let info: Value = serde_json::from_slice(&envelope.payload_bytes()).unwrap();
    info["backends"][0]["port"].to_string()
}

#[tokio::test]
async fn the_next_server_answers_when_one_has_gone() {
    let (one, two) = (Server::start(&[]), Server::start(&[]));
    let (port_one, port_two) = (one.port().to_owned(), two.port().to_owned());
    let webpool = Server::start_before(&[&one.url, &two.url]);
    assert_eq!(who(&webpool).await, port_one);
    let folder = Arc::clone(&one.folder);
    one.terminate();
    assert_eq!(who(&webpool).await, port_two);
    // The good one is kept, until it has gone too.
    let one = Server::start_again(folder, &port_one);
    assert_eq!(who(&webpool).await, port_two);
    two.terminate();
    assert_eq!(who(&webpool).await, port_one);
    one.terminate();
    let error = webpool.call(&GetProcess::default(), USER_KEY).await.unwrap_err();
    assert_eq!(error, refused(503, "no ColonyOS server can be reached"));
    assert_eq!(webpool.get("/health", &[]).await.status(), 200);
}

fn refused(status: u16, message: &str) -> Error {
    Error::Refused { status, message: message.to_owned() }
}

/// A server that answers every request with the same bytes, and ends the connection.
struct Puppet {
    url: String,
    /// How many requests came.
    count: Arc<AtomicUsize>,
}

impl Puppet {
    fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let its_count = Arc::clone(&count);
        thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                hear(&mut stream);
                its_count.fetch_add(1, Ordering::SeqCst);
                // Who asked may have gone.
                stream.write_all(&answer).unwrap_or_default();
            }
        });
        Self { url, count }
    }
}

/// Reads one request with a body of known length.
fn hear(stream: &mut TcpStream) {
    let (mut text, mut part) = (String::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut part).unwrap();
        text.push_str(&String::from_utf8_lossy(&part[..length]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let announced = head.split_once("content-length: ").unwrap().1;
        let announced = announced.split("\r\n").next().unwrap().parse::<usize>().unwrap();
        if body.len() >= announced {
            return;
        }
    }
}

fn response(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into()
}

fn submission(executortype: &str) -> Submit {
    let args = Json::from_strings(&["5", "3"]);
    let spec = FunctionSpec::new("add", "dev", executortype, args, Json::from_text("{}").unwrap());
    Submit { spec: Some(spec) }
}

async fn waiting(server: &Server) -> usize {
    let (colonyname, state) = ("dev".to_owned(), ProcessState::Waiting.to_code());
    let request = GetProcesses { colonyname, state, count: 9, ..GetProcesses::default() };
    server.call(&request, USER_KEY).await.unwrap().unwrap_or_default().len()
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again() {
    let server = Server::start(&[]);
    let answers = [Vec::new(), response("503 Service Unavailable", "<html>"), b"nonsense".to_vec()];
    let lost = refused(502, "the answer of the ColonyOS server was lost");
    for answer in answers {
        let puppet = Puppet::start(answer);
        let start = || Server::start_before(&[&puppet.url, &server.url]);
        let webpool = start();
        let error = webpool.call(&submission("wasm"), USER_KEY).await.unwrap_err();
        assert_eq!((error, waiting(&server).await), (lost.clone(), 0));
        let error = start().call(&Assign::default(), USER_KEY).await.unwrap_err();
        assert_eq!(error, lost);
        assert_eq!(puppet.count.load(Ordering::SeqCst), 2);
        // The next request goes to the next server, and a question goes there at once.
        webpool.call(&GetProcess::default(), USER_KEY).await.unwrap_err();
        assert_eq!(puppet.count.load(Ordering::SeqCst), 2);
        assert_eq!(who(&start()).await, server.port());
        assert_eq!(puppet.count.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn what_a_server_says_is_passed_on() {
    let server = Server::start(&[]);
    let paused = r#"{"payloadtype":"error","payload":"e30=","error":true}"#;
    let cases = [
        ("503 Service Unavailable", paused.to_owned(), 503),
        ("500 Internal Server Error", String::new(), 500),
        ("404 Not Found", "<html>".to_owned(), 404),
        ("200 OK", "x".repeat(64 << 20), 200),
    ];
    for (status, body, expected) in cases {
        let puppet = Puppet::start(response(status, &body));
        let webpool = Server::start_before(&[&puppet.url, &server.url]);
        let post = http().post(format!("{}/api", webpool.url)).body("{}");
        let answer = post.send().await.unwrap();
        assert_eq!(answer.status(), expected);
        assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
        assert!(answer.text().await.unwrap() == body, "{status}");
    }
    let puppet = Puppet::start(response("200 OK", &"x".repeat((64 << 20) + 1)));
    let webpool = Server::start_before(&[&puppet.url, &server.url]);
    let error = webpool.call(&GetProcess::default(), USER_KEY).await.unwrap_err();
    assert_eq!(error, refused(502, "the answer of the ColonyOS server is too long"));
}

#[tokio::test]
async fn a_subscription_ends_with_its_server() {
    let server = Server::start(&[]);
    let webpool = Server::start_before(&[&server.url]);
    let id = submit(&webpool).await.processid;
    let mut socket = Socket::open(&webpool).await;
    socket.send(&following(&id, ProcessState::Waiting, 600), USER_KEY).await;
    assert_eq!(socket.process().await.processid, id);
    server.terminate();
    assert!(socket.is_dropped().await);
    let mut socket = Socket::open(&webpool).await;
    socket.send(&following(&id, ProcessState::Waiting, 600), USER_KEY).await;
    assert!(socket.is_dropped().await);
}

#[tokio::test]
async fn a_refused_subscription_leaves_the_connection() {
    let server = Server::start(&[]);
    let webpool = Server::start_before(&[&server.url]);
    let id = submit(&webpool).await.processid;
    let mut socket = Socket::open(&webpool).await;
    socket.send(&SubscribeProcesses::default(), USER_KEY).await;
    let (kind, payload) = socket.frame().await;
    let refusal = br#"{"status":403,"message":"executor not found"}"#;
    assert_eq!((kind.as_str(), payload.as_slice()), ("error", &refusal[..]));
    // What subscribes to nothing is met with silence.
    socket.send(&GetProcess::default(), USER_KEY).await;
    socket.send(&following(&id, ProcessState::Waiting, 600), USER_KEY).await;
    assert_eq!(socket.process().await.processid, id);
}

#[tokio::test]
async fn the_guard_asks_here_too() {
    let server = Server::start(&[]);
    let options = ["--colonies", &server.url, "--allow-host", "volunteer.test"];
    let webpool = Server::start(&options);
    let port = webpool.port().to_owned();
    check_admitted(&webpool, &[("origin", &webpool.url)]).await;
    check_admitted(&webpool, &[("host", &format!("volunteer.test:{port}"))]).await;
    check_admitted(&webpool, &[("x-forwarded-for", "192.0.2.1")]).await;
    check_refused(&webpool, &[("host", &format!("evil.test:{port}"))], "--allow-host").await;
    check_refused(&webpool, &[("origin", "https://evil.test")], "--allow-origin").await;
}

/// A name that nobody else has, for an executor and its type: a real server wakes polls by type.
fn fresh_name() -> String {
    format!("webpool-{}", &PrivateKey::generate().id().as_str()[..12])
}

#[tokio::test]
async fn work_goes_round_at_any_server() {
    let broker = Server::start(&[]);
    let named = env::var("WEBPOOL_COLONIES").ok().filter(|url| !url.is_empty());
    for url in [Some(broker.url.clone()), named].into_iter().flatten() {
        check_round(&Server::start_before(&[NOBODY, &url])).await;
    }
}

/// An executor joins, polls, is given a process that somebody follows, and leaves.
async fn check_round(webpool: &Server) {
    let (key, name, colony) = (PrivateKey::generate(), fresh_name(), || "dev".to_owned());
    let executor = Executor {
        executorid: key.id(),
        executortype: name.clone(),
        executorname: name.clone(),
        colonyname: colony(),
        ..Executor::default()
    };
    webpool.call(&AddExecutor { executor: Some(executor) }, OWNER_KEY).await.unwrap();
    let approve = ApproveExecutor { colonyname: colony(), executorname: name.clone() };
    webpool.call(&approve, OWNER_KEY).await.unwrap();
    let id = webpool.call(&submission(&name), USER_KEY).await.unwrap().processid;
    let mut socket = Socket::open(webpool).await;
    socket.send(&following(&id, ProcessState::Waiting, 60), USER_KEY).await;
    assert_eq!(socket.process().await.processid, id);
    let assign = Assign { colonyname: colony(), timeout: 15, ..Assign::default() };
    let key = key.to_hex();
    assert_eq!(webpool.call(&assign, key).await.unwrap().processid, id);
    let close = CloseSuccessful { processid: id.clone(), out: Json::from_strings(&["8"]) };
    webpool.call(&close, key).await.unwrap();
    let process = webpool.call(&GetProcess { processid: id }, USER_KEY).await.unwrap();
    assert_eq!(process.output.to_texts(), ["8"]);
    let remove = RemoveExecutor { colonyname: colony(), executorname: name };
    webpool.call(&remove, OWNER_KEY).await.unwrap();
}
