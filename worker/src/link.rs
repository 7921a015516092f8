//! link: drives the link machine with one WebSocket after the other, and its timer.
//!
//! Chromium holds back, by up to 5 s, a page that has 16 sockets on their way at once; 6 cost it 3 ms.
//! So a slot waits for its turn: one of six exclusive Web Locks per server, over all tabs, kept until
//! its gateway speaks. Where there are no Web Locks, the slots take their turns one after the other.

use std::rc::Rc;
use std::time::Duration;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CloseEvent, MessageEvent, WebSocket};
use webpool_executor::{Link, LinkCommand};
use webpool_wire::link::PATH;

use crate::clock::{delay_ms, now};
use crate::permit::{self, Permit};
use crate::seat::Heard;

/// How many sockets of a server may be on their way at once.
const TURNS: u32 = 6;

/// How long a slot waits for its turn: it may be a tab that is frozen that does not give it back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Without Web Locks, the time between the turns of two slots.
const STAGGER: Duration = Duration::from_millis(20);

/// Tells the gateway that we have given this socket up, but shall come back.
const COMING_BACK: u16 = 4000;

/// What a socket, or the timer beside it, says.
#[derive(Debug)]
pub(crate) enum SocketEvent {
    /// A frame.
    Frame(String),
    /// It has ended, or could not be opened.
    Closed(String),
    /// The time has come.
    Woke,
    /// It is this slot's turn to open its socket.
    Turn,
}

/// A link with its socket.
pub(crate) struct LinkDriver {
    link: Link,
    url: String,
    hear: Rc<dyn Fn(Heard)>,
    socket: Option<Socket>,
    /// Number of the socket; what an earlier one says is not heard.
    sockets: u32,
    timer: Option<Timeout>,
    slot: u32,
    turn: Option<Turn>,
}

/// A slot's turn to have a socket on its way, or its place in the line.
struct Turn {
    /// Held until the socket has come to something.
    _lock: Option<Permit>,
    /// When the slot goes whether it is its turn or not; none once it went.
    timer: Option<Timeout>,
}

impl LinkDriver {
    /// A link to the gateway at `server_url`; it has no socket yet.
    pub(crate) fn new(server_url: &str, slot: u32, link: Link, hear: &Rc<dyn Fn(Heard)>) -> Self {
        let url = format!("{}{}", server_url.replacen("http", "ws", 1), PATH);
        let hear = Rc::clone(hear);
        Self { link, url, hear, socket: None, sockets: 0, timer: None, slot, turn: None }
    }

    /// Lets the link decide, and does what it says.
    pub(crate) fn run(&mut self, decide: impl FnOnce(&mut Link, Duration) -> Vec<LinkCommand>) {
        let mono = now().mono;
        for command in decide(&mut self.link, mono) {
            self.perform(mono, command);
        }
    }

    /// Something happened to the socket with this number.
    pub(crate) fn hear(&mut self, number: u32, event: SocketEvent) {
        match event {
            SocketEvent::Woke => self.run(Link::wake),
            SocketEvent::Frame(_) | SocketEvent::Closed(_) | SocketEvent::Turn
                if number != self.sockets => {}
            SocketEvent::Turn => {
                if self.turn.as_mut().is_some_and(|turn| turn.timer.take().is_some()) {
                    self.open();
                }
            }
            SocketEvent::Frame(frame) => {
                self.turn = None;
                self.run(|link, now| link.hear(now, &frame));
            }
            SocketEvent::Closed(reason) => {
                (self.socket, self.turn) = (None, None);
                self.run(|link, now| link.close(now, &reason));
            }
        }
    }

    fn perform(&mut self, mono: Duration, command: LinkCommand) {
        let heard = match command {
            LinkCommand::Connect => return self.connect(),
            LinkCommand::Transmit(frame) => {
                // If it cannot be sent the socket closes, or has, which is heard.
                let is_open = |socket: &&Socket| socket.inner.ready_state() == WebSocket::OPEN;
                if let Some(socket) = self.socket.as_ref().filter(is_open) {
                    drop(socket.inner.send_with_str(&frame));
                }
                return;
            }
            LinkCommand::Disconnect => {
                self.sockets = self.sockets.wrapping_add(1);
                (self.socket, self.turn) = (None, None);
                return;
            }
            LinkCommand::WakeAt(at) => {
                let (hear, number) = (Rc::clone(&self.hear), self.sockets);
                let woke = move || hear(Heard::Socket(number, SocketEvent::Woke));
                self.timer = Some(Timeout::new(delay_ms(at.saturating_sub(mono)), woke));
                return;
            }
            LinkCommand::Replied { id, reply } => Heard::Replied(id, reply),
            LinkCommand::Hint(process_id) => Heard::Hint(process_id),
            LinkCommand::FollowEnded(process_id) => Heard::FollowEnded(process_id),
            LinkCommand::Welcomed(welcome) => Heard::Welcomed(welcome),
            LinkCommand::Barred(code, reason) => Heard::Barred(code, reason),
            LinkCommand::Dismissed(reason) => Heard::Dismissed(reason),
            LinkCommand::OtherBuild(build) => Heard::OtherBuild(build),
        };
        (self.hear)(heard);
    }

    fn connect(&mut self) {
        self.sockets = self.sockets.wrapping_add(1);
        let (hear, number) = (Rc::clone(&self.hear), self.sockets);
        let go = Rc::new(move || hear(Heard::Socket(number, SocketEvent::Turn)));
        let has_locks = permit::has_locks();
        let wait = if has_locks { PATIENCE } else { STAGGER * self.slot };
        let at_last = Rc::clone(&go);
        let timer = Some(Timeout::new(delay_ms(wait), move || at_last()));
        let name = format!("webpool-link {} {}", self.url, self.slot % TURNS);
        let refused = Rc::clone(&go);
        let lock = has_locks.then(|| permit::ask_lock(&name, move || go(), move || refused()));
        self.turn = Some(Turn { _lock: lock, timer });
    }

    fn open(&mut self) {
        let (hear, number) = (Rc::clone(&self.hear), self.sockets);
        let tell = Rc::new(move |event| hear(Heard::Socket(number, event)));
        match WebSocket::new(&self.url) {
            Ok(socket) => self.socket = Some(Socket::new(socket, &tell)),
            Err(_) => tell(SocketEvent::Closed("the browser opened no socket".to_owned())),
        }
    }
}

/// A WebSocket that is closed when dropped; then nothing is heard of it.
struct Socket {
    inner: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    fn new(socket: WebSocket, tell: &Rc<impl Fn(SocketEvent) + 'static>) -> Self {
        let hear = Rc::clone(tell);
        let on_message = Closure::new(move |event: MessageEvent| {
            if let Some(frame) = event.data().as_string() {
                hear(SocketEvent::Frame(frame));
            }
        });
        let hear = Rc::clone(tell);
        let on_close = Closure::new(move |event: CloseEvent| {
            hear(SocketEvent::Closed(reason(&event)));
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Self { inner: socket, _on_message: on_message, _on_close: on_close }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        // It may be closed already.
        drop(self.inner.close_with_code(COMING_BACK));
    }
}

/// Why a socket has closed, as far as a browser tells.
fn reason(event: &CloseEvent) -> String {
    let said = event.reason();
    if said.is_empty() { "the connection ended".to_owned() } else { said }
}
