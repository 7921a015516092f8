//! The broker's one thread: it owns the file and everything in memory.
//!
//! It takes all messages that have gathered, handles them in one transaction, each in a savepoint of
//! its own, does what is due, commits, and only then answers. Meanwhile the next messages gather: the
//! busier the broker, the more requests share one commit.
//!
//! When the file cannot be written (a full disk), everybody in the transaction is told so, and what
//! it changed in memory is undone: polls and subscriptions that came with it end, channels are as
//! they were, processes on their way back are tried again a second later. The next message begins a
//! new transaction. The log has one line when that begins, and one when it is over.
//!
//! Due are polls and subscriptions whose time is over, processes past their deadline (looked at once
//! a second) and stale executors (once in [`Settings::sweep_every`]).

mod due;
mod follow;
mod health;
mod wake;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::types::{Colony, User};
use webpool_colony::{Id, Process};

use crate::broker::{Answer, Event, Respond, Sink};
use crate::channels::Channels;
use crate::deadlines::SECOND;
use crate::error::{Error, Refusal};
use crate::handlers::{Context, Effects, Step, handle};
use crate::intake::{Asked, Follow};
use crate::outbox::{Delivery, Given, Reply};
use crate::pubsub::Followers;
use crate::settings::Settings;
use crate::store::Store;
use crate::ticket::Ticket;
use crate::waiters::{Waiter, Waiters};
use health::Health;

/// The most messages in one transaction, so that none waits too long for its answer.
const MAX_BATCH: usize = 512;

/// How many bytes of answers end a batch, so that many long ones are not in memory at once.
const MAX_BATCH_BYTES: usize = 64 << 20;
/// The most polls of one executor that wait at the same time.
const MAX_POLLS: usize = 100;

/// What the thread is told.
pub(crate) enum Message {
    /// A signed request.
    Ask { call: u64, signer: Id, asked: Asked, ticket: Arc<Ticket>, respond: Respond },
    /// The client of a poll has gone.
    Withdraw(u64),
    /// Somebody follows something.
    Follow { subscription: u64, signer: Id, request: Box<Follow>, sink: Sink },
    /// A subscription has ended.
    Unfollow(u64),
    /// Make a colony and its users, unless they are there.
    Seed { colony: Colony, users: Vec<User>, done: Sender<Result<(), Error>> },
    /// Look at the clock.
    Tick(Sender<()>),
    /// Commit, answer what waits, and end.
    Close,
}

/// The thread's state.
pub(crate) struct Writer {
    store: Store,
    settings: Settings,
    inbox: Receiver<Message>,
    waiters: Waiters<Reply>,
    followers: Followers,
    channels: Channels,
    outbox: Vec<Delivery>,
    /// Those who want to know when this batch is delivered.
    onlookers: Vec<Sender<()>>,
    /// Processes whose receiver has gone: they are to wait again.
    returned: Vec<Given>,
    /// Those of them that do, once this batch is committed.
    put_back: Vec<Given>,
    /// Subscriptions that began in this batch.
    newcomers: Vec<u64>,
    health: Health,
    /// Until then, after a failure, only a message begins a batch.
    rest_until: i64,
    next_sweep: i64,
    /// The second in which deadlines were last looked at.
    last_pass: i64,
}

impl Writer {
    /// Prepares the thread.
    pub(crate) fn new(store: Store, settings: Settings, inbox: Receiver<Message>) -> Self {
        let mut writer = Self {
            store,
            settings,
            inbox,
            waiters: Waiters::default(),
            followers: Followers::default(),
            channels: Channels::default(),
            outbox: Vec::new(),
            onlookers: Vec::new(),
            returned: Vec::new(),
            put_back: Vec::new(),
            newcomers: Vec::new(),
            health: Health::default(),
            rest_until: 0,
            next_sweep: 0,
            last_pass: 0,
        };
        writer.next_sweep = writer.now().saturating_add(writer.sweep_ns());
        writer
    }

    /// Works until the broker is closed.
    pub(crate) fn run(mut self) {
        while self.batch() {}
        if !self.returned.is_empty() && self.store.begin().is_ok() {
            self.put_back_returned(self.now());
            drop(self.store.commit());
        }
        self.inbox.try_iter().for_each(refuse);
    }

