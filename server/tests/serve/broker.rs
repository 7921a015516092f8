//! The embedded broker through the program's routes: work goes round, is followed, and outlives a
//! restart.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    AddExecutor, ApproveExecutor, Assign, CloseSuccessful, GetProcess, Submit, SubscribeProcess,
};
use webpool_colony::types::Executor;
use webpool_colony::{FunctionSpec, Json, PrivateKey, Process, ProcessState, Request as _};

use crate::support::{OWNER_KEY, Server, USER_KEY, header, http};

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn submit(server: &Server) -> Process {
    let args = Json::from_strings(&["5", "3"]);
    let kwargs = Json::from_text("{}").unwrap();
    let spec = FunctionSpec::new("add", "dev", "wasm", args, kwargs);
    server.call(&Submit { spec: Some(spec) }, USER_KEY).await.unwrap()
}

/// Joins an executor; its key.
pub(crate) async fn join(server: &Server, name: &str) -> String {
    join_as(server, name, "wasm").await
}

/// Joins an executor of a type; its key.
pub(crate) async fn join_as(server: &Server, name: &str, executortype: &str) -> String {
    let key = PrivateKey::generate();
    let executor = Executor {
        executorid: key.id(),
        executortype: executortype.to_owned(),
        executorname: name.to_owned(),
        colonyname: "dev".to_owned(),
        ..Executor::default()
    };
    server.call(&AddExecutor { executor: Some(executor) }, OWNER_KEY).await.unwrap();
    let approve = ApproveExecutor { colonyname: "dev".to_owned(), executorname: name.to_owned() };
    server.call(&approve, OWNER_KEY).await.unwrap();
    key.to_hex().to_owned()
}

pub(crate) fn assign(timeout_s: i64) -> Assign {
    Assign { colonyname: "dev".to_owned(), timeout: timeout_s, ..Assign::default() }
}

pub(crate) fn close(id: &str) -> CloseSuccessful {
    CloseSuccessful { processid: id.to_owned(), out: Json::from_strings(&["8"]) }
}

#[tokio::test]
async fn work_goes_round() {
    check_work(&Server::start(&[])).await;
}

/// A process that is submitted reaches the poll that waits for it, and its result comes back.
pub(crate) async fn check_work(server: &Server) {
    let executor = join(server, "one").await;
    let request = assign(15);
    let (assigned, submitted) = tokio::join!(server.call(&request, &executor), submit(server));
    let assigned = assigned.unwrap();
    assert_eq!(assigned.processid, submitted.processid);
    assert_eq!(assigned.spec.args.to_texts(), ["5", "3"]);
    server.call(&close(&assigned.processid), &executor).await.unwrap();
    let get = GetProcess { processid: submitted.processid };
    let process = server.call(&get, USER_KEY).await.unwrap();
    assert_eq!(process.state(), Some(ProcessState::Success));
    assert_eq!(process.output.to_texts(), ["8"]);
}

#[tokio::test]
async fn a_poll_ends_with_its_connection() {
    check_end_of_poll(&Server::start(&[])).await;
}

/// A poll whose client hangs up takes no process any more.
pub(crate) async fn check_end_of_poll(server: &Server) {
    let executor = join(server, "one").await;
    let key = PrivateKey::from_hex(&executor).unwrap();
    // The server sees the end of a connection a moment later: it may need another round.
    for _ in 0..5 {
        let poll = http().post(format!("{}/api", server.url)).body(assign(60).seal(&key)).send();
        tokio::time::timeout(Duration::from_millis(100), poll).await.unwrap_err();
        submit(server).await;
        if server.call(&assign(-1), &executor).await.is_ok() {
            return;
        }
    }
    panic!("an abandoned poll took every process");
}

