//! Joining: add, then approve, both signed with the owner's key. A gateway, which has that key, does
//! both at once.

use std::time::Duration;

use webpool_colony::request::{AddExecutor, ApproveExecutor, RemoveExecutor};
use webpool_colony::types::Executor;
use webpool_colony::{Advice, Error, Request};

use super::{Machine, Phase, Purpose, Settings, Timer, Wish};
use crate::clock::Now;
use crate::event::{Ended, Reply, Report, Trouble};

/// How long after joining the functions are registered: work comes first.
const REGISTER_AFTER: Duration = Duration::from_millis(1500);

/// The state of an executor that may work.
const APPROVED: i64 = 1;

/// Spreads the registrations of the slots of one pool.
const REGISTER_SPREAD: Duration = Duration::from_millis(120);

/// The signed request that makes the executor leave; valid for ever, since requests have no nonce.
pub(super) fn farewell(settings: &Settings, name: &str) -> String {
    let request =
        RemoveExecutor { colonyname: settings.colony.clone(), executorname: name.to_owned() };
    request.seal(&settings.owner_key)
}

impl Machine {
    pub(super) fn begin_join(&mut self) {
        if self.phase == Phase::New {
            self.phase = Phase::Joining;
            self.ask_to_join();
        }
    }

    /// Sends the present step of joining: also after the server was out of reach.
    pub(super) fn ask_to_join(&mut self) {
        let request = AddExecutor {
            executor: Some(Executor {
                executorid: self.settings.key.id(),
                executortype: self.settings.executor_type.clone(),
                executorname: self.name.clone(),
                colonyname: self.settings.colony.clone(),
                capabilities: self.settings.capabilities.clone(),
                ..Executor::default()
            }),
        };
        self.send_as_owner(Purpose::Add, &request);
    }

    fn send_as_owner<R: Request>(&mut self, purpose: Purpose, request: &R) {
        if let Some(owner) = self.owner_key.clone() {
            self.send_body(purpose, request.seal(&owner), super::REQUEST_TIMEOUT);
        }
    }

    pub(super) fn take_added(&mut self, now: Now, reply: &Reply) {
        match reply.read_with(AddExecutor::read) {
            Ok(executor) => {
                self.server_clock.learn(now, executor.commissiontime);
                if executor.state == APPROVED { self.be_joined(now) } else { self.approve() }
            }
            // an earlier attempt may have been accepted although its answer was lost
            Err(error) if error.is_already_there() => self.approve(),
            Err(error) => self.take_join_error(now, &error),
        }
    }

    /// Goes on to the second step, unless it has been told to leave meanwhile.
    fn approve(&mut self) {
        self.be_online();
        if matches!(self.wish, Wish::Finish | Wish::Stop) {
            return;
        }
        let request = ApproveExecutor {
            colonyname: self.settings.colony.clone(),
            executorname: self.name.clone(),
        };
        self.send_as_owner(Purpose::Approve, &request);
    }

    pub(super) fn take_approved(&mut self, now: Now, reply: &Reply) {
        match reply.read_with(ApproveExecutor::read) {
            Ok(_) => self.be_joined(now),
            Err(error) => self.take_join_error(now, &error),
        }
    }

    fn be_joined(&mut self, now: Now) {
        self.be_online();
        self.owner_key = None;
        self.settings.owner_key = self.settings.key.clone();
        self.phase = Phase::Joined;
        // not before: many workers that start at once hold each other up, and who is refused needs none
        self.restart_compute();
        self.last_sign = now.mono;
        let spread = REGISTER_SPREAD * self.settings.slot;
        self.set_timer(Timer::Register, now.mono + REGISTER_AFTER + spread);
        let (id, name) = (self.settings.key.id(), self.name.clone());
        self.report(Report::Joined { id, name });
    }

    fn take_join_error(&mut self, now: Now, error: &Error) {
        let trouble = if error.is_colony_unknown() { Trouble::NoColony } else { Trouble::Refused };
        match error.advice() {
            Advice::Retry => self.be_offline(now, error),
            Advice::Drop | Advice::Stop => self.end(Ended::Failed(trouble, error.to_string())),
        }
    }
}