    fn now(&self) -> i64 {
        let ns = (self.settings.clock)().to_unix_ns().unwrap_or_default();
        i64::try_from(ns).unwrap_or(i64::MAX)
    }

    fn sweep_ns(&self) -> i64 {
        i64::try_from(self.settings.sweep_every.as_nanos()).unwrap_or(i64::MAX)
    }

    /// One transaction; whether there will be another.
    fn batch(&mut self) -> bool {
        let Ok(first) = self.receive() else { return false };
        let (arrivals, changed_rows) = (self.waiters.arrivals(), self.store.changed_rows());
        // Without a transaction every attempt fails, and so does the commit, with this reason.
        self.store.begin().unwrap_or_default();
        let is_open = self.take_gathered(first);
        self.do_what_is_due();
        if !is_open {
            self.dismiss_all();
        }
        match self.commit(changed_rows) {
            Ok(()) => self.deliver(),
            Err(error) => self.fail(&error, arrivals),
        }
        self.newcomers.clear();
        for onlooker in self.onlookers.drain(..) {
            onlooker.send(()).unwrap_or_default();
        }
        is_open
    }

    /// Commits, and notes how it went since so many rows had been changed.
    fn commit(&mut self, changed_rows: u64) -> rusqlite::Result<()> {
        let outcome = self.store.commit();
        let trouble = self.store.take_trouble();
        let has_written = self.store.changed_rows() > changed_rows;
        self.health.note(outcome.as_ref().err().or(trouble.as_ref()), has_written, self.now());
        outcome
    }

    /// The next message; none if something is due before one comes.
    fn receive(&self) -> Result<Option<Message>, RecvTimeoutError> {
        let due = self.next_due().max(self.rest_until);
        let wait = due.saturating_sub(self.now());
        let wait = Duration::from_nanos(u64::try_from(wait).unwrap_or_default());
        match self.inbox.recv_timeout(wait) {
            Ok(message) => Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(RecvTimeoutError::Disconnected),
        }
    }

    /// Handles what has gathered, as long as the transaction lasts; whether more may come.
    fn take_gathered(&mut self, first: Option<Message>) -> bool {
        let mut next = first;
        let (mut count, mut weighed, mut bytes) = (0, 0, 0_usize);
        while let Some(message) = next {
            if !self.take(message) {
                return false;
            }
            count += 1;
            let new = self.outbox.iter().skip(weighed).map(Delivery::size_bytes);
            bytes = new.fold(bytes, usize::saturating_add);
            weighed = self.outbox.len();
            let is_full = count == MAX_BATCH || bytes > MAX_BATCH_BYTES || !self.store.is_open();
            next = if is_full { None } else { self.inbox.try_recv().ok() };
        }
        true
    }

    /// Sends out what is durable now.
    fn deliver(&mut self) {
        self.put_back.clear();
        self.channels.keep();
        let outbox = std::mem::take(&mut self.outbox);
        self.returned.extend(outbox.into_iter().filter_map(Delivery::deliver));
    }

    /// Says that nothing was stored, and undoes what the batch changed in memory.
    fn fail(&mut self, error: &rusqlite::Error, arrivals: u64) {
        self.rest_until = self.now().saturating_add(SECOND);
        self.returned.append(&mut self.put_back);
        self.channels.undo(0);
        for delivery in std::mem::take(&mut self.outbox) {
            delivery.fail(error);
        }
        for waiter in self.waiters.take_since(arrivals) {
            waiter.reply.fail(error);
        }
        for newcomer in std::mem::take(&mut self.newcomers) {
            if let Some(follower) = self.followers.take(newcomer) {
                (follower.sink)(Event::Close);
            }
        }
    }

    /// Handles one message; false if it is the last one.
    fn take(&mut self, message: Message) -> bool {
        match message {
            Message::Ask { call, signer, asked, ticket, respond } => {
                if !ticket.is_withdrawn() {
                    self.ask(call, &signer, &asked, Reply { ticket, respond });
                }
            }
            Message::Withdraw(call) => drop(self.waiters.take_call(call)),
            Message::Follow { subscription, signer, request, sink } => {
                self.newcomers.push(subscription);
                self.follow(subscription, signer, &request, sink);
            }
            Message::Unfollow(subscription) => drop(self.followers.take(subscription)),
            Message::Seed { colony, users, done } => {
                let result = self.store.attempt(|| seed(&self.store, &colony, &users));
                self.outbox.push(Delivery::Seeded(done, result));
            }
            Message::Tick(done) => self.onlookers.push(done),
            Message::Close => return false,
        }
        true
    }

