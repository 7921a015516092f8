//! What carries requests to a server and brings back what comes: http or link.
//!
//! Both bring what they bring as [`Heard`]; whom they carry for does not know which one it is.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use webpool_executor::{Link, RequestId};

use crate::fetch::{self, Request};
use crate::link::LinkDriver;
use crate::pubsub::{self, Follow};
use crate::seat::Heard;

/// A way to a server.
pub(crate) enum Carrier {
    /// A request each, and a socket for each process that is followed.
    Http(Http),
    /// One socket to a gateway.
    Link(Box<LinkDriver>),
}

/// Requests under way, and processes that are followed.
pub(crate) struct Http {
    server_url: String,
    hear: Rc<dyn Fn(Heard)>,
    requests: BTreeMap<u64, Request>,
    follows: BTreeMap<String, Vec<Follow>>,
}

impl Carrier {
    /// Straight to the server.
    pub(crate) fn http(server_url: &str, hear: &Rc<dyn Fn(Heard)>) -> Self {
        let (requests, follows) = (BTreeMap::new(), BTreeMap::new());
        let (server_url, hear) = (server_url.to_owned(), Rc::clone(hear));
        Self::Http(Http { server_url, hear, requests, follows })
    }

    /// Through the gateway at the same address.
    pub(crate) fn link(server_url: &str, slot: u32, link: Link, hear: &Rc<dyn Fn(Heard)>) -> Self {
        Self::Link(Box::new(LinkDriver::new(server_url, slot, link, hear)))
    }

    /// Sends a signed request; what comes of it is [`Heard::Replied`].
    pub(crate) fn send(&mut self, id: RequestId, body: String, timeout: Duration) {
        match self {
            Self::Http(http) => {
                let hear = Rc::clone(&http.hear);
                let api = format!("{}/api", http.server_url);
                let request = fetch::post(&api, &body, timeout, move |reply| {
                    hear(Heard::Replied(id, reply));
                });
                http.requests.insert(id.to_number(), request);
            }
            Self::Link(link) => link.run(|link, now| link.send(now, id, body, timeout)),
        }
    }

    /// Nobody waits for the reply any more.
    pub(crate) fn abort(&mut self, id: RequestId) {
        match self {
            Self::Http(http) => drop(http.requests.remove(&id.to_number())),
            Self::Link(link) => link.run(|link, now| link.abort(now, id)),
        }
    }

    /// Follows a process with signed subscriptions.
    pub(crate) fn follow(&mut self, process_id: String, bodies: Vec<String>) {
        match self {
            Self::Http(http) => http.follow(process_id, bodies),
            Self::Link(link) => link.run(|link, now| link.follow(now, process_id, bodies)),
        }
    }

    /// Follows it no longer.
    pub(crate) fn unfollow(&mut self, process_id: String) {
        match self {
            Self::Http(http) => drop(http.follows.remove(&process_id)),
            Self::Link(link) => link.run(|link, now| link.unfollow(now, process_id)),
        }
    }

    /// Keeps its books: some of what is heard concerns the way itself. What is left is for whom it
    /// carries.
    pub(crate) fn hear(&mut self, heard: Heard) -> Option<Heard> {
        match (self, heard) {
            (Self::Link(link), Heard::Socket(number, event)) => {
                link.hear(number, event);
                None
            }
            (Self::Http(http), Heard::Replied(id, reply)) => {
                http.requests.remove(&id.to_number());
                Some(Heard::Replied(id, reply))
            }
            (Self::Http(http), Heard::FollowEnded(process_id)) => {
                http.follows.remove(&process_id);
                Some(Heard::FollowEnded(process_id))
            }
            (Self::Http(_) | Self::Link(_), heard) => Some(heard),
        }
    }
}

impl Http {
    fn follow(&mut self, process_id: String, bodies: Vec<String>) {
        let follow = |body| {
            let (hint, hinted) = (Rc::clone(&self.hear), process_id.clone());
            let (end, ended) = (Rc::clone(&self.hear), process_id.clone());
            pubsub::follow(
                &self.server_url,
                body,
                move || hint(Heard::Hint(hinted.clone())),
                move || end(Heard::FollowEnded(ended.clone())),
            )
        };
        let follows = bodies.into_iter().map(follow).collect();
        self.follows.insert(process_id, follows);
    }
}
