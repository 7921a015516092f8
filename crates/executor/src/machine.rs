//! The executor itself: what it is doing, and what it does next.
//!
//! One method takes every event: [`Machine::handle`]. It lets the part that is concerned change the
//! state, then `advance` starts whatever the new state asks for, and the difference to what was
//! told before is told. The parts:
//!
//! - `join`: add and approve, with the owner's key, which is forgotten then
//! - `wait`: polls and permits, signs of life, registration of functions
//! - `recover`: work the server believes we have
//! - `compute`: the compute worker, started and started again
//! - `run`: one process, from assignment to a finished result
//! - `deliver`: results on their way to the server
//! - `leave`: finish, stop, and leaving twice
//! - `state`: the words the parts share
//!
//! All times are `mono` times; the server's clock is only used for deadlines.

mod compute;
mod deliver;
mod join;
mod leave;
mod recover;
mod run;
mod state;
mod wait;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use webpool_colony::types::Function;
use webpool_colony::{Error, PrivateKey, Request};

use crate::backoff::Backoff;
use crate::clock::{Now, ServerClock};
use crate::event::{Activity, Command, Ended, Event, Reply, Report, Trouble};
use crate::outbox::Outbox;
use crate::requests::Requests;

pub use state::Settings;
use state::{Compute, Offline, Phase, Poll, Polls, Purpose, Timer, Wish};

/// How long a request other than a poll may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Time between two events after which it is assumed that the page was frozen or asleep.
const GAP: Duration = Duration::from_secs(30);

/// The executor: see the module.
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    owner_key: Option<PrivateKey>,
    name: String,
    farewell: String,
    phase: Phase,
    wish: Wish,
    poll: Poll,
    polls: Polls,
    /// When the server is to be asked what it believes that we have; the earliest first.
    unsure: Vec<Duration>,
    /// Whether a result was settled since the server was asked that.
    has_settled: bool,
    offline: Option<Offline>,
    compute: Compute,
    /// Whether a compute worker has ever been ready.
    has_computed: bool,
    crashes: u32,
    offers: Vec<Function>,
    registered: usize,
    /// The build that the gateway serves, if it is not ours.
    other_build: Option<String>,
    /// The build for which something was given back: the reason to leave.
    stale_for: Option<String>,
    run: Option<run::Run>,
    runs: u32,
    outbox: Outbox,
    requests: Requests<Purpose>,
    timers: BTreeMap<Timer, Duration>,
    server_clock: ServerClock,
    reconnect: Backoff,
    recompute: Backoff,
    last_sign: Duration,
    last_event: Now,
    leave_attempts: u32,
    leave_again_at: Option<Duration>,
    told: Option<Activity>,
    told_pending: usize,
    wake_at: Option<Duration>,
    out: Vec<Command>,
}

impl Machine {
    /// Makes an executor that has not begun yet. `seed` spreads its retries.
    pub fn new(settings: Settings, seed: u64) -> Self {
        let id = settings.key.id();
        let short = id.as_str().get(..8).unwrap_or_default();
        let name = format!("{}-{}-{short}", settings.name, settings.slot);
        let owner_key = Some(settings.owner_key.clone());
        let farewell = join::farewell(&settings, &name);
        let backoff =
            |seed| Backoff::new(Duration::from_millis(500), Duration::from_secs(30), seed);
        Self {
            owner_key,
            name,
            farewell,
            phase: Phase::New,
            wish: Wish::Work,
            poll: Poll::None,
            polls: Polls::Shared,
            unsure: Vec::new(),
            has_settled: false,
            offline: None,
            compute: Compute::Starting,
            has_computed: false,
            crashes: 0,
            offers: Vec::new(),
            registered: 0,
            other_build: None,
            stale_for: None,
            run: None,
            runs: 0,
            outbox: Outbox::default(),
            requests: Requests::default(),
            timers: BTreeMap::new(),
            server_clock: ServerClock::default(),
            reconnect: backoff(seed),
            recompute: backoff(seed.rotate_left(17)),
            last_sign: Duration::ZERO,
            last_event: Now::default(),
            leave_attempts: 0,
            leave_again_at: None,
            told: None,
            told_pending: 0,
            wake_at: None,
            out: Vec::new(),
            settings,
        }
    }

    /// The executor's name: `<name>-<slot>-<first 8 of its id>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The signed request that makes the executor leave, at any time and by anybody's hand: to be
    /// put into safe hands before [`Event::Start`].
    pub fn farewell(&self) -> &str {
        &self.farewell
    }

