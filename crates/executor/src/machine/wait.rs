//! Waiting for work: polls and permits, signs of life, registration of functions.
//!
//! P = 4 polls are open at once per server, whatever the number of slots; they are the shorter the
//! more slots share them, so that work addressed to one executor is not late. Behind a gateway
//! everybody polls: the gateway queues them, and may ask the server several times with one request.

use std::time::Duration;

use webpool_colony::request::{AddFunction, Assign, NO_CPU};
use webpool_colony::types::Function;
use webpool_colony::{Advice, Assigned, Error, Process, Request, reply};

use super::{Compute, Machine, Phase, Poll, Polls, Purpose, Timer, Wish, run};
use crate::clock::Now;
use crate::event::{Command, Reply, Report};
use crate::outbox;

/// How many slots may poll at once.
const PERMITS: u32 = 4;

/// The longest poll, in s; the shortest has 1 s.
const LONGEST_POLL_S: u32 = 8;

/// What a poll's answer may need on top of its own time.
const POLL_GRACE: Duration = Duration::from_secs(15);

/// How long a gateway may leave a request for work unanswered.
const QUEUED: Duration = Duration::from_mins(5);

/// Silence that a server bears, unless it says otherwise, and at most; at least.
const USUAL_STALE_S: u32 = 600;
const SHORTEST_STALE_S: u32 = 5;

/// After so many tenths of it a busy executor shows that it lives; an idle one.
const BUSY_TENTHS: u32 = 1;
const IDLE_TENTHS: u32 = 4;

/// Pause after a poll that a paused colony refused at once.
const PAUSED_COLONY: Duration = Duration::from_secs(2);

/// Pause between two registrations.
const REGISTER_EVERY: Duration = Duration::from_millis(200);

/// Length of a poll, in s, when `slots` share the permits.
pub(super) fn poll_seconds(slots: u32) -> u32 {
    (LONGEST_POLL_S / slots.div_ceil(PERMITS).max(1)).max(1)
}

impl Machine {
    /// Asks for the right to poll, if there is nothing else to do.
    pub(super) fn want_work(&mut self, now: Now) {
        self.plan_sign_of_life();
        let is_free = self.phase == Phase::Joined
            && self.wish == Wish::Work
            && self.run.is_none()
            && self.offline.is_none()
            && self.compute == Compute::Ready
            && !self.is_recovering()
            // a poll may stand in a gateway's queue for long: what we hold is cleared up before
            && (self.polls == Polls::Shared || self.unsure.is_empty())
            && self.outbox.len() < outbox::CAPACITY;
        match self.poll {
            Poll::None if is_free && !self.timers.contains_key(&Timer::Poll) => {
                self.poll = Poll::WantsPermit;
                self.out.push(Command::WantPermit);
            }
            Poll::WantsPermit if !is_free => self.end_poll(now),
            Poll::Open { .. } if self.wish == Wish::Hold => self.end_poll(now),
            Poll::None | Poll::WantsPermit | Poll::Open { .. } => {}
        }
    }

    pub(super) fn take_permit(&mut self, now: Now) {
        if self.poll != Poll::WantsPermit {
            self.out.push(Command::ReturnPermit);
            return;
        }
        let (length, patience) = match self.polls {
            Polls::Shared => {
                // it shows that we live; what a gateway queues may never get to the server
                self.last_sign = now.mono;
                let length = self.poll_length(now);
                (length, length + POLL_GRACE)
            }
            Polls::Queued(length) => (length, QUEUED),
        };
        self.poll = Poll::Open { until: now.mono + length };
        let request = Assign {
            colonyname: self.settings.colony.clone(),
            timeout: i64::try_from(length.as_secs()).unwrap_or_default(),
            ..Assign::default()
        };
        let body = request.seal(&self.settings.key);
        self.send_body(Purpose::Poll, body, patience);
    }

    /// How long a poll takes: it ends before the server is to be asked what it believes.
    fn poll_length(&self, now: Now) -> Duration {
        let length = Duration::from_secs(poll_seconds(self.settings.slots).into());
        let next = self.unsure.first().map(|at| at.saturating_sub(now.mono));
        let left = next.map_or(length, |left| Duration::from_secs(left.as_secs().max(1)));
        length.min(left)
    }

    /// A gateway has let us in. Who comes back after a while without it takes nothing for granted.
    pub(super) fn be_linked(&mut self, now: Now, holds: Option<&str>, poll_s: u32) {
        self.polls = Polls::Queued(Duration::from_secs(u64::from(poll_s.max(1))));
        if self.phase != Phase::Joined {
            return;
        }
        if self.offline.is_some() {
            self.set_timer(Timer::Reconnect, now.mono);
        }
        let ours = self.run.as_ref().map(|run| run.process_id.as_str());
        match holds {
            Some(process) if ours != Some(process) && !self.outbox.holds(process) => {
                self.doubt(now.mono);
            }
            Some(_) | None if ours != holds => self.inspect(),
            Some(_) | None => {}
        }
    }

    /// Ends an open poll or the wish for one. A poll that was open may still be handed work by a
    /// server that does not notice: leaving twice takes care of that.
    pub(super) fn end_poll(&mut self, now: Now) {
        match self.poll {
            Poll::None => return,
            Poll::WantsPermit => {}
            Poll::Open { until } => {
                self.abort(|purpose| *purpose == Purpose::Poll);
                self.be_unsure(now, self.poll);
                // a gateway sees to that itself
                if self.polls == Polls::Shared {
                    self.leave_again_at = Some(until.max(now.mono) + Duration::from_secs(1));
                }
            }
        }
        self.poll = Poll::None;
        self.out.push(Command::ReturnPermit);
    }

