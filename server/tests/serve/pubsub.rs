//! The WebSocket of the embedded broker: what its frames look like, and what happens to the
//! connection. Its limits are tried beside the code.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    ChannelAppend, ChannelRead, Submit, SubscribeChannel, SubscribeProcess, SubscribeProcesses,
};
use webpool_colony::{
    Bytes, ChannelEntry, FunctionSpec, Json, PrivateKey, Process, ProcessState, Request,
};

use crate::broker::{PATIENCE, assign, close, join, submit};
use crate::support::{Server, USER_KEY};

/// One connection.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(server: &Server) -> Self {
        Self(connect_async(format!("ws{}/pubsub", &server.url[4..])).await.unwrap().0)
    }

    pub(crate) async fn send(&mut self, request: &impl Request, key: &str) {
        let frame = request.seal(&PrivateKey::from_hex(key).unwrap());
        self.0.send(Message::text(frame)).await.unwrap();
    }

    async fn message(&mut self) -> Option<Result<Message, Error>> {
        tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap()
    }

    /// The next frame: its type and its payload.
    pub(crate) async fn frame(&mut self) -> (String, Vec<u8>) {
        let message = self.message().await.unwrap().unwrap();
        let reply: ReplyEnvelope = serde_json::from_slice(&message.into_data()).unwrap();
        let payload = reply.payload_bytes();
        (reply.payloadtype, payload)
    }

    pub(crate) async fn process(&mut self) -> Process {
        let (kind, payload) = self.frame().await;
        assert_eq!(kind, "subscribeprocessmsg");
        serde_json::from_slice(&payload).unwrap()
    }

    /// What was said, by the next frame of a channel.
    async fn said(&mut self) -> Vec<String> {
        let (kind, payload) = self.frame().await;
        assert_eq!(kind, "subscribechannelmsg");
        texts(&serde_json::from_slice::<Vec<ChannelEntry>>(&payload).unwrap())
    }

    /// Whether it is dropped next, without a farewell.
    pub(crate) async fn is_dropped(&mut self) -> bool {
        matches!(self.message().await, None | Some(Err(_)))
    }

    async fn ping(&mut self) {
        self.0.send(Message::Ping("ping".into())).await.unwrap();
        let pong = self.message().await.unwrap().unwrap();
        assert_eq!(pong, Message::Pong("ping".into()));
    }
}

fn texts(entries: &[ChannelEntry]) -> Vec<String> {
    let bytes = entries.iter().map(|entry| entry.payload.clone().unwrap_or_default());
    bytes.map(|bytes| String::from_utf8_lossy(bytes.as_slice()).into_owned()).collect()
}

/// A process with the channels `a` and `b`.
async fn submit_with_channels(server: &Server) -> String {
    let empty = |json: &str| Json::from_text(json).unwrap();
    let spec = FunctionSpec::new("talk", "dev", "wasm", empty("[]"), empty("{}"));
    let channels = vec!["a".to_owned(), "b".to_owned()];
    let request = Submit { spec: Some(FunctionSpec { channels, ..spec }) };
    server.call(&request, USER_KEY).await.unwrap().processid
}

async fn say(server: &Server, key: &str, id: &str, text: &str) {
    let (processid, name) = (id.to_owned(), "a".to_owned());
    let payload = Some(Bytes::from(text));
    let request = ChannelAppend { processid, name, payload, ..ChannelAppend::default() };
    server.call(&request, key).await.unwrap();
}

fn listening(id: &str, name: &str, timeout: i64) -> SubscribeChannel {
    let (processid, name) = (id.to_owned(), name.to_owned());
    SubscribeChannel { processid, name, afterseq: 0, timeout }
}

pub(crate) fn following(id: &str, state: ProcessState, timeout: i64) -> SubscribeProcess {
    let (processid, state) = (id.to_owned(), state.to_code());
    SubscribeProcess { processid, state, timeout, ..SubscribeProcess::default() }
}

#[tokio::test]
async fn two_parties_talk_while_a_process_runs() {
    check_talk(&Server::start(&[])).await;
}

/// Both parties say something, until the process ends.
pub(crate) async fn check_talk(server: &Server) {
    let executor = join(server, "one").await;
    let id = submit_with_channels(server).await;
    server.call(&assign(15), &executor).await.unwrap();
    say(server, USER_KEY, &id, "question").await;
    let mut socket = Socket::open(server).await;
    socket.send(&listening(&id, "a", 600), &executor).await;
    assert_eq!(socket.said().await, ["question"]);
    // The channel has the connection for itself; pings are answered all the same.
    socket.send(&listening(&id, "b", -1), &executor).await;
    socket.ping().await;
    say(server, &executor, &id, "answer").await;
    assert_eq!(socket.said().await, ["answer"]);
    let (processid, name) = (id.clone(), "a".to_owned());
    let request = ChannelRead { processid, name, ..ChannelRead::default() };
    let log = server.call(&request, USER_KEY).await.unwrap();
    assert_eq!(texts(&log), ["question", "answer"]);
    // With the process the channel ends in silence, and the next request has its turn.
    server.call(&close(&id), &executor).await.unwrap();
    let (kind, payload) = socket.frame().await;
    assert_eq!(kind, "error");
    assert!(String::from_utf8(payload).unwrap().contains("Channel not found"));
    socket.ping().await;
}

#[tokio::test]
async fn a_channel_that_is_silent_ends_with_an_empty_array() {
    check_silence(&Server::start(&[])).await;
}

