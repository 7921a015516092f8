//! The embedded broker under test: over a file in a folder of its own, with a clock that stands
//! still until it is moved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use webpool_broker::{Answer, Broker, Event, Settings};
use webpool_colony::{Id, PrivateKey, Timestamp};

use super::fixture::{COLONY, Fixture, TYPE};

pub(crate) use webpool_broker::{Call, Subscription};

/// Whether the subject is a real server.
pub(crate) const IS_LIVE: bool = false;

/// A folder that is deleted with everything in it.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes a fresh one.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("webpool-broker-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A clock that moves when it is told to, and by a microsecond with each look.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_000_000_000)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let ns = u64::try_from(by.as_nanos()).unwrap();
        self.0.fetch_add(ns, Ordering::Relaxed);
    }

    pub(crate) fn settings(&self, path: PathBuf, server_id: Id) -> Settings {
        let ns = Arc::clone(&self.0);
        let clock = move || Timestamp::from_unix_ns(ns.fetch_add(1_000, Ordering::Relaxed));
        Settings::new(path, server_id, Arc::new(clock))
    }
}

/// A broker of its own.
pub(crate) struct Subject {
    // Dropped before the folder its file is in.
    pub(crate) broker: Broker,
    pub(crate) clock: Clock,
    pub(crate) folder: Folder,
    /// Who owns it.
    pub(crate) server_id: Id,
}

impl Subject {
    /// A fresh broker, and the key of its owner.
    pub(crate) fn open() -> (Self, PrivateKey) {
        let (clock, folder) = (Clock::new(), Folder::new());
        let server = PrivateKey::generate();
        let server_id = server.id();
        let path = folder.path().join("broker.db");
        let broker = Broker::open(clock.settings(path, server_id.clone())).unwrap();
        (Self { broker, clock, folder, server_id }, server)
    }

    /// What its broker was opened with.
    pub(crate) fn settings(&self) -> Settings {
        self.clock.settings(self.folder.path().join("broker.db"), self.server_id.clone())
    }

    /// A name for a colony, and a type for its executors. A broker of its own needs no others.
    pub(crate) fn names() -> (String, String) {
        (COLONY.to_owned(), TYPE.to_owned())
    }

    /// Sends a body.
    pub(crate) fn send(&self, body: impl AsRef<[u8]>) -> (Call, Receiver<Answer>) {
        let (respond, answer) = channel();
        let call = self.broker.call(body, Box::new(move |answer| drop(respond.send(answer))));
        (call, answer)
    }

    /// Sends a frame.
    pub(crate) fn subscribe(&self, frame: &str) -> (Subscription, Receiver<Event>) {
        let (sink, events) = channel();
        let sink = Box::new(move |event| drop(sink.send(event)));
        (self.broker.subscribe(frame, sink), events)
    }

    /// Returns when what was sent has been looked at.
    pub(crate) fn settle(&self) {
        self.broker.tick();
    }

    /// Moves the clock and lets the broker do what is due.
    pub(crate) fn wait(&self, time: Duration, _fixture: &Fixture) {
        self.clock.advance(time);
        self.broker.tick();
    }

    /// The file goes with its folder.
    #[expect(clippy::unused_self, reason = "the other subject needs it")]
    pub(crate) fn clear(&self, _removal: &str) {}
}