    pub(super) fn take_poll(&mut self, now: Now, reply: &Reply) {
        let poll = std::mem::replace(&mut self.poll, Poll::None);
        self.out.push(Command::ReturnPermit);
        match reply.read_with(reply::read_assigned) {
            Ok(Assigned::Process(process)) => {
                self.be_online();
                self.begin_run(now, *process);
            }
            Ok(Assigned::Nothing) => self.be_online(),
            Ok(Assigned::Paused) => {
                self.be_online();
                self.set_timer(Timer::Poll, now.mono + PAUSED_COLONY);
            }
            Err(error) => {
                let unread =
                    matches!(error, Error::TooLarge { .. }).then(|| reply.first_process_id());
                if let Some(process_id) = unread.flatten() {
                    self.be_online();
                    return self.fail_unread(now, process_id);
                }
                if error.server_sentence().is_none() {
                    self.be_unsure(now, poll);
                }
                self.take_poll_error(now, &error);
            }
        }
    }

    fn take_poll_error(&mut self, now: Now, error: &Error) {
        match error.advice() {
            Advice::Stop => self.be_lost(error),
            Advice::Retry => self.be_offline(now, error),
            Advice::Drop => {
                // a reply that makes no sense: whatever it was, do not hammer the server
                self.report(Report::Warning(format!("A request for work failed: {error}")));
                self.be_offline(now, error);
            }
        }
    }

    /// Plans the next sign of life, counted from the last request for work.
    fn plan_sign_of_life(&mut self) {
        if self.phase != Phase::Joined || self.offline.is_some() {
            return;
        }
        let is_busy = self.run.is_some() || self.wish == Wish::Hold;
        let tenths = if is_busy { BUSY_TENTHS } else { IDLE_TENTHS };
        let stale_s = self.settings.stale_after_s.unwrap_or(USUAL_STALE_S);
        let stale_s = stale_s.clamp(SHORTEST_STALE_S, USUAL_STALE_S);
        let silence = Duration::from_secs(stale_s.into()) * tenths / 10;
        self.set_timer(Timer::SignOfLife, self.last_sign + silence);
    }

    pub(super) fn show_life(&mut self, now: Now) {
        self.last_sign = now.mono;
        let is_open = self.requests.any(|purpose| *purpose == Purpose::SignOfLife);
        if self.phase == Phase::Joined && !is_open {
            let request = Assign {
                colonyname: self.settings.colony.clone(),
                timeout: -1,
                availablecpu: NO_CPU.to_owned(),
                ..Assign::default()
            };
            self.send(Purpose::SignOfLife, &request);
        }
    }

    pub(super) fn take_sign_of_life(&mut self, now: Now, reply: &Reply) {
        match reply.read_with(reply::read_assigned) {
            Ok(Assigned::Nothing | Assigned::Paused) => self.be_online(),
            // cannot match, by the figure it was asked with; if it did, it would be ours to run
            Ok(Assigned::Process(process)) => self.take_stray(now, *process),
            Err(error) => match error.advice() {
                Advice::Stop => self.be_lost(&error),
                Advice::Retry => self.be_offline(now, &error),
                Advice::Drop => self.be_online(),
            },
        }
    }

    fn take_stray(&mut self, now: Now, process: Process) {
        self.be_online();
        if self.run.is_none() && self.compute == Compute::Ready {
            self.begin_run(now, process);
        }
    }

    /// The server was out of reach: see whether it is back.
    pub(super) fn try_reconnect(&mut self, now: Now) {
        match self.phase {
            Phase::Joining => self.ask_to_join(),
            Phase::Joined => {
                self.last_sign = now.mono;
                self.abort(|purpose| *purpose == Purpose::SignOfLife);
                self.show_life(now);
            }
            Phase::Leaving => self.leave(now),
            Phase::New | Phase::Left | Phase::Ended => {}
        }
    }

    pub(super) fn take_offers(&mut self, functions: Vec<Function>) {
        self.compute = Compute::Ready;
        self.has_computed = true;
        self.offers = functions;
        self.out.extend(self.run.as_mut().and_then(run::Run::take_unsent));
    }

    /// Registers the next function; one at a time, and never while computing.
    pub(super) fn register_next(&mut self, now: Now) {
        if self.phase != Phase::Joined || matches!(self.wish, Wish::Finish | Wish::Stop) {
            return;
        }
        let is_held = self.wish == Wish::Hold;
        if is_held || self.run.is_some() || self.offline.is_some() || self.offers.is_empty() {
            self.set_timer(Timer::Register, now.mono + Duration::from_secs(1));
            return;
        }
        let Some(offer) = self.offers.get(self.registered) else { return };
        let function = Function {
            executorname: self.name.clone(),
            executortype: self.settings.executor_type.clone(),
            colonyname: self.settings.colony.clone(),
            ..offer.clone()
        };
        self.send(Purpose::Register, &AddFunction { fun: Some(function) });
    }

    pub(super) fn take_registered(&mut self, now: Now, reply: &Reply) {
        match reply.read_with(AddFunction::read) {
            Ok(_) => self.registered += 1,
            Err(error) => match error.advice() {
                Advice::Stop => return self.be_lost(&error),
                Advice::Retry => self.be_offline(now, &error),
                Advice::Drop => {
                    self.registered += 1;
                    let text = format!("A function could not be registered: {error}");
                    self.report(Report::Warning(text));
                }
            },
        }
        self.set_timer(Timer::Register, now.mono + REGISTER_EVERY);
    }
}