    /// Takes one event that happened at `now` and says what is to be done.
    ///
    /// After [`Report::Ended`] nothing more is wanted.
    pub fn handle(&mut self, now: Now, event: Event) -> Vec<Command> {
        self.notice_gap(now);
        if self.phase != Phase::Ended {
            self.take(now, event);
            self.fire_timers(now);
            self.advance(now);
            self.tell_changes();
        }
        std::mem::take(&mut self.out)
    }

    fn take(&mut self, now: Now, event: Event) {
        match event {
            Event::Start => self.begin_join(),
            Event::Replied { id, reply } => {
                if let Some(purpose) = self.requests.close(id) {
                    self.take_reply(now, purpose, &reply);
                }
            }
            // what is due next is asked for again: a timer may go off a moment early
            Event::Woke => self.wake_at = None,
            Event::Permit => self.take_permit(now),
            Event::ComputeReady { functions } => self.take_offers(functions),
            Event::Progress { run, fraction } => self.take_progress(run, fraction),
            Event::Logged { run, message } => self.take_log(run, message),
            Event::Computed { run, output } => self.take_output(now, run, &output),
            Event::Refused { run, reason } => self.take_refusal(now, run, reason),
            Event::ComputeCrashed { text } => self.take_crash(now, &text),
            Event::ComputeOutdated { text } => self.end(Ended::Failed(Trouble::Outdated, text)),
            Event::Hint { process_id } | Event::FollowEnded { process_id } => {
                self.take_hint(now, &process_id);
            }
            Event::Pause => self.hold(),
            Event::Resume => self.unhold(),
            Event::Finish => self.begin_finish(),
            Event::Stop => self.begin_stop(now),
            Event::Linked { holds, poll_s, stale_after_s } => {
                self.settings.stale_after_s = stale_after_s;
                self.be_linked(now, holds.as_deref(), poll_s);
            }
            Event::Barred { code, reason } => {
                self.end(Ended::Failed(Trouble::Barred(code), reason));
            }
            Event::Dismissed { reason } => self.end(Ended::Dismissed(reason)),
            Event::OtherBuild { build } => self.other_build = build,
            Event::Slots { slots } => self.settings.slots = slots.clamp(1, 64),
        }
    }

    fn take_reply(&mut self, now: Now, purpose: Purpose, reply: &Reply) {
        match purpose {
            Purpose::Add => self.take_added(now, reply),
            Purpose::Approve => self.take_approved(now, reply),
            Purpose::Poll => self.take_poll(now, reply),
            Purpose::SignOfLife => self.take_sign_of_life(now, reply),
            Purpose::Recover { since } => self.take_recovered(now, since, reply),
            Purpose::Register => self.take_registered(now, reply),
            Purpose::Close(entry) => self.take_closed(now, entry, reply),
            Purpose::Verify(entry) => self.take_verified(now, entry, reply),
            Purpose::Inspect(run) => self.take_inspected(now, run, reply),
            Purpose::Log => {}
            Purpose::Leave => self.take_left(now, reply),
            Purpose::LeaveAgain => self.end_left(),
        }
    }

    fn fire_timers(&mut self, now: Now) {
        let due: Vec<Timer> = self
            .timers
            .iter()
            .filter(|(_, at)| **at <= now.mono)
            .map(|(timer, _)| *timer)
            .collect();
        for timer in due {
            self.timers.remove(&timer);
            match timer {
                Timer::Reconnect => self.try_reconnect(now),
                Timer::SignOfLife => self.show_life(now),
                Timer::Register => self.register_next(now),
                Timer::Deadline => self.expire(),
                Timer::Follow => self.follow(now),
                Timer::Look => self.look(now),
                Timer::Compute => self.renew_compute(),
                Timer::LeaveNow => self.leave(now),
                Timer::LeaveAgain => self.leave_again(),
                Timer::Poll | Timer::Deliver | Timer::Recover => {}
            }
        }
    }

    /// Starts whatever the state asks for.
    fn advance(&mut self, now: Now) {
        self.deliver(now);
        self.recover(now);
        self.want_work(now);
        self.leave_when_done(now);
    }

    fn send<R: Request>(&mut self, purpose: Purpose, request: &R) {
        let body = request.seal(&self.settings.key);
        self.send_body(purpose, body, REQUEST_TIMEOUT);
    }

