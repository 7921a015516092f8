//! The way in by link, over real sockets: who gets in, what they may do, and what becomes of their
//! work when they go. With `WEBPOOL_COLONIES=URL` the same before the ColonyOS server there, in its
//! colony `dev`.

use std::env;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    AddExecutor, AddFunction, CancelProcess, GetExecutors, GetProcess, GetProcesses, GetUsers,
    RemoveExecutor, RemoveProcess, Submit, SubscribeProcess, SubscribeProcesses, UpdateExecutor,
};
use webpool_colony::types::{Executor, Function};
use webpool_colony::{
    Envelope, Error, FunctionSpec, Json, PrivateKey, Process, ProcessState, Request,
};
use webpool_wire::link::{
    Challenge, FromGateway, HELLO_TYPE, Hello, LinkRole, RefusalCode, ToGateway, Welcome,
};

use crate::broker::{PATIENCE, assign, close};
use crate::support::{Server, USER_KEY};

mod abuse;
mod build;
pub(crate) mod invited;
mod restart;
pub(crate) mod secrets;
mod visitors;

/// Somebody on a link.
pub(crate) struct Volunteer {
    pub(crate) key: PrivateKey,
    pub(crate) name: String,
    executor_type: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    requests: u64,
    /// What the gateway said so far, as it came.
    heard: Vec<String>,
}

/// What can be tried with an answer to a challenge.
struct Answer {
    challenge: Challenge,
    host: String,
    token: String,
    role: LinkRole,
}

impl Volunteer {
    /// Opens a socket and hears the challenge.
    async fn knock(server: &Server, key: PrivateKey) -> (Self, Answer) {
        Self::knock_with(server, key, None).await
    }

    /// The same with a header.
    async fn knock_with(
        server: &Server,
        key: PrivateKey,
        header: Option<(&'static str, &str)>,
    ) -> (Self, Answer) {
        let address = server.url.strip_prefix("http://").unwrap();
        let mut request = format!("ws://{address}/link").into_client_request().unwrap();
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await.unwrap();
        let id = key.id();
        let name = format!("web-0-{}", &id.as_str()[..8]);
        let executor_type = kind(server);
        let (requests, heard) = (0, Vec::new());
        let mut volunteer = Self { key, name, executor_type, socket, requests, heard };
        let FromGateway::Challenge(challenge) = volunteer.hear().await.unwrap() else { panic!() };
        let (host, token) = (address.to_owned(), String::new());
        (volunteer, Answer { challenge, host, token, role: LinkRole::Executor })
    }

    /// Answers the challenge; what the gateway says to it.
    async fn answer(&mut self, answer: Answer) -> Option<FromGateway> {
        let hello = Hello {
            nonce: answer.challenge.nonce,
            host: answer.host,
            token: answer.token,
            visit: "5e".repeat(16),
            role: answer.role,
            build: answer.challenge.build,
        };
        let payload = serde_json::to_string(&hello).unwrap();
        let body = Envelope::sign(HELLO_TYPE, &payload, &self.key).to_body();
        self.say(&ToGateway::Hello { body }).await;
        self.hear().await
    }

    /// Proves its key.
    pub(crate) async fn enter(server: &Server, key: PrivateKey) -> (Self, Welcome) {
        let (mut volunteer, answer) = Self::knock(server, key).await;
        let said = volunteer.answer(answer).await;
        let Some(FromGateway::Welcome(welcome)) = said else { panic!("{said:?}") };
        (volunteer, welcome)
    }

    /// Proves a fresh key and joins.
    pub(crate) async fn join(server: &Server) -> Self {
        let (mut volunteer, welcome) = Self::enter(server, PrivateKey::generate()).await;
        assert_eq!((welcome.is_known, welcome.holds), (false, None));
        let joined = volunteer.call(&volunteer.description()).await.unwrap();
        assert_eq!(joined.state, 1, "approved");
        volunteer
    }

    /// With a process that was submitted before.
    async fn busy(server: &Server) -> (Self, String) {
        let submitted = submit(server).await;
        let mut volunteer = Self::join(server).await;
        let assigned = volunteer.call(&assign(2)).await.unwrap();
        assert_eq!(assigned.processid, submitted.processid);
        (volunteer, submitted.processid)
    }

    fn description(&self) -> AddExecutor {
        let executor = Executor {
            executorid: self.key.id(),
            executortype: self.executor_type.clone(),
            executorname: self.name.clone(),
            colonyname: "dev".to_owned(),
            ..Executor::default()
        };
        AddExecutor { executor: Some(executor) }
    }

    async fn say(&mut self, frame: &ToGateway) {
        let text = serde_json::to_string(frame).unwrap();
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next frame; none if the socket has ended.
    pub(crate) async fn hear(&mut self) -> Option<FromGateway> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap();
            match next? {
                Ok(Message::Text(text)) => {
                    self.heard.push(text.to_string());
                    return Some(serde_json::from_str(&text).unwrap());
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Close(_) | Message::Binary(_) | Message::Frame(_)) | Err(_) => {
                    return None;
                }
            }
        }
    }