#[tokio::test]
async fn a_process_can_be_followed() {
    let server = Server::start(&[]);
    let executor = join(&server, "one").await;
    let id = submit(&server).await.processid;
    let follow = SubscribeProcess {
        colonyname: "dev".to_owned(),
        processid: id.clone(),
        executortype: "wasm".to_owned(),
        state: ProcessState::Success.to_code(),
        timeout: 15,
    };
    let frame = follow.seal(&PrivateKey::from_hex(USER_KEY).unwrap());
    let (mut socket, _) = connect_async(format!("ws{}/pubsub", &server.url[4..])).await.unwrap();
    socket.send(Message::text(frame)).await.unwrap();
    socket.send(Message::Ping(b"still there?".to_vec().into())).await.unwrap();
    let pong = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(pong, Message::Pong(b"still there?".to_vec().into()));
    server.call(&assign(15), &executor).await.unwrap();
    server.call(&close(&id), &executor).await.unwrap();
    let event = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    let event: ReplyEnvelope = serde_json::from_str(event.to_text().unwrap()).unwrap();
    assert_eq!((event.payloadtype.as_str(), event.error), ("subscribeprocessmsg", false));
    let process: Process = serde_json::from_slice(&event.payload_bytes()).unwrap();
    assert_eq!((process.processid, process.state), (id, 2));
}

#[tokio::test]
async fn nonsense_over_the_socket_drops_the_connection() {
    let server = Server::start(&[]);
    let (mut socket, _) = connect_async(format!("ws{}/pubsub", &server.url[4..])).await.unwrap();
    socket.send(Message::text("nonsense")).await.unwrap();
    let end = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
    assert!(matches!(end, None | Some(Err(_))), "{end:?}");
    let plain = server.get("/pubsub", &[]).await;
    assert_eq!((plain.status().as_u16(), header(&plain, "sec-websocket-version")), (400, "13"));
}

#[tokio::test]
async fn a_submitted_process_outlives_a_restart() {
    let server = Server::start(&[]);
    let folder = Arc::clone(&server.folder);
    let id = submit(&server).await.processid;
    assert_eq!(server.terminate(), Some(0));
    let server = Server::start_in(folder, &[]);
    let executor = join(&server, "one").await;
    let process = server.call(&assign(15), &executor).await.unwrap();
    assert_eq!(process.processid, id);
}

#[tokio::test]
async fn an_open_poll_does_not_hold_up_the_end() {
    let server = Server::start(&[]);
    let executor = PrivateKey::from_hex(&join(&server, "one").await).unwrap();
    let post = http().post(format!("{}/api", server.url)).body(assign(600).seal(&executor));
    let poll = tokio::spawn(post.send());
    // A round trip, so that the poll is on its way at least.
    submit_to_nobody(&server).await;
    let ended = tokio::task::spawn_blocking(|| server.terminate());
    assert_eq!(tokio::time::timeout(PATIENCE, ended).await.unwrap().unwrap(), Some(0));
    tokio::time::timeout(PATIENCE, poll).await.unwrap().unwrap().ok();
}

async fn submit_to_nobody(server: &Server) {
    let empty = || Json::from_text("[]").unwrap();
    let spec = FunctionSpec::new("add", "dev", "nobody", empty(), Json::default());
    server.call(&Submit { spec: Some(spec) }, USER_KEY).await.unwrap();
}

#[tokio::test]
async fn routes_answer_as_a_colonies_server_does() {
    check_routes(&Server::start(&[])).await;
}

/// Statuses and headers of the routes.
pub(crate) async fn check_routes(server: &Server) {
    let health = server.get("/health", &[]).await;
    assert_eq!(header(&health, "content-type"), "text/plain; charset=utf-8");
    assert_eq!((health.status().as_u16(), health.text().await.unwrap()), (200, String::new()));
    let url = |path: &str| format!("{}{path}", server.url);
    for request in
        [http().head(url("/health")), http().post(url("/health")), http().get(url("/api"))]
    {
        assert_eq!(request.send().await.unwrap().status(), 404);
    }
    let moved = http().post(url("/api/")).send().await.unwrap();
    assert_eq!((moved.status().as_u16(), header(&moved, "location")), (307, "/api"));
    let moved = server.get("/health/", &[]).await;
    assert_eq!((moved.status().as_u16(), header(&moved, "location")), (301, "/health"));
}

#[tokio::test]
async fn a_request_that_is_too_long_is_refused() {
    let server = Server::start(&[]);
    let body = vec![b' '; (64 << 20) + 1];
    let request = http().post(format!("{}/api", server.url)).body(body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 413);
    let body = response.bytes().await.unwrap();
    let error = webpool_colony::reply::read::<Json>(413, &body).unwrap_err();
    assert!(error.to_string().contains("67108864 bytes"), "{error}");
}
