//! What waits to be sent. The broker's thread puts events in and never waits; a client that does not
//! keep up is cut off when too much waits behind the frame that it is sent, however long that one is,
//! or when all queues together are full and its own is the longest.
//!
//! A frame for many clients is in memory once, and counted once for all of them, but for each in its
//! own queue. As long as the limit for all is the number of connections times a share, the longest
//! queue is longer than that share when the limit is reached: who keeps up is never cut off for others.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use webpool_broker::Event;

use super::Limits;

/// What frames are answered with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Binary,
}

/// An event on its way to the client.
#[derive(Clone)]
pub(super) struct Outgoing {
    /// The subscription it belongs to.
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) event: Event,
}

impl Outgoing {
    fn frame(&self) -> Option<&str> {
        match &self.event {
            Event::Frame(frame) => Some(frame),
            Event::Over | Event::Close => None,
        }
    }
}

/// The queues of all connections.
#[derive(Clone, Default)]
pub(super) struct Queues(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// By the connection's number: who is younger has a higher one. Who was cut off has none.
    lanes: BTreeMap<u64, Lane>,
    count: u64,
    /// In how many queues a frame is, by its address.
    frames: HashMap<usize, usize>,
    /// What all frames take, in bytes.
    bytes: usize,
}

/// The queue of one connection.
#[derive(Default)]
struct Lane {
    queue: VecDeque<Outgoing>,
    bytes: usize,
    frames: usize,
    bell: Arc<Bell>,
}

impl Lane {
    /// What waits until the first frame was sent, in bytes.
    fn bytes_behind(&self) -> usize {
        let first = self.queue.iter().find_map(Outgoing::frame);
        self.bytes.saturating_sub(first.map_or(0, str::len))
    }
}

/// What a connection is told.
#[derive(Default)]
struct Bell {
    /// There is something to send.
    ring: Notify,
    /// It is cut off.
    cut: Notify,
}

/// Where events are put in.
#[derive(Clone)]
pub(super) struct Inlet {
    queues: Queues,
    connection: u64,
    limits: Limits,
}

/// Where events come out. Dropping it ends the queue.
pub(super) struct Outlet {
    queues: Queues,
    connection: u64,
    bell: Arc<Bell>,
}

impl Queues {
    /// Makes the queue of one connection.
    pub(super) fn open(&self, limits: Limits) -> (Inlet, Outlet) {
        let mut state = self.lock();
        let connection = state.count;
        state.count = connection.saturating_add(1);
        let lane = state.lanes.entry(connection).or_default();
        let bell = Arc::clone(&lane.bell);
        let inlet = Inlet { queues: self.clone(), connection, limits };
        (inlet, Outlet { queues: self.clone(), connection, bell })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inlet {
    /// Puts an event in. If there is no room for it some connection is cut off, and nothing follows
    /// there: a client never misses a frame in between.
    pub(super) fn push(&self, number: u64, kind: Kind, event: Event) {
        self.queues.lock().push(self.connection, Outgoing { number, kind, event }, &self.limits);
    }
}

impl Outlet {
    /// What is to be sent next; the same until it [`was_sent`](Self::was_sent). Never, if the
    /// connection was cut off.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(super) async fn next(&self) -> Outgoing {
        loop {
            let ring = self.bell.ring.notified();
            if let Some(outgoing) = self.first() {
                return outgoing;
            }
            ring.await;
        }
    }

    fn first(&self) -> Option<Outgoing> {
        self.queues.lock().lanes.get(&self.connection)?.queue.front().cloned()
    }

    /// Takes out what was sent.
    pub(super) fn was_sent(&self) {
        self.queues.lock().pop(self.connection);
    }

    /// Returns when the client has to be cut off.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(super) async fn cut(&self) {
        self.bell.cut.notified().await;
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.queues.lock().end(self.connection);
    }
}

impl State {
    fn push(&mut self, connection: u64, outgoing: Outgoing, limits: &Limits) {
        // The connection has gone, its subscriptions follow.
        let Some(lane) = self.lanes.get_mut(&connection) else { return };
        let length = outgoing.frame().map_or(0, str::len);
        if let Some(frame) = outgoing.frame() {
            lane.bytes = lane.bytes.saturating_add(length);
            lane.frames = lane.frames.saturating_add(1);
            let holders = self.frames.entry(frame.as_ptr().addr()).or_default();
            *holders = holders.saturating_add(1);
            if *holders == 1 {
                self.bytes = self.bytes.saturating_add(length);
            }
        }
        lane.queue.push_back(outgoing);
        lane.bell.ring.notify_one();
        if lane.bytes_behind() > limits.queued_bytes || lane.frames > limits.queued_frames {
            self.cut(connection);
        }
        while self.bytes > limits.all_queued_bytes
            && let Some(longest) = self.longest()
        {
            self.cut(longest);
        }
    }

    /// The connection with the most bytes on their way; of equals the youngest.
    fn longest(&self) -> Option<u64> {
        self.lanes.iter().max_by_key(|(_, lane)| lane.bytes).map(|(connection, _)| *connection)
    }

    fn cut(&mut self, connection: u64) {
        if let Some(bell) = self.end(connection) {
            bell.cut.notify_one();
        }
    }

    fn end(&mut self, connection: u64) -> Option<Arc<Bell>> {
        let lane = self.lanes.remove(&connection)?;
        for outgoing in lane.queue {
            self.release(&outgoing);
        }
        Some(lane.bell)
    }

    fn pop(&mut self, connection: u64) {
        let Some(lane) = self.lanes.get_mut(&connection) else { return };
        let Some(outgoing) = lane.queue.pop_front() else { return };
        if let Some(frame) = outgoing.frame() {
            lane.bytes = lane.bytes.saturating_sub(frame.len());
            lane.frames = lane.frames.saturating_sub(1);
        }
        self.release(&outgoing);
    }

    /// Counts a frame in one queue less.
    fn release(&mut self, outgoing: &Outgoing) {
        let Some(frame) = outgoing.frame() else { return };
        let address = frame.as_ptr().addr();
        let Some(holders) = self.frames.get_mut(&address) else { return };
        *holders = holders.saturating_sub(1);
        if *holders == 0 {
            self.frames.remove(&address);
            self.bytes = self.bytes.saturating_sub(frame.len());
        }
    }
}

#[cfg(test)]
mod tests;
