//! Work that the server believes we have.
//!
//! A poll whose answer never arrived may have been handed a process all the same: its connection
//! broke, or it was ended here. Nobody would work on that process, and signs of life would keep it
//! ours. So the server is asked which processes it has given to this executor, and what is not known
//! here is taken up: at once, and again when such a poll could have answered, since a server may not
//! notice that nobody hears it.

use std::time::Duration;

use webpool_colony::request::GetProcessHist;
use webpool_colony::{Advice, Error, Process, ProcessState, Request};

use super::{Machine, Phase, Poll, Polls, Purpose, Timer, Wish};
use crate::clock::Now;
use crate::event::{Reply, Report};

/// How far back processes are looked for, in s (ten years): they may have waited for long.
const LOOK_BACK_S: i64 = 315_360_000;

/// How long after its end a poll may still have been handed something.
const AFTER_POLL: Duration = Duration::from_secs(1);

impl Machine {
    /// The answer of the open poll, if there is one, will not be heard.
    pub(super) fn be_unsure(&mut self, now: Now, poll: Poll) {
        match (poll, self.polls) {
            (Poll::Open { until }, Polls::Shared) => {
                self.doubt(now.mono);
                self.doubt(until.max(now.mono) + AFTER_POLL);
            }
            // a gateway takes a request back at once; its answer may be on the way here
            (Poll::Open { .. }, Polls::Queued(_)) => self.doubt(now.mono + AFTER_POLL),
            (Poll::None | Poll::WantsPermit, _) => {}
        }
    }

    /// From then on the server is to be asked what it believes.
    pub(super) fn doubt(&mut self, at: Duration) {
        self.unsure.push(at);
        self.unsure.sort_unstable();
    }

    /// Asks what the server believes, when there is reason to and nothing else to do.
    pub(super) fn recover(&mut self, now: Now) {
        let Some(&at) = self.unsure.first() else { return };
        if at > now.mono {
            return self.set_timer(Timer::Recover, at);
        }
        let is_free = self.phase == Phase::Joined
            && self.wish == Wish::Work
            && self.run.is_none()
            && self.offline.is_none()
            && !matches!(self.poll, Poll::Open { .. });
        if is_free && !self.is_recovering() {
            let request = GetProcessHist {
                colonyname: self.settings.colony.clone(),
                executorid: self.settings.key.id(),
                seconds: LOOK_BACK_S,
                state: ProcessState::Running.to_code(),
            };
            self.has_settled = false;
            self.send(Purpose::Recover { since: now.mono }, &request);
        }
    }

    /// Whether the server is being asked; no poll is opened meanwhile, so that no process is found
    /// whose assignment is still on its way.
    pub(super) fn is_recovering(&self) -> bool {
        self.requests.any(|purpose| matches!(purpose, Purpose::Recover { .. }))
    }

    /// The server says what it believes; it was asked at `since`.
    pub(super) fn take_recovered(&mut self, now: Now, since: Duration, reply: &Reply) {
        match reply.read_with(GetProcessHist::read) {
            // what it believed may be older than a result that it has accepted since
            Ok(_) if self.has_settled => {
                self.be_online();
                self.recover(now);
            }
            Ok(processes) => {
                self.be_online();
                self.be_sure_until(since);
                self.take_up(now, processes.unwrap_or_default());
            }
            Err(Error::TooLarge { .. }) => {
                self.be_online();
                self.be_sure_until(since);
                self.give_up_first(now, reply.first_process_id());
            }
            Err(error) if error.advice() == Advice::Drop => self.be_sure_until(since),
            Err(error) => self.take_carrier_error(now, &error),
        }
    }

    fn be_sure_until(&mut self, moment: Duration) {
        self.unsure.retain(|at| *at > moment);
    }

    /// What the server has given is too long to be read: the first of it fails, and the server is
    /// asked again.
    fn give_up_first(&mut self, now: Now, process_id: Option<String>) {
        let Some(process_id) = process_id else { return };
        self.doubt(now.mono + AFTER_POLL);
        if !self.outbox.holds(&process_id) {
            self.fail_unread(now, process_id);
        }
    }

    /// Takes up the first process that is not known here; the others after it.
    fn take_up(&mut self, now: Now, processes: Vec<Process>) {
        let own = self.settings.key.id();
        let is_lost = |process: &Process| {
            process.assignedexecutorid == own && !self.outbox.holds(&process.processid)
        };
        let mut lost: Vec<Process> = processes.into_iter().filter(is_lost).collect();
        if lost.is_empty() || self.run.is_some() {
            return;
        }
        let process = lost.remove(0);
        if !lost.is_empty() {
            self.doubt(now.mono);
        }
        let text = "Took up a process whose assignment was lost on its way here.";
        self.report(Report::Warning(text.to_owned()));
        self.begin_run(now, process);
    }
}
