//! Pause, finish and stop.
//!
//! Leaving is the farewell, signed while the owner's key was at hand. A server may still hand work
//! to a poll that was ended here, after the farewell: so an executor that ended a poll leaves a
//! second time once that poll could have answered, and only then has its last word.

use std::time::Duration;

use webpool_colony::request::RemoveExecutor;
use webpool_colony::{Advice, Request};

use super::{Machine, Phase, Purpose, Timer, Wish};
use crate::clock::Now;
use crate::event::{Command, Ended, Reply};

/// How long finished results, or a step of joining, may hold up a stop.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How long a farewell may take.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

/// Farewells that are tried before the server is left to find out by itself.
const MAX_FAREWELLS: u32 = 3;

impl Machine {
    pub(super) fn hold(&mut self) {
        if self.wish == Wish::Work {
            self.wish = Wish::Hold;
            self.out.push(Command::HoldCompute);
        }
    }

    pub(super) fn unhold(&mut self) {
        if self.wish == Wish::Hold {
            self.wish = Wish::Work;
            self.out.push(Command::ContinueCompute);
        }
    }

    pub(super) fn begin_finish(&mut self) {
        if matches!(self.wish, Wish::Work | Wish::Hold) {
            if self.wish == Wish::Hold {
                self.out.push(Command::ContinueCompute);
            }
            self.wish = Wish::Finish;
        }
    }

    pub(super) fn begin_stop(&mut self, now: Now) {
        if self.wish == Wish::Stop {
            return;
        }
        self.wish = Wish::Stop;
        self.end_poll(now);
        self.set_timer(Timer::LeaveNow, now.mono + STOP_GRACE);
    }

    /// Leaves as soon as nothing holds it up any more.
    pub(super) fn leave_when_done(&mut self, now: Now) {
        match (self.phase, self.wish) {
            (_, Wish::Work | Wish::Hold) | (Phase::Leaving | Phase::Left | Phase::Ended, _) => {}
            (Phase::New, _) => self.end(Ended::Left),
            // a farewell that overtakes a step of joining would be undone by it
            (Phase::Joining, _) if self.is_asking_to_join() => {}
            (Phase::Joining, _) => self.leave(now),
            (Phase::Joined, Wish::Finish) => {
                self.end_poll(now);
                if self.run.is_none() && self.outbox.is_empty() {
                    self.leave(now);
                }
            }
            (Phase::Joined, Wish::Stop) => {
                if self.outbox.is_empty() || self.offline.is_some() {
                    self.leave(now);
                }
            }
        }
    }

    fn is_asking_to_join(&self) -> bool {
        self.requests.any(|purpose| matches!(purpose, Purpose::Add | Purpose::Approve))
    }

    /// Sends the farewell; the running process is given back by it.
    pub(super) fn leave(&mut self, now: Now) {
        if self.phase >= Phase::Left {
            return;
        }
        self.abort(|purpose| !matches!(purpose, Purpose::Close(_)));
        self.phase = Phase::Leaving;
        self.owner_key = None;
        self.give_back();
        self.out.push(Command::StopCompute);
        self.timers.clear();
        self.leave_attempts += 1;
        self.last_sign = now.mono;
        self.send_body(Purpose::Leave, self.farewell.clone(), FAREWELL_TIMEOUT);
    }

    pub(super) fn take_left(&mut self, now: Now, reply: &Reply) {
        match reply.read_with(RemoveExecutor::read) {
            Err(error)
                if error.advice() == Advice::Retry && self.leave_attempts < MAX_FAREWELLS =>
            {
                self.be_offline(now, &error);
            }
            // a refusal means that there is nothing left to leave
            Ok(_) | Err(_) => self.be_gone(),
        }
    }

    fn be_gone(&mut self) {
        self.offline = None;
        match self.leave_again_at {
            Some(at) => {
                self.phase = Phase::Left;
                self.set_timer(Timer::LeaveAgain, at);
            }
            None => self.end_left(),
        }
    }

    /// Says that it has left, and whether that was for want of another build.
    pub(super) fn end_left(&mut self) {
        let ended = self.stale_for.take().map_or(Ended::Left, Ended::Stale);
        self.end(ended);
    }

    pub(super) fn leave_again(&mut self) {
        self.send_body(Purpose::LeaveAgain, self.farewell.clone(), FAREWELL_TIMEOUT);
    }
}
