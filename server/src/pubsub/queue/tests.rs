//! Queues that are full, by themselves or together.

use super::*;
use crate::pubsub::LIMITS;

/// Connections with the queues they share.
struct Bench {
    queues: Queues,
    connections: Vec<(Inlet, Outlet)>,
}

impl Bench {
    fn new(connections: usize, limits: Limits) -> Self {
        let queues = Queues::default();
        let connections = (0..connections).map(|_| queues.open(limits)).collect();
        Self { queues, connections }
    }

    fn push(&self, connection: usize, event: Event) {
        self.connections[connection].0.push(0, Kind::Text, event);
    }

    /// Pushes a frame that nobody else gets.
    fn say(&self, connection: usize, length: usize) {
        self.push(connection, frame(length));
    }

    /// The lengths of what waits; none if it was cut off.
    fn waiting(&self, connection: usize) -> Option<Vec<usize>> {
        let state = self.queues.lock();
        let lane = state.lanes.get(&self.connections[connection].1.connection)?;
        Some(lane.queue.iter().map(|outgoing| outgoing.frame().map_or(0, str::len)).collect())
    }

    fn bytes(&self) -> usize {
        self.queues.lock().bytes
    }
}

fn frame(length: usize) -> Event {
    Event::Frame("x".repeat(length).into())
}

#[tokio::test]
async fn a_full_queue_is_cut_off_and_nothing_follows() {
    let limits = Limits { queued_bytes: 10, queued_frames: 3, ..LIMITS };
    for (fitting, too_much) in
        [(vec![4, 4, 6], 1), (vec![99, 4, 6], 1), (vec![1], 99), (vec![1, 1, 1], 1)]
    {
        let bench = Bench::new(1, limits);
        for length in &fitting {
            bench.say(0, *length);
        }
        bench.push(0, Event::Over);
        assert_eq!(bench.waiting(0), Some([&fitting[..], &[0]].concat()), "{fitting:?}");
        bench.say(0, too_much);
        bench.connections[0].1.cut().await;
        bench.say(0, 1);
        assert_eq!((bench.waiting(0), bench.bytes()), (None, 0), "{fitting:?}");
    }
}

#[tokio::test]
async fn what_is_sent_makes_room() {
    let bench = Bench::new(1, Limits { queued_bytes: 10, ..LIMITS });
    let outlet = &bench.connections[0].1;
    for _ in 0..3 {
        bench.say(0, 10);
        for _ in 0..2 {
            assert!(outlet.next().await.frame().is_some(), "it comes until it was sent");
            assert_eq!(bench.bytes(), 10);
        }
        outlet.was_sent();
        assert_eq!((bench.waiting(0), bench.bytes()), (Some(vec![]), 0));
    }
}

#[tokio::test]
async fn when_all_queues_are_full_the_longest_is_cut_off() {
    let bench = Bench::new(3, Limits { queued_bytes: 10, all_queued_bytes: 15, ..LIMITS });
    bench.say(0, 5);
    bench.say(0, 5);
    bench.say(1, 4);
    bench.say(2, 2);
    bench.connections[0].1.cut().await;
    assert_eq!(bench.bytes(), 6, "its frames are forgotten at once");
    assert_eq!((bench.waiting(1), bench.waiting(2)), (Some(vec![4]), Some(vec![2])));
    bench.say(2, 5);
    bench.say(1, 5);
    // 7 and 9: the longer one goes.
    assert_eq!((bench.waiting(1), bench.waiting(2)), (None, Some(vec![2, 5])));
}

#[test]
fn a_frame_for_many_counts_once() {
    let bench = Bench::new(3, Limits { queued_bytes: 10, all_queued_bytes: 10, ..LIMITS });
    let (shared, later) = (frame(10), frame(10));
    for connection in 0..3 {
        bench.push(connection, shared.clone());
    }
    assert_eq!(bench.bytes(), 10);
    for connection in 0..3 {
        assert_eq!(bench.waiting(connection), Some(vec![10]));
        assert_eq!(bench.bytes(), 10, "somebody has to be sent it");
        bench.connections[connection].1.was_sent();
    }
    assert_eq!(bench.bytes(), 0);
    bench.push(0, later);
    assert_eq!((bench.waiting(0), bench.bytes()), (Some(vec![10]), 10));
}

#[test]
fn who_has_gone_takes_no_room() {
    let mut bench = Bench::new(2, LIMITS);
    let shared = frame(10);
    bench.push(0, shared.clone());
    bench.push(1, shared);
    bench.say(1, 5);
    let (inlet, outlet) = bench.connections.remove(1);
    drop(outlet);
    assert_eq!(bench.bytes(), 10);
    inlet.push(0, Kind::Text, frame(5));
    assert_eq!(bench.bytes(), 10);
    bench.connections.clear();
    let state = bench.queues.lock();
    assert!(state.bytes == 0 && state.frames.is_empty() && state.lanes.is_empty());
}
