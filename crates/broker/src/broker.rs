//! The handle to a broker: requests in, answers out.
//!
//! Reading a request and recovering its signer happen on the caller's thread; the rest is a message
//! to the broker's one thread.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SendError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::json;
use webpool_colony::Id;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::types::{Colony, User};

use crate::error::Error;
use crate::intake::{self, Asked, Follow, Frame, Intake};
use crate::settings::Settings;
use crate::store::Store;
use crate::ticket::Ticket;
use crate::writer::{Message, Writer, refuse};

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: an envelope, `text/plain; charset=utf-8`.
    pub body: String,
}

/// Takes the answer to a request; called once, from any thread. It must not block.
pub type Respond = Box<dyn FnOnce(Answer) + Send>;

/// What comes over a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A frame to send.
    Frame(Arc<str>),
    /// The subscription is over; the connection goes on.
    Over,
    /// Drop the connection, without a close frame.
    Close,
}

/// Takes the events of a subscription, from any thread. It must not block.
pub type Sink = Box<dyn Fn(Event) + Send>;

/// A broker; clones are handles to the same one. Dropping the last one closes it.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    durability: String,
    inbox: Sender<Message>,
    /// Numbers calls and subscriptions.
    numbers: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

/// A request that was not handled: its signer is somebody else's to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screened;

/// A request under way. Dropping it before its answer withdraws a long poll; any other request is
/// carried out all the same.
#[must_use = "dropping a call withdraws its long poll"]
pub struct Call {
    /// What to withdraw; none if nothing can be.
    poll: Option<(u64, Arc<Ticket>, Sender<Message>)>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("is_poll", &self.poll.is_some()).finish()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some((call, ticket, inbox)) = self.poll.take()
            && ticket.withdraw()
        {
            drop(inbox.send(Message::Withdraw(call)));
        }
    }
}

/// One frame's subscription. Dropping it ends it.
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    /// What to end; none if there is nothing.
    follower: Option<(u64, Sender<Message>)>,
    is_exclusive: bool,
}

impl Subscription {
    /// A subscription to nothing.
    pub const fn none() -> Self {
        Self { follower: None, is_exclusive: false }
    }

    /// Whether there is anything to come: [`Event::Over`] or [`Event::Close`] at least.
    pub fn is_open(&self) -> bool {
        self.follower.is_some()
    }

    /// Whether frames that come after this one on the same connection have to wait until it is over,
    /// as with a channel: its frames do not say which channel they are about.
    pub fn is_exclusive(&self) -> bool {
        self.is_exclusive
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("is_open", &self.is_open()).finish()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some((subscription, inbox)) = self.follower.take() {
            drop(inbox.send(Message::Unfollow(subscription)));
        }
    }
}

