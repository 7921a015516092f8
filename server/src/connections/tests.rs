//! Clients that are slow, many, or both, over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use axum::routing::get;
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use webpool_broker::{Broker, Settings};
use webpool_colony::{Id, PrivateKey};

use super::*;
use crate::api;
use crate::body::Reader;
use crate::front::Front;
use crate::room::Room;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Shorter than anybody waits for.
const SHORT: Duration = Duration::from_millis(80);

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

/// A server with a broker; `GET /late` is answered once it is told to, `GET /big` with a lot.
struct Server {
    address: SocketAddr,
    late: Arc<Notify>,
    ending: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
    folder: std::path::PathBuf,
    broker: Broker,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.broker.close();
        std::fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}

impl Server {
    async fn start(limits: Limits) -> Self {
        Self::start_on(Terms { limits, tls: None, metrics: Arc::new(Metrics::new()) }).await
    }

    async fn start_on(terms: Terms) -> Self {
        let limits = terms.limits;
        let folder =
            std::env::temp_dir().join(format!("webpool-{}", PrivateKey::generate().id().as_str()));
        std::fs::create_dir_all(&folder).unwrap();
        let owner = Id::from_text("0".repeat(64));
        let settings = Settings::new(folder.join("db"), owner, Arc::new(crate::clock::now));
        let broker = Broker::open(settings).unwrap();
        let late = Arc::new(Notify::new());
        let told = Arc::clone(&late);
        let routes =
            api::router(Front::Open(broker.clone().into()), Reader::new(limits, Room::new(limits)))
                .route("/late", get(async move || told.notified().await))
                .route("/big", get(async || vec![0_u8; 64 << 20]));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ending, ended) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, routes, terms, async move {
            ended.await.unwrap_or_default();
        }));
        Self { address, late, ending: Some(ending), serving: Some(serving), folder, broker }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `text` over a connection of its own.
    async fn send(&self, text: &[u8]) -> TcpStream {
        let mut connection = self.connect().await;
        connection.write_all(text).await.unwrap();
        connection
    }

    /// Asks until a connection is let in.
    async fn is_open_again(&self) {
        let open = async {
            loop {
                let mut connection = self.connect().await;
                let sent = connection.write_all(HEALTH).await;
                if sent.is_ok() && read(&mut connection).await.starts_with("HTTP/1.1 200") {
                    return;
                }
            }
        };
        timeout(PATIENCE, open).await.unwrap();
    }
}

/// The next part of what comes; empty at the end, however it ends.
async fn read(connection: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4096];
    let length = timeout(PATIENCE, connection.read(&mut buffer)).await.unwrap();
    String::from_utf8_lossy(&buffer[..length.unwrap_or_default()]).into_owned()
}

/// A request for the broker with so much of a body.
fn post(announced: usize, body: &str) -> Vec<u8> {
    let head = format!("POST /api HTTP/1.1\r\nhost: x\r\ncontent-length: {announced}\r\n\r\n");
    format!("{head}{body}").into_bytes()
}

