//! What waits to be sent over one connection. The broker's thread puts events in and never waits;
//! a client that does not keep up is cut off when the queue is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::ws::Message;
use tokio::sync::{Notify, mpsc};
use webpool_broker::Event;

use super::Limits;

/// What frames are answered with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Binary,
}

impl Kind {
    /// A message of this kind.
    pub(super) fn wrap(self, frame: &str) -> Message {
        match self {
            Self::Text => Message::text(frame),
            Self::Binary => Message::binary(frame.as_bytes().to_vec()),
        }
    }
}

/// An event on its way to the client.
pub(super) struct Outgoing {
    /// The subscription it belongs to.
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) event: Event,
    /// Counts until the event is sent.
    _load: Load,
}

/// How much is on its way to one client.
struct Gauge {
    bytes: AtomicUsize,
    frames: AtomicUsize,
    /// Bytes on their way to all clients.
    all_bytes: Arc<AtomicUsize>,
    is_cut: AtomicBool,
    cut: Notify,
    limits: Limits,
}

/// A frame's share of a gauge, given back when dropped.
struct Load {
    bytes: usize,
    gauge: Arc<Gauge>,
}

impl Drop for Load {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.gauge.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
            self.gauge.all_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
            self.gauge.frames.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Where events are put in.
#[derive(Clone)]
pub(super) struct Inlet {
    sender: mpsc::UnboundedSender<Outgoing>,
    gauge: Arc<Gauge>,
}

/// Where events come out.
pub(super) type Outlet = mpsc::UnboundedReceiver<Outgoing>;

/// Makes the queue of one connection.
pub(super) fn queue(limits: Limits, all_bytes: Arc<AtomicUsize>) -> (Inlet, Outlet) {
    let (sender, outlet) = mpsc::unbounded_channel();
    let gauge = Gauge {
        bytes: AtomicUsize::new(0),
        frames: AtomicUsize::new(0),
        all_bytes,
        is_cut: AtomicBool::new(false),
        cut: Notify::new(),
        limits,
    };
    (Inlet { sender, gauge: Arc::new(gauge) }, outlet)
}

impl Inlet {
    /// Puts an event in. If there is no room the connection is cut, and nothing follows: a client
    /// never misses a frame in between.
    pub(super) fn push(&self, number: u64, kind: Kind, event: Event) {
        let bytes = match &event {
            Event::Frame(frame) => frame.len(),
            Event::Over | Event::Close => 0,
        };
        if self.gauge.is_cut.load(Ordering::Relaxed) {
            return;
        }
        let load = self.gauge.load(bytes);
        if !self.gauge.has_room(bytes) {
            self.gauge.is_cut.store(true, Ordering::Relaxed);
            self.gauge.cut.notify_one();
            return;
        }
        // The connection has gone, its subscriptions follow.
        self.sender.send(Outgoing { number, kind, event, _load: load }).unwrap_or_default();
    }

    /// Returns when the client has to be cut off.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost.
    pub(super) async fn cut(&self) {
        self.gauge.cut.notified().await;
    }
}

impl Gauge {
    /// Counts a frame of so many bytes; what has none is not counted.
    fn load(self: &Arc<Self>, bytes: usize) -> Load {
        if bytes > 0 {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.all_bytes.fetch_add(bytes, Ordering::Relaxed);
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
        Load { bytes, gauge: Arc::clone(self) }
    }

    /// Whether the frame just counted has room.
    fn has_room(&self, bytes: usize) -> bool {
        let own = self.bytes.load(Ordering::Relaxed);
        (own == bytes || own <= self.limits.queued_bytes)
            && self.frames.load(Ordering::Relaxed) <= self.limits.queued_frames
            && self.all_bytes.load(Ordering::Relaxed) <= self.limits.all_queued_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pubsub::LIMITS;

    /// Takes out what is there.
    fn frames(outlet: &mut Outlet) -> Vec<Outgoing> {
        std::iter::from_fn(|| outlet.try_recv().ok()).collect()
    }

    fn length(outgoing: &Outgoing) -> usize {
        match &outgoing.event {
            Event::Frame(frame) => frame.len(),
            Event::Over | Event::Close => 0,
        }
    }

    fn push(inlet: &Inlet, length: usize) {
        inlet.push(0, Kind::Text, Event::Frame("x".repeat(length).into()));
    }

    #[test]
    fn a_full_queue_is_cut_and_nothing_follows() {
        let limits = Limits { queued_bytes: 10, queued_frames: 3, ..LIMITS };
        for (lengths, kept) in [
            (vec![4, 6, 1, 1], vec![4, 6]),
            (vec![99, 1, 1], vec![99]),
            (vec![1, 99, 1], vec![1]),
            (vec![1, 1, 1, 1], vec![1, 1, 1]),
        ] {
            let (inlet, mut outlet) = queue(limits, Arc::default());
            for length in &lengths {
                push(&inlet, *length);
            }
            inlet.push(0, Kind::Text, Event::Over);
            let found: Vec<_> = frames(&mut outlet).iter().map(length).collect();
            assert_eq!(found, kept, "{lengths:?}");
            assert!(inlet.gauge.is_cut.load(Ordering::Relaxed));
        }
    }

    #[test]
    fn what_is_sent_makes_room() {
        let all = Arc::new(AtomicUsize::new(0));
        let limits = Limits { queued_bytes: 10, all_queued_bytes: 15, ..LIMITS };
        let (one, mut from_one) = queue(limits, Arc::clone(&all));
        let (two, mut from_two) = queue(limits, Arc::clone(&all));
        for _ in 0..3 {
            push(&one, 10);
            // What is being sent still counts.
            let sending = frames(&mut from_one);
            assert_eq!((sending.len(), all.load(Ordering::Relaxed)), (1, 10));
        }
        push(&one, 10);
        push(&two, 5);
        push(&two, 1);
        assert_eq!(frames(&mut from_two).len(), 1);
        assert!(two.gauge.is_cut.load(Ordering::Relaxed));
        assert!(!one.gauge.is_cut.load(Ordering::Relaxed));
        drop((one, from_one));
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }
}
