//! The embedded broker: a ColonyOS server over one `SQLite` file, without any network code.
//!
//! A request comes in as the bytes of an HTTP body and goes out as a status and a body; who carries
//! them is somebody else's business. One thread owns the file and everything in memory. It takes
//! whatever requests have gathered, handles them in one transaction, commits, and only then
//! answers: what was answered survives a crash.
//!
//! - [`settings`]: what a broker is opened with
//! - [`broker`]: the handle: open, call, subscribe, seed, close
//! - [`error`]: what can go wrong, and what a request is refused with
//! - `intake`, `shape`, `size`, `surrogates`: reading a request, without the broker's state
//! - `writer`: the thread; its batches, and what wakes whom
//! - `handlers`, `rules`: what each request does, and who may ask for it
//! - `store`: all SQL
//! - `channels`: what the two parties of a process say to each other
//! - `waiters`, `pubsub`, `ticket`, `outbox`: who waits for what, and what they get
//! - `deadlines`: when a process has taken too long
//! - `workflow`, `layout`: what waits for what in a workflow, and the drawing of one
//!
//! ```
//! use std::sync::{Arc, mpsc::channel};
//! use webpool_broker::{Broker, Settings};
//! use webpool_colony::{Id, Timestamp};
//!
//! # let folder = std::env::temp_dir().join(format!("webpool-broker-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! let clock = Arc::new(|| Timestamp::from_unix_ns(1_800_000_000_000_000_000));
//! let server_owner = Id::from_text("0".repeat(64));
//! let broker = Broker::open(Settings::new(folder.join("broker.db"), server_owner, clock))?;
//! let (respond, answer) = channel();
//! let call = broker.call("hello", Box::new(move |answer| drop(respond.send(answer))));
//! assert_eq!(answer.recv()?.status, 400);
//! # drop((call, broker));
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Not here: files, snapshots, crons, generators. Requests for these are answered as unknown ones.

pub mod broker;
mod channels;
mod deadlines;
pub mod error;
mod handlers;
mod intake;
mod layout;
mod outbox;
mod pubsub;
mod rules;
pub mod settings;
mod shape;
mod size;
mod store;
mod surrogates;
mod ticket;
mod waiters;
mod workflow;
mod writer;

pub use broker::{Answer, Broker, Call, Event, Respond, Screened, Sink, Subscription};
pub use error::Error;
pub use settings::{Clock, Settings};