    /// Sends a request that `key` has signed; its reply.
    async fn call_as<R: Request>(
        &mut self,
        request: &R,
        key: &PrivateKey,
    ) -> Result<R::Reply, Error> {
        self.requests += 1;
        let sent = self.requests;
        self.say(&ToGateway::Request { id: sent, body: request.seal(key) }).await;
        let said = self.hear().await;
        let Some(FromGateway::Reply { id, status, body }) = said else { panic!("{said:?}") };
        assert_eq!(id, sent);
        R::read(status, body.as_bytes())
    }

    pub(crate) async fn call<R: Request>(&mut self, request: &R) -> Result<R::Reply, Error> {
        let key = self.key.clone();
        self.call_as(request, &key).await
    }

    /// Is refused on the link, and as well when it posts the same.
    #[track_caller]
    fn refused<R: Request + Sync>(
        &mut self,
        server: &Server,
        request: &R,
    ) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let linked = self.call(request).await.map(drop);
            let posted = server.call(request, self.key.to_hex()).await.map(drop);
            for answer in [linked, posted] {
                let is_refused = matches!(&answer, Err(Error::Refused { status: 403, message })
                    if message.starts_with("Access denied"));
                assert!(is_refused, "{place}: {answer:?}");
            }
        }
    }
}

/// The type of the executors at a server; others may use the same colony meanwhile.
pub(crate) fn kind(server: &Server) -> String {
    format!("wasm-{}-{}", server.port(), std::process::id())
}

pub(crate) async fn submit(server: &Server) -> Process {
    let json = |text: &str| Json::from_text(text).unwrap();
    let spec = FunctionSpec::new("add", "dev", &kind(server), json("[5, 3]"), json("{}"));
    server.call(&Submit { spec: Some(spec) }, USER_KEY).await.unwrap()
}

async fn read(server: &Server, id: &str) -> Process {
    let request = GetProcess { processid: id.to_owned() };
    server.call(&request, USER_KEY).await.unwrap()
}

/// How long it takes until a process waits again.
pub(crate) async fn until_waiting(server: &Server, id: &str) -> Duration {
    let began = Instant::now();
    while read(server, id).await.state() != Some(ProcessState::Waiting) {
        assert!(began.elapsed() < PATIENCE, "it still does not wait");
    }
    began.elapsed()
}

fn at_most(found: Duration, limit_ms: u64) {
    assert!(found <= Duration::from_millis(limit_ms), "{found:?}, not {limit_ms} ms");
}

/// Tries something at the embedded broker, and at a gateway in front of a server: a broker of
/// another process, and the ColonyOS server that `WEBPOOL_COLONIES` names.
async fn everywhere(check: impl AsyncFn(&Server)) {
    check(&Server::start(&[])).await;
    let behind = Server::start(&[]);
    check(&Server::start_gateway(&["http://127.0.0.1:1", &behind.url])).await;
    let named = env::var("WEBPOOL_COLONIES").ok().filter(|url| !url.is_empty());
    if let Some(url) = named {
        check(&Server::start_gateway(&[&url])).await;
    }
}

#[tokio::test]
async fn work_goes_round() {
    everywhere(async |server| {
        let mut volunteer = Volunteer::join(server).await;
        let key = volunteer.key.clone();
        let id = volunteer.requests + 1;
        volunteer.say(&ToGateway::Request { id, body: assign(2).seal(&key) }).await;
        let submitted = submit(server).await;
        let FromGateway::Reply { status, body, .. } = volunteer.hear().await.unwrap() else {
            panic!()
        };
        let assigned: Process = webpool_colony::reply::read(status, body.as_bytes()).unwrap();
        assert_eq!(assigned.processid, submitted.processid);
        volunteer.requests = id;
        volunteer.call(&close(&assigned.processid)).await.unwrap();
        let process = read(server, &submitted.processid).await;
        assert_eq!(process.state(), Some(ProcessState::Success));
        assert_eq!(process.output.to_texts(), ["8"]);
    })
    .await;
}

