//! The limits, with real sockets and a real broker, but smaller numbers.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use axum::Router;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, interval};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, client_async, connect_async};
use webpool_broker::{Answer, Broker, Settings};
use webpool_colony::ProcessState::{self, Waiting};
use webpool_colony::request::{Submit, SubscribeChannel, SubscribeProcess};
use webpool_colony::types::{Colony, User};
use webpool_colony::{Envelope, FunctionSpec, Json, PrivateKey, Process, Request};

use super::*;
use crate::{connections, limits};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server with nothing but the WebSocket, and its broker.
struct Bench {
    broker: Broker,
    places: Arc<Semaphore>,
    address: SocketAddr,
    user: PrivateKey,
    folder: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.broker.close();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

impl Bench {
    async fn start(limits: Limits) -> Self {
        Self::start_on(limits, limits::Limits::default()).await
    }

    async fn start_on(limits: Limits, connections: limits::Limits) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Relaxed);
        let name = format!("webpool-pubsub-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let user = PrivateKey::generate();
        let settings =
            Settings::new(folder.join("broker.db"), user.id(), Arc::new(crate::clock::now));
        let broker = Broker::open(settings).unwrap();
        let name = || "dev".to_owned();
        let colony = Colony { colonyid: user.id().as_str().to_owned(), name: name() };
        let member =
            User { colonyname: name(), userid: user.id(), name: name(), ..User::default() };
        broker.seed(colony, vec![member]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared::new(Front::Open(broker.clone().into()), limits);
        let places = Arc::clone(&shared.places);
        let router = Router::new().route("/pubsub", get(open).with_state(shared));
        let metrics = Arc::new(crate::metrics::Metrics::new());
        let terms = connections::Terms { limits: connections, tls: None, metrics };
        tokio::spawn(connections::serve(listener, router, terms, std::future::pending()));
        Self { broker, places, address, user, folder }
    }

    async fn try_connect(&self) -> Result<Socket, tungstenite::Error> {
        Ok(connect_async(format!("ws://{}/pubsub", self.address)).await?.0)
    }

    async fn connect(&self) -> Socket {
        self.try_connect().await.unwrap()
    }

    async fn submit(&self, argument: &str) -> Process {
        let args = Json::from_strings(&[argument]);
        let spec = FunctionSpec::new("echo", "dev", "wasm", args, Json::from_text("{}").unwrap());
        let spec = FunctionSpec { channels: vec!["talk".to_owned()], ..spec };
        let (sender, answer) = oneshot::channel();
        let respond = move |answer: Answer| sender.send(answer).unwrap();
        let body = Submit { spec: Some(spec) }.seal(&self.user);
        let _call = self.broker.call(body, Box::new(respond));
        let answer = answer.await.unwrap();
        Submit::read(answer.status, answer.body.as_bytes()).unwrap()
    }

    /// Returns when no more than so many connections are open.
    async fn has_only(&self, open: usize) {
        let free = u32::try_from(LIMITS.sockets - open).unwrap();
        let places = tokio::time::timeout(PATIENCE, self.places.acquire_many(free)).await;
        drop(places.unwrap().unwrap());
    }

    /// The frame that follows a process in a state.
    fn follow(&self, id: &str, state: ProcessState) -> Message {
        let request = SubscribeProcess {
            processid: id.to_owned(),
            state: state.to_code(),
            timeout: 600,
            ..SubscribeProcess::default()
        };
        Message::text(request.seal(&self.user))
    }

    fn listen(&self, id: &str) -> Message {
        let (processid, name) = (id.to_owned(), "talk".to_owned());
        let request = SubscribeChannel { processid, name, afterseq: 0, timeout: 600 };
        Message::text(request.seal(&self.user))
    }
}

/// The next thing that comes; none if the connection was dropped.
async fn next(socket: &mut Socket) -> Option<Message> {
    tokio::time::timeout(PATIENCE, socket.next()).await.unwrap()?.ok()
}

/// What comes until the connection is dropped.
async fn rest(socket: &mut Socket) -> usize {
    let mut count = 0;
    while next(socket).await.is_some() {
        count += 1;
    }
    count
}

fn text(message: Option<Message>) -> String {
    let message = message.unwrap().into_text().unwrap();
    let reply: webpool_colony::envelope::ReplyEnvelope = serde_json::from_str(&message).unwrap();
    String::from_utf8(reply.payload_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_cut_off_and_nobody_else_notices() {
    let (full, free) = (1 << 20, 1 << 30);
    let (long, short) = (LIMITS.pulse, Duration::from_millis(100));
    for (queued_bytes, stall) in [(full, long), (free, short)] {
        let connections = limits::Limits { stall, ..limits::Limits::default() };
        let bench = Bench::start_on(Limits { queued_bytes, ..LIMITS }, connections).await;
        let id = bench.submit(&"x".repeat(512 << 10)).await.processid;
        let (mut deaf, mut other) = (bench.connect().await, bench.connect().await);
        // 45 MB: more than the buffers between the two ends can take.
        for _ in 0..64 {
            deaf.send(bench.follow(&id, Waiting)).await.unwrap();
        }
        bench.has_only(1).await;
        other.send(bench.follow(&id, Waiting)).await.unwrap();
        assert!(text(next(&mut other).await).contains(&id));
        assert!(rest(&mut deaf).await < 64);
    }
}

/// A connection of a client that reads at most so many bytes each time.
struct Slow {
    io: TcpStream,
    pause: Interval,
    bytes: usize,
    /// How much it has read.
    total: usize,
}

impl AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.pause.poll_tick(context));
        let mut some = buffer.take(self.bytes);
        let read = Pin::new(&mut self.io).poll_read(context, &mut some);
        let length = some.filled().len();
        if read.is_pending() {
            self.pause.reset_immediately();
        }
        buffer.advance(length);
        self.total += length;
        read
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_gets_a_long_message_however_long_it_takes() {
    // A second for a part, three pings of a fifth: the whole takes longer than both.
    let stall = Duration::from_secs(1);
    let connections = limits::Limits { stall, ..limits::Limits::default() };
    let limits = Limits { pulse: Duration::from_millis(200), ..LIMITS };
    let bench = Bench::start_on(limits, connections).await;
    let length = 6 << 20;
    let id = bench.submit(&"x".repeat(length)).await.processid;
    // 8 MB, 32 KB every 10 ms, with buffers between the two ends that hold about half of it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(128 << 10).unwrap();
    let io = socket.connect(bench.address).await.unwrap();
    let slow = Slow { io, pause: interval(Duration::from_millis(10)), bytes: 32 << 10, total: 0 };
    let url = format!("ws://{}/pubsub", bench.address);
    let (mut slow, _) = client_async(url, slow).await.unwrap();
    let begun = Instant::now();
    slow.send(bench.follow(&id, Waiting)).await.unwrap();
    let mut pings_between = 0;
    let message = loop {
        let message = tokio::time::timeout(PATIENCE, slow.next()).await.unwrap().unwrap().unwrap();
        if !message.is_ping() {
            break message;
        }
        pings_between += usize::from(slow.get_ref().total > 1 << 20);
    };
    assert!(text(Some(message)).len() > length);
    assert!(begun.elapsed() > 2 * stall, "it was no slow client");
    assert!(pings_between > 0, "nothing comes between its fragments");
}

#[tokio::test]
async fn there_are_so_many_places() {
    let bench = Bench::start(Limits { sockets: 2, ..LIMITS }).await;
    let (first, _second) = (bench.connect().await, bench.connect().await);
    match bench.try_connect().await {
        Err(tungstenite::Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            let sentence = "too many open WebSockets, allowed are 2\n".to_owned();
            assert_eq!((answer.status().as_u16(), String::from_utf8(body)), (503, Ok(sentence)));
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    let place = tokio::time::timeout(PATIENCE, bench.places.acquire()).await;
    drop(place.unwrap().unwrap());
    bench.try_connect().await.unwrap();
}

#[tokio::test]
async fn a_connection_has_so_many_subscriptions() {
    let bench = Bench::start(Limits { subscriptions: 2, ..LIMITS }).await;
    let id = bench.submit("hello").await.processid;
    let mut socket = bench.connect().await;
    // What is refused counts no longer.
    for _ in 0..3 {
        socket.send(bench.follow("nope", Waiting)).await.unwrap();
        assert!(text(next(&mut socket).await).contains("Invalid process with Id nope"));
    }
    for _ in 0..2 {
        socket.send(bench.follow(&id, Waiting)).await.unwrap();
        assert!(text(next(&mut socket).await).contains(&id));
    }
    socket.send(bench.follow(&id, Waiting)).await.unwrap();
    let sentence = "too many subscriptions on one connection, allowed are 2";
    assert!(text(next(&mut socket).await).contains(sentence));
}

#[tokio::test]
async fn only_so_much_waits_behind_a_channel() {
    let bench = Bench::start(Limits { waiting: 2, ..LIMITS }).await;
    let id = bench.submit("hello").await.processid;
    let mut socket = bench.connect().await;
    for _ in 0..3 {
        socket.send(bench.listen(&id)).await.unwrap();
    }
    socket.send(Message::Ping("still here".into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::Pong("still here".into())));
    socket.send(bench.listen(&id)).await.unwrap();
    assert_eq!(rest(&mut socket).await, 0);
}

#[tokio::test]
async fn a_message_that_is_too_long_drops_the_connection() {
    let bench = Bench::start(LIMITS).await;
    for (length, is_kept) in [(LIMITS.message_bytes, true), (LIMITS.message_bytes + 1, false)] {
        let mut socket = bench.connect().await;
        // An envelope of a type that nobody knows is met with silence.
        let mut frame = Envelope::sign("nosuchmsg", "{}", &bench.user).to_body();
        frame.push_str(&" ".repeat(length - frame.len()));
        socket.send(Message::text(frame)).await.unwrap();
        socket.send(Message::Ping("still here".into())).await.ok();
        let pong = Message::Pong("still here".into());
        assert_eq!(next(&mut socket).await, is_kept.then_some(pong), "{length}");
    }
}

#[tokio::test]
async fn a_connection_without_a_subscription_is_dropped_after_a_while() {
    let bench = Bench::start(Limits { idle: Duration::from_millis(50), ..LIMITS }).await;
    let id = bench.submit("hello").await.processid;
    let (mut busy, mut idle) = (bench.connect().await, bench.connect().await);
    busy.send(bench.follow(&id, Waiting)).await.unwrap();
    assert!(text(next(&mut busy).await).contains(&id));
    assert_eq!(rest(&mut idle).await, 0);
    // Meanwhile the other one was as quiet for as long.
    let mut later = bench.connect().await;
    assert_eq!(rest(&mut later).await, 0);
    busy.send(bench.follow(&id, Waiting)).await.unwrap();
    assert!(text(next(&mut busy).await).contains(&id));
}

#[tokio::test]
async fn who_answers_no_ping_has_gone_and_who_does_stays() {
    let bench = Bench::start(Limits { pulse: Duration::from_millis(100), ..LIMITS }).await;
    let process = bench.submit("x").await;
    let (mut silent, mut alive) = (bench.connect().await, bench.connect().await);
    for socket in [&mut silent, &mut alive] {
        let frame = bench.follow(&process.processid, ProcessState::Cancelled);
        socket.send(frame).await.unwrap();
    }
    let alive =
        tokio::spawn(async move { while let Some(Ok(Message::Ping(_))) = alive.next().await {} });
    bench.has_only(1).await;
    assert!(!alive.is_finished());
    drop(silent);
}