/// A channel in which nothing is said leaves the connection to the next request.
pub(crate) async fn check_silence(server: &Server) {
    let id = submit_with_channels(server).await;
    let mut socket = Socket::open(server).await;
    for _ in 0..2 {
        socket.send(&listening(&id, "a", 1), USER_KEY).await;
    }
    for _ in 0..2 {
        assert_eq!(socket.said().await, Vec::<String>::new());
    }
    socket.send(&following(&id, ProcessState::Waiting, 600), USER_KEY).await;
    assert_eq!(socket.process().await.processid, id);
}

#[tokio::test]
async fn the_end_of_a_subscription_drops_the_connection_without_a_farewell() {
    check_end(&Server::start(&[])).await;
}

/// The end of a subscription to a process is the end of its connection.
pub(crate) async fn check_end(server: &Server) {
    let id = submit(server).await.processid;
    for timeout_s in [1, 0, -1] {
        let mut socket = Socket::open(server).await;
        socket.send(&following(&id, ProcessState::Waiting, timeout_s), USER_KEY).await;
        assert_eq!(socket.process().await.processid, id);
        assert!(socket.is_dropped().await, "{timeout_s}");
    }
}

#[tokio::test]
async fn many_subscriptions_on_one_connection_are_safe() {
    let server = Server::start(&[]);
    let executor = join(&server, "one").await;
    let mut socket = Socket::open(&server).await;
    let mut ids = Vec::new();
    for _ in 0..24 {
        let id = submit(&server).await.processid;
        for state in [ProcessState::Running, ProcessState::Success] {
            socket.send(&following(&id, state, 600), &executor).await;
        }
        ids.push(id);
    }
    // Its answer comes after the last of them has begun.
    socket.send(&following(&ids[0], ProcessState::Waiting, 600), &executor).await;
    assert_eq!(socket.process().await.processid, ids[0]);
    // At once, as far as two cores can.
    let work = async || {
        let process = server.call(&assign(15), &executor).await.unwrap();
        server.call(&close(&process.processid), &executor).await.unwrap();
    };
    let works = futures_util::future::join_all((0..ids.len()).map(|_| work()));
    let events = async {
        let mut events = Vec::new();
        for _ in 0..2 * ids.len() {
            let process = socket.process().await;
            events.push((process.processid, process.state));
        }
        events
    };
    let (_, mut events) = tokio::join!(works, events);
    let mut expected: Vec<_> =
        ids.iter().flat_map(|id| [(id.clone(), 1), (id.clone(), 2)]).collect();
    expected.sort_unstable();
    events.sort_unstable();
    assert_eq!(events, expected);
    socket.ping().await;
}

#[tokio::test]
async fn every_follower_of_a_type_is_told() {
    let server = Server::start(&[]);
    let executor = join(&server, "one").await;
    let request = SubscribeProcesses {
        colonyname: "dev".to_owned(),
        executortype: "wasm".to_owned(),
        state: ProcessState::Waiting.to_code(),
        timeout: 600,
    };
    let (mut one, mut two) = (Socket::open(&server).await, Socket::open(&server).await);
    for socket in [&mut one, &mut two] {
        socket.send(&request, &executor).await;
        // Frames are answered in their order: with this refusal the subscription has begun.
        socket.send(&following("nope", ProcessState::Waiting, 600), &executor).await;
        assert_eq!(socket.frame().await.0, "error");
    }
    let id = submit(&server).await.processid;
    for socket in [&mut one, &mut two] {
        assert_eq!(socket.process().await.processid, id);
    }
    let mut stranger = Socket::open(&server).await;
    stranger.send(&request, USER_KEY).await;
    let (kind, payload) = stranger.frame().await;
    assert_eq!(kind, "error");
    assert_eq!(payload, br#"{"status":403,"message":"executor not found"}"#);
}

#[tokio::test]
async fn a_binary_frame_is_answered_with_binary_frames() {
    check_binary(&Server::start(&[])).await;
}

/// The answer has the kind of the question.
pub(crate) async fn check_binary(server: &Server) {
    let id = submit(server).await.processid;
    let mut socket = Socket::open(server).await;
    let request = following(&id, ProcessState::Waiting, 600);
    let frame = request.seal(&PrivateKey::from_hex(USER_KEY).unwrap());
    socket.0.send(Message::binary(frame.into_bytes())).await.unwrap();
    assert!(socket.message().await.unwrap().unwrap().is_binary());
    socket.send(&request, USER_KEY).await;
    assert!(socket.message().await.unwrap().unwrap().is_text());
}

#[tokio::test]
async fn a_farewell_is_returned() {
    let server = Server::start(&[]);
    let mut socket = Socket::open(&server).await;
    socket.0.close(None).await.unwrap();
    assert!(matches!(socket.message().await, Some(Ok(Message::Close(_)))));
    assert!(socket.message().await.is_none());
}

#[tokio::test]
async fn the_end_of_the_server_is_said() {
    let server = Server::start(&[]);
    let process = submit(&server).await;
    let (mut following_one, mut silent) =
        (Socket::open(&server).await, Socket::open(&server).await);
    following_one.send(&following(&process.processid, ProcessState::Success, 600), USER_KEY).await;
    following_one.ping().await;
    silent.ping().await;
    let ended = tokio::task::spawn_blocking(|| server.terminate());
    for mut socket in [following_one, silent] {
        let Some(Ok(Message::Close(Some(farewell)))) = socket.message().await else {
            panic!("no farewell");
        };
        assert_eq!(u16::from(farewell.code), 1001);
    }
    assert_eq!(ended.await.unwrap(), Some(0));
}