    fn send_body(&mut self, purpose: Purpose, body: String, timeout: Duration) {
        let id = self.requests.open(purpose);
        self.out.push(Command::Send { id, body, timeout });
    }

    fn abort(&mut self, matches: impl Fn(&Purpose) -> bool) {
        for id in self.requests.forget(matches) {
            self.out.push(Command::Abort { id });
        }
    }

    fn set_timer(&mut self, timer: Timer, at: Duration) {
        self.timers.insert(timer, at);
    }

    fn report(&mut self, report: Report) {
        self.out.push(Command::Report(report));
    }

    /// The server answered: whatever waited for it goes on.
    fn be_online(&mut self) {
        self.reconnect.reset();
        self.offline = None;
        self.timers.remove(&Timer::Reconnect);
        self.catch_up_compute();
    }

    /// The server cannot be reached: nothing is sent until the next attempt.
    fn be_offline(&mut self, now: Now, error: &Error) {
        if self.offline.is_some() && self.timers.contains_key(&Timer::Reconnect) {
            return;
        }
        self.forgive_crashes();
        let retry_at = now.mono + self.reconnect.next_delay();
        // that the server is out of reach is said wherever the reason is
        let reason = if let Error::Unreachable { reason } = error {
            reason.clone()
        } else {
            error.to_string()
        };
        self.offline = Some(Offline { reason, retry_at });
        self.set_timer(Timer::Reconnect, retry_at);
    }

    /// The server knows us no longer.
    fn be_lost(&mut self, error: &Error) {
        let reason = error.to_string();
        let ended = if error.is_colony_unknown() {
            Ended::Failed(Trouble::NoColony, reason)
        } else {
            Ended::Lost(reason)
        };
        self.end(ended);
    }

    /// Nothing more will happen. What was not delivered is said to be lost.
    fn end(&mut self, ended: Ended) {
        if self.phase == Phase::Ended {
            return;
        }
        // first, so that what is given back leaves no fresh compute worker behind
        self.phase = Phase::Ended;
        self.give_back();
        for entry in self.outbox.drain() {
            let reason = "the executor ended before it was delivered".to_owned();
            self.report_closed(&entry, entry.to_unsettled(reason));
        }
        self.abort(|_| true);
        self.timers.clear();
        self.out.push(Command::StopCompute);
        if self.poll != Poll::None {
            self.poll = Poll::None;
            self.out.push(Command::ReturnPermit);
        }
        self.report(Report::Ended(ended));
    }

    /// After a freeze or a sleep nothing is taken for granted: the server may have given our work
    /// to somebody else.
    fn notice_gap(&mut self, now: Now) {
        let last = std::mem::replace(&mut self.last_event, now);
        let overdue = self.wake_at.is_some_and(|at| now.mono > at + GAP);
        let slept = now.wall.saturating_sub(last.wall) > now.mono.saturating_sub(last.mono) + GAP;
        if last != Now::default() && (overdue || slept) {
            self.outbox.doubt_all();
            self.inspect();
        }
    }

    fn tell_changes(&mut self) {
        if let Some(activity) = self.activity()
            && self.told.as_ref() != Some(&activity)
        {
            self.told = Some(activity.clone());
            self.report(Report::Activity(activity));
        }
        if self.told_pending != self.outbox.len() {
            self.told_pending = self.outbox.len();
            self.report(Report::Pending(self.told_pending));
        }
        let next = self.timers.values().min().copied();
        if next != self.wake_at {
            self.wake_at = next;
            self.out.extend(next.map(Command::WakeAt));
        }
    }

    fn activity(&self) -> Option<Activity> {
        match self.phase {
            Phase::New | Phase::Ended => return None,
            Phase::Left => return Some(Activity::Stopped),
            Phase::Joining | Phase::Joined | Phase::Leaving => {}
        }
        if let Some(Offline { reason, retry_at }) = &self.offline {
            return Some(Activity::Offline { reason: reason.clone(), retry_at: *retry_at });
        }
        Some(match (self.wish, &self.run) {
            (Wish::Finish | Wish::Stop, _) => Activity::Finishing,
            _ if self.phase == Phase::Joining => Activity::Joining,
            (Wish::Hold, _) => Activity::Paused,
            (Wish::Work, Some(run)) => run.to_activity(),
            // who cannot compute yet waits for nothing
            (Wish::Work, None) if !self.has_computed => Activity::Joining,
            (Wish::Work, None) => Activity::Idle,
        })
    }
}
