//! A real ColonyOS server under test, over HTTP and WebSockets.
//!
//! `WEBPOOL_COLONIES_URL` says where it is (`http://host:port`), `COLONIES_SERVER_PRVKEY` holds the
//! key of its owner. Every test has a colony of its own, which is removed in the end. Requests are
//! HTTP/1.0, a connection each: so every answer ends with its connection.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tungstenite::client::client;
use tungstenite::{Message, WebSocket};
use webpool_broker::{Answer, Event};
use webpool_colony::request::{AddExecutor, ApproveExecutor, Assign};
use webpool_colony::types::Executor;
use webpool_colony::{Assigned, PrivateKey};

use super::fixture::{COLONY, Fixture, TYPE};

/// Whether the subject is a real server.
pub(crate) const IS_LIVE: bool = true;

/// How long a socket may be silent before it is looked at again.
const GLANCE: Duration = Duration::from_millis(50);

/// A real server.
pub(crate) struct Subject {
    /// `host:port`.
    authority: String,
}

/// A request under way. Dropping it ends its connection.
pub(crate) struct Call(TcpStream);

impl Drop for Call {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.shutdown(Shutdown::Both).unwrap_or_default();
    }
}

/// A socket with one subscription. Dropping it ends it.
pub(crate) struct Subscription(Arc<AtomicBool>);

impl Drop for Subscription {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see README.md"))
}

impl Subject {
    /// The server that the environment names, and the key of its owner.
    pub(crate) fn open() -> (Self, PrivateKey) {
        let url = variable("WEBPOOL_COLONIES_URL");
        let authority = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let authority = authority.unwrap_or_else(|| panic!("{url} does not begin with http://"));
        let server = PrivateKey::from_hex(&variable("COLONIES_SERVER_PRVKEY")).unwrap();
        (Self { authority: authority.to_owned() }, server)
    }

    /// A name for a colony, and a type for its executors. Nobody else has them: a real server wakes
    /// polls by type alone.
    pub(crate) fn names() -> (String, String) {
        let id = PrivateKey::generate().id();
        let part = &id.as_str()[..12];
        (format!("{COLONY}-{part}"), format!("{TYPE}-{part}"))
    }

    /// Sends a body.
    pub(crate) fn send(&self, body: impl AsRef<[u8]>) -> (Call, Receiver<Answer>) {
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        let body = body.as_ref();
        let (host, length) = (&self.authority, body.len());
        let head =
            format!("POST /api HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let call = Call(stream.try_clone().unwrap());
        let (respond, answer) = channel();
        thread::spawn(move || {
            let mut text = String::new();
            if stream.read_to_string(&mut text).is_ok()
                && let Some(answer) = read(&text)
            {
                drop(respond.send(answer));
            }
        });
        (call, answer)
    }

    /// Sends a frame.
    pub(crate) fn subscribe(&self, frame: &str) -> (Subscription, Receiver<Event>) {
        let stream = TcpStream::connect(&self.authority).unwrap();
        let url = format!("ws://{}/pubsub", self.authority);
        let (mut socket, _) = client(url, stream).unwrap();
        socket.send(Message::text(frame)).unwrap();
        socket.get_ref().set_read_timeout(Some(GLANCE)).unwrap();
        let (sink, events) = channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let subscription = Subscription(Arc::clone(&is_over));
        thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let Some(event) = next(&mut socket) else { continue };
                let is_last = event == Event::Close;
                if sink.send(event).is_err() || is_last {
                    break;
                }
            }
        });
        (subscription, events)
    }

    /// A real server does not say when it has looked at what was sent.
    #[expect(clippy::unused_self, reason = "the other subject needs it")]
    pub(crate) fn settle(&self) {}

    /// Lets time pass, in whole seconds: a bystander polls for work that never comes.
    #[expect(clippy::unused_self, reason = "the other subject needs it")]
    pub(crate) fn wait(&self, time: Duration, fixture: &Fixture) {
        let (_, kind) = Self::names();
        let key = PrivateKey::generate();
        let executor = Executor {
            executorid: key.id(),
            executorname: kind.clone(),
            executortype: kind.clone(),
            colonyname: fixture.colony.clone(),
            ..Executor::default()
        };
        fixture.ask(&fixture.owner, &AddExecutor { executor: Some(executor) }).unwrap();
        let (colonyname, executorname) = (fixture.colony.clone(), kind);
        fixture.ask(&fixture.owner, &ApproveExecutor { colonyname, executorname }).unwrap();
        let timeout = i64::try_from(time.as_secs().max(1)).unwrap();
        let request = Assign { timeout, ..Assign::default() };
        assert_eq!(fixture.poll_like(&key, request).wait(), Ok(Assigned::Nothing));
    }

    /// Removes a colony.
    pub(crate) fn clear(&self, removal: &str) {
        let (call, answer) = self.send(removal);
        drop(answer.recv());
        drop(call);
    }
}

/// Reads status and body.
fn read(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

/// What comes over a socket; none while it is silent.
fn next(socket: &mut WebSocket<TcpStream>) -> Option<Event> {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    match socket.read() {
        Ok(Message::Text(text)) => Some(Event::Frame(text.as_str().into())),
        Ok(_) => None,
        Err(tungstenite::Error::Io(error)) if matches!(error.kind(), WouldBlock | TimedOut) => None,
        Err(_) => Some(Event::Close),
    }
}