    fn ask(&mut self, call: u64, signer: &Id, asked: &Asked, reply: Reply) {
        let now = self.now();
        let before = self.channels.changes();
        let mut effects = Effects::default();
        let mut context = Context {
            store: &self.store,
            server: &self.settings.server_id,
            signer,
            now,
            effects: &mut effects,
            channels: &mut self.channels,
        };
        let step = self.store.attempt(|| handle(&mut context, asked));
        match step {
            Ok(Step::Reply(payload)) => {
                let body = ReplyEnvelope::success(asked.replytype(), &payload).to_body();
                self.answer(reply, Answer { status: 200, body });
            }
            Ok(Step::Given(process)) => self.hand_over(reply, &process),
            Ok(Step::Wait { poll, timeout_s, is_paused }) => {
                let until = now.saturating_add(timeout_s.saturating_mul(SECOND));
                self.wait(Waiter { call, poll: *poll, until, is_paused, reply }, now);
            }
            Err(refusal) => {
                self.channels.undo(before);
                self.answer(reply, refusal.to_answer());
                return;
            }
        }
        self.spread(effects, now);
    }

    /// Lets a poll wait, if it may.
    fn wait(&mut self, waiter: Waiter<Reply>, now: i64) {
        let poll = &waiter.poll;
        if waiter.until <= now {
            let answer = if waiter.is_paused { paused() } else { nothing() };
            self.answer(waiter.reply, answer);
        } else if self.waiters.count(&poll.colony, &poll.executorid) >= MAX_POLLS {
            self.answer(waiter.reply, too_many_polls().to_answer());
        } else {
            self.waiters.add(waiter);
        }
    }

    fn answer(&mut self, reply: Reply, answer: Answer) {
        self.outbox.push(Delivery::Answer { reply, answer, given: None });
    }

    /// Answers a poll with a process.
    fn hand_over(&mut self, reply: Reply, process: &Process) {
        let payload = serde_json::to_string(process).unwrap_or_default();
        let body = ReplyEnvelope::success("assignprocessmsg", &payload).to_body();
        let given = Some(Given {
            colony: process.spec.conditions.colonyname.clone(),
            executorid: process.assignedexecutorid.clone(),
            processid: process.processid.clone(),
        });
        if !process.spec.channels.is_empty() {
            self.channels.give(&process.processid, &process.assignedexecutorid);
        }
        let answer = Answer { status: 200, body };
        self.outbox.push(Delivery::Answer { reply, answer, given });
    }
}

/// What is said when there is no process to give.
fn nothing() -> Answer {
    Refusal::new(404, "No process available for assignment").to_answer()
}

fn too_many_polls() -> Refusal {
    let reason = format!("{MAX_POLLS} requests of this executor wait for work already");
    Refusal::new(429, format!("Failed to assign process, {reason}"))
}

/// What is said at once when work is held back.
fn paused() -> Answer {
    let reason = "No processes available: colony assignments are paused";
    Refusal::new(503, reason).to_answer()
}

/// Tells the sender of a message that the broker is closed.
pub(crate) fn refuse(message: Message) {
    match message {
        Message::Ask { respond, .. } => {
            respond(Refusal::new(503, "the broker is closed").to_answer());
        }
        Message::Follow { sink, .. } => sink(Event::Close),
        // Where somebody waits for these, the dropped sender says so by itself.
        Message::Seed { .. }
        | Message::Tick(_)
        | Message::Withdraw(_)
        | Message::Unfollow(_)
        | Message::Close => {}
    }
}

fn seed(store: &Store, colony: &Colony, users: &[User]) -> Result<(), Error> {
    if store.colony(&colony.name)?.is_none() {
        store.add_colony(colony)?;
    }
    for user in users {
        if store.user(&user.colonyname, &user.name)?.is_none() {
            store.add_user(user)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
