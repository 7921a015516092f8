//! What is known about those who came, as long as webpool runs.

use std::collections::HashMap;

use tokio::sync::mpsc;
use webpool_colony::Id;
use webpool_gateway::presence::Session;
use webpool_gateway::{Gateway, Profile, Settings};
use webpool_registrar::Admission;
use webpool_wire::link::FromGateway;

use crate::peer::Client;

/// What a session is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Say this.
    Say(FromGateway),
    /// End: another session has taken its place, or it is no member any more.
    End,
}

/// Where somebody is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// On this machine.
    Here,
    /// Anywhere else, at this address if it is known.
    Elsewhere(Option<Client>),
}

/// What is known about those who came.
pub(super) struct Books {
    pub(super) gateway: Gateway,
    /// By what right those came who have a session.
    pub(super) admissions: HashMap<Id, Admission>,
    /// Where those are who have a session.
    pub(super) origins: HashMap<Id, Origin>,
    /// Who has left, as long as a request of theirs may be at the backend.
    pub(super) leavers: HashMap<Id, Profile>,
    sessions: HashMap<Session, mpsc::UnboundedSender<Order>>,
}

impl Books {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            gateway: Gateway::new(settings),
            admissions: HashMap::new(),
            origins: HashMap::new(),
            leavers: HashMap::new(),
            sessions: HashMap::new(),
        }
    }

    /// A session has begun.
    pub(super) fn begin(&mut self, session: Session, say: mpsc::UnboundedSender<Order>) {
        self.sessions.insert(session, say);
    }

    /// A session has ended by itself.
    pub(super) fn forget(&mut self, session: Session) {
        self.sessions.remove(&session);
    }

    /// Ends a session.
    pub(super) fn end(&mut self, session: Session) {
        if let Some(say) = self.sessions.remove(&session) {
            // Its socket may be gone already.
            say.send(Order::End).unwrap_or_default();
        }
    }

    /// Tells every session that this build of the page is served now.
    pub(super) fn tell_build(&self, build: &str) {
        for say in self.sessions.values() {
            let frame = FromGateway::Build { build: build.to_owned() };
            // Its socket may be gone already.
            say.send(Order::Say(frame)).unwrap_or_default();
        }
    }

    /// Tells a session why it is over, and ends it.
    pub(super) fn send_off(&mut self, session: Session, reason: &str) {
        if let Some(say) = self.sessions.get(&session) {
            let leave = FromGateway::Leave { reason: reason.to_owned() };
            say.send(Order::Say(leave)).unwrap_or_default();
        }
        self.end(session);
    }
}