impl Broker {
    /// Opens the file, makes it and its tables when missing, and starts the broker's thread. The
    /// file is locked until the broker is closed.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`], [`Error::Newer`] or [`Error::Thread`].
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let store = Store::open(&settings.path)?;
        let durability = store.durability()?;
        let (inbox, messages) = channel();
        // What a batch delivers is not shared between threads: the writer is made where it works.
        let its_settings = settings.clone();
        let thread = thread::Builder::new()
            .name("broker".to_owned())
            .spawn(move || Writer::new(store, its_settings, messages).run())
            .map_err(Error::Thread)?;
        let (numbers, thread) = (AtomicU64::new(0), Mutex::new(Some(thread)));
        Ok(Self { shared: Arc::new(Shared { settings, durability, inbox, numbers, thread }) })
    }

    /// How the file is written, as `SQLite` says it: `journal_mode=wal synchronous=FULL`.
    pub fn durability(&self) -> &str {
        &self.shared.durability
    }

    /// Handles the body of one `POST /api`; `respond` gets the answer, perhaps before this returns.
    ///
    /// Cost on the caller's thread: reading the JSON and recovering the signer (0.1 ms).
    pub fn call(&self, body: impl AsRef<[u8]>, respond: Respond) -> Call {
        self.call_unless(body, |_| false, respond).unwrap_or(Call { poll: None })
    }

    /// As [`Broker::call`], unless it is signed by somebody whom `is_other` knows: that is for the
    /// caller to judge, and nothing is done here.
    ///
    /// # Errors
    ///
    /// [`Screened`] if it was.
    pub fn call_unless(
        &self,
        body: impl AsRef<[u8]>,
        is_other: impl FnOnce(&Id) -> bool,
        respond: Respond,
    ) -> Result<Call, Screened> {
        let (payloadtype, payload) = match intake::read(body.as_ref()) {
            Ok(Intake::Signed(signer, _)) if is_other(&signer) => return Err(Screened),
            Ok(Intake::Signed(signer, asked)) => {
                let call = self.shared.numbers.fetch_add(1, Ordering::Relaxed);
                let ticket = Arc::new(Ticket::default());
                let poll = matches!(asked, Asked::Assign(_))
                    .then(|| (call, Arc::clone(&ticket), self.shared.inbox.clone()));
                self.tell(Message::Ask { call, signer, asked, ticket, respond });
                return Ok(Call { poll });
            }
            Ok(Intake::Version) => ("versionmsg", version()),
            Ok(Intake::ServerInfo) => ("getserverinfomsg", self.server_info()),
            Err(refusal) => {
                respond(refusal.to_answer());
                return Ok(Call { poll: None });
            }
        };
        let body = ReplyEnvelope::success(payloadtype, &payload).to_body();
        respond(Answer { status: 200, body });
        Ok(Call { poll: None })
    }

    /// Handles one frame that came over `/pubsub`.
    pub fn subscribe(&self, frame: impl AsRef<[u8]>, sink: Sink) -> Subscription {
        self.subscribe_unless(frame, |_| false, sink).unwrap_or_else(|_| Subscription::none())
    }

    /// As [`Broker::subscribe`], unless it is signed by somebody whom `is_other` knows.
    ///
    /// # Errors
    ///
    /// The sink, if it was; nothing is done then.
    pub fn subscribe_unless(
        &self,
        frame: impl AsRef<[u8]>,
        is_other: impl FnOnce(&Id) -> bool,
        sink: Sink,
    ) -> Result<Subscription, Sink> {
        match intake::read_frame(frame.as_ref()) {
            Frame::Follow(signer, _) if is_other(&signer) => return Err(sink),
            Frame::Follow(signer, request) => {
                let subscription = self.shared.numbers.fetch_add(1, Ordering::Relaxed);
                let is_exclusive = matches!(*request, Follow::Channel(_));
                self.tell(Message::Follow { subscription, signer, request, sink });
                let follower = Some((subscription, self.shared.inbox.clone()));
                return Ok(Subscription { follower, is_exclusive });
            }
            Frame::Refused(refusal) => sink(Event::Frame(refusal.to_body().into())),
            Frame::Ignored => {}
            Frame::Unreadable => sink(Event::Close),
        }
        Ok(Subscription::none())
    }

    /// Makes a colony and its users, without signatures, unless they are there.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] or [`Error::Closed`].
    pub fn seed(&self, colony: Colony, users: Vec<User>) -> Result<(), Error> {
        let (done, result) = channel();
        self.tell(Message::Seed { colony, users, done });
        result.recv().map_err(|_| Error::Closed)?
    }

    /// Looks at the clock at once and does what is due; returns when it is done. Needed only with a
    /// clock that does not run by itself.
    pub fn tick(&self) {
        let (done, is_done) = channel();
        self.tell(Message::Tick(done));
        is_done.recv().unwrap_or_default();
    }

    /// Commits what is pending, answers open polls with "no process", and ends the thread. Later
    /// calls are answered with 503. Closing twice is fine.
    pub fn close(&self) {
        self.shared.close();
    }

    fn tell(&self, message: Message) {
        if let Err(SendError(message)) = self.shared.inbox.send(message) {
            refuse(message);
        }
    }

    fn server_info(&self) -> String {
        let backends: Vec<_> = self
            .shared
            .settings
            .address
            .iter()
            .map(|at| json!({"type": "http", "port": at.port(), "host": at.ip().to_string()}))
            .collect();
        let buildtime = (self.shared.settings.clock)();
        json!({"buildversion": "dev", "buildtime": buildtime, "backends": backends}).to_string()
    }
}

impl Shared {
    fn close(&self) {
        drop(self.inbox.send(Message::Close));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.thread().id() != thread::current().id()
        {
            drop(thread.join());
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

fn version() -> String {
    json!({"buildversion": "", "buildtime": "", "msgtype": "versionmsg"}).to_string()
}
