//! Those who follow something over `/pubsub`, and the frames they get.
//!
//! A follower of processes gets one frame each time one reaches the state it asked for, with the
//! process as it is then, output included. A follower of a channel gets one frame for each entry.
//! Every follower gets every frame: nobody takes one away from somebody else.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{Request, SubscribeChannel, SubscribeProcess};
use webpool_colony::{Id, Process};

use crate::broker::Sink;
use crate::channels::Address;

/// What is followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// One process, when it reaches a state; signals for another type do not concern it.
    Process { processid: String, executortype: String, state: i64 },
    /// Any process for executors of a type, when it reaches a state.
    Type { executortype: String, state: i64 },
    /// What is said in a channel.
    Channel(Address),
}

/// Who follows it.
pub(crate) struct Follower {
    /// The subscription it belongs to.
    pub(crate) subscription: u64,
    pub(crate) signer: Id,
    pub(crate) topic: Topic,
    /// The only colony it wants to know about; empty if any will do.
    pub(crate) colony: String,
    /// When its time is over, in nanoseconds since 1970.
    pub(crate) until: i64,
    pub(crate) sink: Rc<Sink>,
}

/// All followers.
#[derive(Default)]
pub(crate) struct Followers {
    by_subscription: BTreeMap<u64, Follower>,
    by_topic: BTreeMap<Topic, BTreeSet<u64>>,
    /// When the time of which is over.
    ends: BTreeSet<(i64, u64)>,
}

impl Followers {
    pub(crate) fn add(&mut self, follower: Follower) {
        let subscription = follower.subscription;
        self.by_topic.entry(follower.topic.clone()).or_default().insert(subscription);
        self.ends.insert((follower.until, subscription));
        self.by_subscription.insert(subscription, follower);
    }

    /// Those who follow this, oldest first.
    pub(crate) fn of(&self, topic: &Topic) -> impl Iterator<Item = &Follower> {
        let subscriptions = self.by_topic.get(topic).into_iter().flatten();
        subscriptions.filter_map(|subscription| self.by_subscription.get(subscription))
    }

    /// When the first follower's time is over.
    pub(crate) fn next_timeout(&self) -> Option<i64> {
        self.ends.first().map(|(until, _)| *until)
    }

    /// Takes out those whose time is over.
    pub(crate) fn take_due(&mut self, now: i64) -> Vec<Follower> {
        let due = self.ends.iter().take_while(|(until, _)| *until <= now);
        let due: Vec<u64> = due.map(|(_, subscription)| *subscription).collect();
        due.into_iter().filter_map(|subscription| self.take(subscription)).collect()
    }

    /// Takes out those who follow a channel of this process.
    pub(crate) fn take_listeners(&mut self, processid: &str) -> Vec<Follower> {
        let first = Address { processid: processid.to_owned(), name: String::new() };
        let topics = self.by_topic.range(Topic::Channel(first)..).take_while(
            |(topic, _)| matches!(topic, Topic::Channel(address) if address.processid == processid),
        );
        let listeners: Vec<u64> =
            topics.flat_map(|(_, subscriptions)| subscriptions).copied().collect();
        listeners.into_iter().filter_map(|subscription| self.take(subscription)).collect()
    }

    /// Takes out the follower of a subscription.
    pub(crate) fn take(&mut self, subscription: u64) -> Option<Follower> {
        let follower = self.by_subscription.remove(&subscription)?;
        self.ends.remove(&(follower.until, subscription));
        if let Some(subscriptions) = self.by_topic.get_mut(&follower.topic) {
            subscriptions.remove(&subscription);
            if subscriptions.is_empty() {
                self.by_topic.remove(&follower.topic);
            }
        }
        Some(follower)
    }
}

/// The frame that shows a process, whoever follows it.
pub(crate) fn process_frame(process: &Process) -> Arc<str> {
    let payload = serde_json::to_string(process).unwrap_or_default();
    ReplyEnvelope::success(SubscribeProcess::TYPE, &payload).to_body().into()
}

/// The frame that shows entries of a channel: a JSON array.
pub(crate) fn channel_frame(entries: &str) -> Arc<str> {
    ReplyEnvelope::success(SubscribeChannel::TYPE, entries).to_body().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower(subscription: u64, topic: Topic, until: i64) -> Follower {
        let (signer, colony) = (Id::from_text("s"), String::new());
        Follower { subscription, signer, topic, colony, until, sink: Rc::new(Box::new(drop)) }
    }

    fn channel(processid: &str, name: &str) -> Topic {
        Topic::Channel(Address { processid: processid.to_owned(), name: name.to_owned() })
    }

    fn numbers(followers: Vec<Follower>) -> Vec<u64> {
        followers.into_iter().map(|follower| follower.subscription).collect()
    }

    #[test]
    fn followers_are_found_by_topic_time_and_process() {
        let mut followers = Followers::default();
        let topics = [channel("p", "a"), channel("p", "b"), channel("pq", "a"), channel("o", "z")];
        for (number, topic) in topics.iter().enumerate() {
            let number = u64::try_from(number).unwrap();
            let until = 9 - i64::try_from(number).unwrap();
            followers.add(follower(number, topic.clone(), until));
        }
        followers.add(follower(7, topics[0].clone(), 20));
        let of: Vec<u64> = followers.of(&topics[0]).map(|found| found.subscription).collect();
        assert_eq!(of, [0, 7]);
        assert_eq!(followers.next_timeout(), Some(6));
        assert_eq!(numbers(followers.take_due(7)), [3, 2]);
        assert_eq!(numbers(followers.take_listeners("p")), [0, 7, 1]);
        assert!(followers.take(7).is_none());
        assert_eq!(followers.next_timeout(), None);
        assert!(followers.by_topic.is_empty() && followers.by_subscription.is_empty());
    }
}
