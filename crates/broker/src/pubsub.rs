//! Those who follow one process over `/pubsub`, and the frames they get.
//!
//! A follower gets one frame each time the process reaches the state it asked for, with the process
//! as it is then, output included; and one at once if it is in that state already. When its time is
//! over its connection is dropped.

use std::collections::HashMap;
use std::rc::Rc;

use webpool_colony::Process;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{Request, SubscribeProcess};

use crate::broker::Sink;
use crate::handlers::Signal;

/// Who follows a process.
pub(crate) struct Follower {
    /// The subscription it belongs to.
    pub(crate) subscription: u64,
    /// Signals for another type do not concern it.
    pub(crate) executortype: String,
    /// The state it waits for, as on the wire.
    pub(crate) state: i64,
    /// When its time is over, in nanoseconds since 1970.
    pub(crate) until: i64,
    pub(crate) sink: Rc<Sink>,
}

/// All followers, by process.
#[derive(Default)]
pub(crate) struct Followers {
    by_process: HashMap<String, Vec<Follower>>,
}

impl Followers {
    pub(crate) fn add(&mut self, processid: &str, follower: Follower) {
        self.by_process.entry(processid.to_owned()).or_default().push(follower);
    }

    /// Those who want to know of this signal.
    pub(crate) fn concerned(&self, signal: &Signal) -> Vec<Rc<Sink>> {
        let followers = self.by_process.get(&signal.processid).into_iter().flatten();
        followers
            .filter(|follower| follower.state == signal.state.to_code())
            .filter(|follower| follower.executortype == signal.executortype)
            .map(|follower| Rc::clone(&follower.sink))
            .collect()
    }

    /// When the first follower's time is over.
    pub(crate) fn next_timeout(&self) -> Option<i64> {
        self.by_process.values().flatten().map(|follower| follower.until).min()
    }

    /// Takes out all followers for which `is_over` holds.
    pub(crate) fn take_all(&mut self, is_over: impl Fn(&Follower) -> bool) -> Vec<Follower> {
        let mut over = Vec::new();
        self.by_process.retain(|_, followers| {
            over.extend(followers.extract_if(.., |follower| is_over(follower)));
            !followers.is_empty()
        });
        over
    }
}

/// The frame that shows a process.
pub(crate) fn frame(process: &Process) -> String {
    let payload = serde_json::to_string(process).unwrap_or_default();
    ReplyEnvelope::success(SubscribeProcess::TYPE, &payload).to_body()
}