#[tokio::test]
async fn a_proof_holds_once_and_here() {
    let server = Server::start(&[]);
    let changes: [fn(&mut Answer) -> RefusalCode; 3] = [
        |answer| {
            answer.challenge.nonce = "00".repeat(32);
            RefusalCode::BadHello
        },
        |answer| {
            answer.host = "evil.example.org".to_owned();
            RefusalCode::BadHello
        },
        |answer| {
            answer.token = "guessed".to_owned();
            RefusalCode::UnknownInvite
        },
    ];
    for change in changes {
        let (mut volunteer, mut answer) = Volunteer::knock(&server, PrivateKey::generate()).await;
        let code = change(&mut answer);
        let said = volunteer.answer(answer).await;
        let is_refused = matches!(&said, Some(FromGateway::Refused(why)) if why.code == code);
        assert!(is_refused, "{said:?}");
        assert_eq!(volunteer.hear().await, None, "the socket ends");
    }
}

#[tokio::test]
async fn whoever_says_something_else_first_is_cut_off() {
    let server = Server::start(&[]);
    let key = PrivateKey::generate();
    let body = assign(2).seal(&key);
    let texts = [
        "nonsense".to_owned(),
        serde_json::to_string(&ToGateway::Request { id: 1, body }).unwrap(),
        format!("{{\"hello\":{{\"body\":\"{}\"}}}}", "x".repeat(20_000)),
    ];
    for text in texts {
        let (mut volunteer, _) = Volunteer::knock(&server, key.clone()).await;
        volunteer.socket.send(Message::text(text)).await.unwrap();
        assert_eq!(volunteer.hear().await, None);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_gets_no_socket() {
    let server = Server::start(&[]);
    let mut request = format!("ws{}/link", &server.url[4..]).into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example.org".parse().unwrap());
    assert!(connect_async(request).await.is_err());
}

#[tokio::test]
async fn nobody_speaks_or_leaves_for_another() {
    everywhere(async |server| {
        let (mut honest, process) = Volunteer::busy(server).await;
        let mut thief = Volunteer::join(server).await;
        let stolen = close(&process).seal(&honest.key);
        thief.requests += 1;
        let id = thief.requests;
        thief.say(&ToGateway::Request { id, body: stolen }).await;
        let said = thief.hear().await;
        assert!(matches!(said, Some(FromGateway::Reply { status: 403, .. })), "{said:?}");
        thief.refused(server, &close(&process)).await;
        let (colonyname, executorname) = ("dev".to_owned(), honest.name.clone());
        thief.refused(server, &RemoveExecutor { colonyname, executorname }).await;
        let fun = Function {
            funcname: "evil".to_owned(),
            executorname: honest.name.clone(),
            executortype: "wasm".to_owned(),
            colonyname: "dev".to_owned(),
            ..Function::default()
        };
        thief.refused(server, &AddFunction { fun: Some(fun) }).await;
        thief.refused(server, &honest.description()).await;
        honest.call(&close(&process)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_volunteers_key_opens_nothing_else() {
    everywhere(async |server| {
        let (mut honest, process) = Volunteer::busy(server).await;
        let waiting = submit(server).await;
        let mut volunteer = Volunteer::join(server).await;
        for id in [&process, &waiting.processid] {
            let processid = id.clone();
            volunteer.refused(server, &CancelProcess { processid: processid.clone() }).await;
            volunteer.refused(server, &RemoveProcess { processid: processid.clone() }).await;
            volunteer.refused(server, &GetProcess { processid }).await;
        }
        let colonyname = || "dev".to_owned();
        volunteer.refused(server, &GetExecutors { colonyname: colonyname() }).await;
        volunteer.refused(server, &GetUsers { colonyname: colonyname() }).await;
        let list = GetProcesses { colonyname: colonyname(), count: 10, ..GetProcesses::default() };
        volunteer.refused(server, &list).await;
        volunteer.refused(server, &Submit { spec: Some(waiting.spec.clone()) }).await;
        let update = UpdateExecutor { colonyname: colonyname(), ..UpdateExecutor::default() };
        volunteer.refused(server, &update).await;
        assert_eq!(read(server, &waiting.processid).await.state(), Some(ProcessState::Waiting));
        honest.call(&close(&process)).await.unwrap();
    })
    .await;
}

/// Subscribes over `/pubsub`; the first that is said.
async fn follow(server: &Server, frame: String) -> ReplyEnvelope {
    let url = format!("ws{}/pubsub", &server.url[4..]);
    let (mut socket, _) = connect_async(url).await.unwrap();
    socket.send(Message::text(frame)).await.unwrap();
    let said = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    serde_json::from_slice(&said.into_data()).unwrap()
}

#[tokio::test]
async fn only_members_follow_processes() {
    everywhere(async |server| {
        let subscription = SubscribeProcess {
            colonyname: "dev".to_owned(),
            processid: submit(server).await.processid,
            executortype: kind(server),
            state: 0,
            timeout: 60,
        };
        let refused = follow(server, subscription.seal(&PrivateKey::generate())).await;
        assert!(refused.error, "{refused:?}");
        let user = PrivateKey::from_hex(USER_KEY).unwrap();
        // The process waits already: that is told at once.
        let told = follow(server, subscription.seal(&user)).await;
        assert_eq!((told.error, told.payloadtype.as_str()), (false, SubscribeProcess::TYPE));
    })
    .await;
}

#[tokio::test]
async fn a_volunteers_key_follows_nothing_else() {
    everywhere(async |server| {
        let waiting = submit(server).await;
        let volunteer = Volunteer::join(server).await;
        let one = SubscribeProcess {
            colonyname: "dev".to_owned(),
            processid: waiting.processid,
            executortype: "wasm".to_owned(),
            state: 0,
            timeout: 60,
        };
        let all = SubscribeProcesses {
            colonyname: "dev".to_owned(),
            executortype: "wasm".to_owned(),
            state: 0,
            timeout: 60,
        };
        for frame in [one.seal(&volunteer.key), all.seal(&volunteer.key)] {
            let refused = follow(server, frame).await;
            assert!(refused.error, "{refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_says_goodbye_gives_its_work_back_at_once() {
    everywhere(async |server| {
        let (mut volunteer, process) = Volunteer::busy(server).await;
        volunteer.socket.close(None).await.unwrap();
        at_most(until_waiting(server, &process).await, 500);
    })
    .await;
}

/// A browser takes a socket that ends without a farewell for one that has failed.
#[tokio::test]
async fn a_farewell_is_answered() {
    everywhere(async |server| {
        let (mut volunteer, _) = Volunteer::busy(server).await;
        volunteer.socket.close(None).await.unwrap();
        let answer = volunteer.socket.next().await.unwrap().unwrap();
        assert!(matches!(answer, Message::Close(_)), "{answer:?}");
        let (mut stranger, Answer { token, .. }) =
            Volunteer::knock(server, PrivateKey::generate()).await;
        stranger.say(&ToGateway::Hello { body: token }).await;
        assert!(matches!(stranger.hear().await, Some(FromGateway::Refused(_))));
        let farewell = stranger.socket.next().await.unwrap().unwrap();
        assert!(matches!(farewell, Message::Close(_)), "{farewell:?}");
    })
    .await;
}

#[tokio::test]
async fn whose_socket_breaks_has_two_seconds() {
    everywhere(async |server| {
        let (volunteer, process) = Volunteer::busy(server).await;
        let key = volunteer.key.clone();
        drop(volunteer);
        let (mut back, welcome) = Volunteer::enter(server, key).await;
        assert_eq!((welcome.is_known, welcome.holds.as_ref()), (true, Some(&process)));
        let code = CloseFrame { code: 4000.into(), reason: "back soon".into() };
        back.socket.close(Some(code)).await.unwrap();
        let found = until_waiting(server, &process).await;
        at_most(found, 2500);
        assert!(found > Duration::from_millis(1500), "{found:?}: it had no time to return");
    })
    .await;
}

#[tokio::test]
async fn the_farewell_that_the_page_posts_counts() {
    everywhere(async |server| {
        let (volunteer, process) = Volunteer::busy(server).await;
        let executorname = volunteer.name.clone();
        let farewell = RemoveExecutor { colonyname: "dev".to_owned(), executorname };
        server.call(&farewell, volunteer.key.to_hex()).await.unwrap();
        assert_eq!(read(server, &process).await.state(), Some(ProcessState::Waiting));
    })
    .await;
}

#[tokio::test]
async fn who_left_is_nobody() {
    everywhere(async |server| {
        let (mut volunteer, _) = Volunteer::busy(server).await;
        let key = volunteer.key.clone();
        volunteer.socket.close(None).await.unwrap();
        let colonyname = "dev".to_owned();
        let list = GetExecutors { colonyname };
        let said = server.call(&list, key.to_hex()).await;
        assert!(matches!(said, Err(Error::Refused { status: 403, .. })), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn a_pause_takes_nothing_with_it() {
    let server = Server::start(&[]);
    let mut volunteer = Volunteer::join(&server).await;
    let body = assign(2).seal(&volunteer.key);
    for id in 100..120 {
        volunteer.say(&ToGateway::Request { id, body: body.clone() }).await;
        volunteer.say(&ToGateway::Abort { id }).await;
    }
    // Its answer says that all of it was heard.
    volunteer.call(&GetUsers::default()).await.unwrap_err();
    let submitted = submit(&server).await;
    let mut other = Volunteer::join(&server).await;
    let began = Instant::now();
    let assigned = other.call(&assign(2)).await.unwrap();
    assert_eq!(assigned.processid, submitted.processid);
    at_most(began.elapsed(), 2000);
}