/// Status and sentence of an answer by the broker.
async fn refusal(connection: &mut TcpStream) -> (u16, String) {
    let answer = read(connection).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    let error = webpool_colony::reply::read::<webpool_colony::Json>(status, body.as_bytes());
    (status, error.unwrap_err().server_sentence().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn who_sends_no_headers_is_cut_off() {
    let server = Server::start(Limits { headers: SHORT, ..Limits::default() }).await;
    for beginning in ["", "POST /api HTTP/1.1\r\nhost:"] {
        let mut connection = server.send(beginning.as_bytes()).await;
        assert_eq!(read(&mut connection).await, "", "{beginning}");
    }
    let mut connection = server.send(HEALTH).await;
    assert!(read(&mut connection).await.starts_with("HTTP/1.1 200"));
    assert_eq!(read(&mut connection).await, "", "there is no next request");
}

#[tokio::test]
async fn who_waits_for_an_answer_is_not() {
    let server = Server::start(Limits { headers: SHORT, ..Limits::default() }).await;
    let mut waiting = server.send(b"GET /late HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // Younger, and cut off: so the time is over.
    assert_eq!(read(&mut server.connect().await).await, "");
    server.late.notify_one();
    assert!(read(&mut waiting).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn who_sends_its_body_too_slowly_is_told() {
    let server = Server::start(Limits { body: SHORT, ..Limits::default() }).await;
    let mut connection = server.send(&post(10, "{")).await;
    let late = (408, "the request did not arrive within 0 s".to_owned());
    assert_eq!(refusal(&mut connection).await, late);
    assert_eq!(read(&mut connection).await, "");
}

#[tokio::test]
async fn what_is_too_long_is_refused_announced_or_not() {
    let server = Server::start(Limits { body_bytes: 9, ..Limits::default() }).await;
    let too_long = (413, "the request is too long, allowed are 9 bytes".to_owned());
    let mut announced = server.send(&post(10, "0123456789")).await;
    assert_eq!(refusal(&mut announced).await, too_long);
    let head = "POST /api HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks = "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
    let mut chunked = server.send(format!("{head}{chunks}").as_bytes()).await;
    assert_eq!(refusal(&mut chunked).await, too_long);
    let mut fitting = server.send(&post(9, "012345678")).await;
    assert_eq!(refusal(&mut fitting).await.0, 400);
}

#[tokio::test]
async fn who_stops_sending_its_body_is_told() {
    let server = Server::start(Limits { body_pause: SHORT, ..Limits::default() }).await;
    let mut connection = server.send(&post(10, "{")).await;
    let stalled = (408, "the request broke off: nothing came for 0 s".to_owned());
    assert_eq!(refusal(&mut connection).await, stalled);
    assert_eq!(read(&mut connection).await, "");
}

/// Long is what is over 9 bytes; none is over 20, which is the spare room, and so much is common.
fn room(common: usize) -> Limits {
    let (body_bytes, all_body_bytes) = (20, 20 + common);
    Limits { long_body_bytes: 9, body_bytes, all_body_bytes, ..Limits::default() }
}

const HALF: &str = "0123456789";
const WHOLE: &str = "01234567890123456789";

#[tokio::test]
async fn who_announces_a_long_body_and_sends_little_keeps_nobody_out() {
    let server = Server::start(room(0)).await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        slow.push(server.send(&post(20, &WHOLE[..9])).await);
    }
    let mut whole = server.send(&post(20, WHOLE)).await;
    assert_eq!(refusal(&mut whole).await.0, 400);
    assert!(slow.iter().all(|slow| slow.try_read(&mut [0; 1]).is_err()), "they are not over");
}

#[tokio::test]
async fn long_bodies_wait_for_room_and_hold_up_nobody_else() {
    let server = Server::start(room(0)).await;
    let first = server.send(&post(20, HALF)).await;
    let mut second = server.send(&post(20, WHOLE)).await;
    let mut short = server.send(&post(2, "{}")).await;
    assert_eq!(refusal(&mut short).await.0, 403, "signed by nobody");
    assert!(second.try_read(&mut [0; 1]).is_err(), "it waits for room");
    drop(first);
    assert_eq!(refusal(&mut second).await.0, 400);
}

#[tokio::test]
async fn long_bodies_that_wait_for_each_other_come_to_an_end() {
    let server = Server::start(room(20)).await;
    // Two fill the common room, the third gets the spare one, the others none.
    let mut connections = Vec::new();
    for _ in 0..5 {
        connections.push(server.send(&post(20, HALF)).await);
    }
    for connection in &mut connections {
        connection.write_all(HALF.as_bytes()).await.unwrap();
    }
    for connection in &mut connections {
        assert_eq!(refusal(connection).await.0, 400);
    }
}

#[tokio::test]
async fn a_connection_too_many_is_closed_at_once() {
    let server = Server::start(Limits { connections: 2, ..Limits::default() }).await;
    let mut connections = [server.send(HEALTH).await, server.send(HEALTH).await];
    for connection in &mut connections {
        assert!(read(connection).await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(read(&mut server.connect().await).await, "");
    let [mut stays, goes] = connections;
    drop(goes);
    server.is_open_again().await;
    stays.write_all(HEALTH).await.unwrap();
    assert!(read(&mut stays).await.starts_with("HTTP/1.1 200"), "nothing has happened to it");
}

#[tokio::test]
async fn who_does_not_read_its_answer_is_cut_off() {
    let limits = Limits { connections: 1, stall: SHORT, ..Limits::default() };
    let server = Server::start(limits).await;
    let connection = server.send(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await;
    connection.readable().await.unwrap();
    server.is_open_again().await;
    drop(connection);
}

#[tokio::test]
async fn a_socket_counts_until_it_ends() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let server = Server::start(limits).await;
    let url = format!("ws://{}/pubsub", server.address);
    let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    assert_eq!(read(&mut server.connect().await).await, "", "its place is taken");
    drop(socket);
    server.is_open_again().await;
}

#[tokio::test]
async fn a_socket_is_told_of_the_end() {
    let mut server = Server::start(Limits::default()).await;
    let url = format!("ws://{}/pubsub", server.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    drop(server.ending.take());
    let last = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    let Message::Close(Some(farewell)) = last else { panic!("{last:?}") };
    assert_eq!((farewell.code, farewell.reason.as_str()), (CloseCode::Away, "the server ends"));
    let serving = server.serving.take().unwrap();
    timeout(PATIENCE, serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_end_waits_for_requests_under_way() {
    let mut server = Server::start(Limits::default()).await;
    let mut idle = server.send(HEALTH).await;
    assert!(read(&mut idle).await.starts_with("HTTP/1.1 200"));
    let mut waiting = server.send(b"GET /late HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut late = server.send(HEALTH).await;
    assert!(read(&mut late).await.starts_with("HTTP/1.1 200"), "the one before has been read");
    drop(server.ending.take());
    assert_eq!(read(&mut idle).await, "", "idle connections are closed");
    assert!(!server.serving.as_ref().unwrap().is_finished());
    server.late.notify_one();
    assert!(read(&mut waiting).await.starts_with("HTTP/1.1 200"));
    let serving = server.serving.take().unwrap();
    timeout(PATIENCE, serving).await.unwrap().unwrap();
}

/// A server over TLS, and what connects to it as a browser does.
async fn start_secure(limits: Limits) -> (Server, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = std::env::temp_dir();
    let name = format!("webpool-{}", PrivateKey::generate().id().as_str());
    let paths = ["crt", "key"].map(|ending| folder.join(format!("{name}.{ending}")));
    let texts = [made.cert.pem(), made.signing_key.serialize_pem()];
    for (path, text) in paths.iter().zip(texts) {
        std::fs::write(path, text).unwrap();
    }
    let tls = Some(crate::tls::acceptor(&paths[0], &paths[1]).unwrap());
    for path in &paths {
        std::fs::remove_file(path).unwrap();
    }
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![H2.to_vec()];
    let server = Server::start_on(Terms { limits, tls, metrics: Arc::new(Metrics::new()) }).await;
    (server, TlsConnector::from(Arc::new(config)))
}

#[tokio::test]
async fn who_begins_nothing_over_tls_is_cut_off() {
    let limits = Limits { headers: SHORT, ..Limits::default() };
    let (server, connector) = start_secure(limits).await;
    assert_eq!(read(&mut server.connect().await).await, "", "there is no handshake");
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = connector.connect(name, server.connect().await).await.unwrap();
    assert_eq!(connection.get_ref().1.alpn_protocol(), Some(H2));
    let ended = timeout(PATIENCE, connection.read_to_end(&mut Vec::new())).await;
    // However it ends: there never was a request.
    assert!(ended.is_ok(), "the connection stays open");
}

#[tokio::test]
async fn an_idle_http2_connection_is_told_to_end_and_a_busy_one_is_not() {
    let limits = Limits { headers: SHORT, ..Limits::default() };
    let (server, connector) = start_secure(limits).await;
    let name = ServerName::try_from("localhost").unwrap();
    let io = connector.connect(name, server.connect().await).await.unwrap();
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(executor, TokioIo::new(io)).await.unwrap();
    let ended = tokio::spawn(connection);
    let get = |path: &str| {
        let uri = format!("https://localhost{path}");
        Request::builder().uri(uri).body(Body::empty()).unwrap()
    };
    let waiting = sender.send_request(get("/late"));
    // Younger, and cut off: so the time is over, twice.
    for _ in 0..2 {
        assert_eq!(read(&mut server.connect().await).await, "");
    }
    assert_eq!(sender.send_request(get("/health")).await.unwrap().status(), 200);
    server.late.notify_one();
    assert_eq!(waiting.await.unwrap().status(), 200);
    timeout(PATIENCE, ended).await.unwrap().unwrap().unwrap();
}
