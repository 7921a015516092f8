//! One process, from assignment to a finished result.
//!
//! The deadline is `starttime + maxexectime` on the server's clock; at the deadline the compute
//! worker is killed and nothing is reported, since the server hands the process on by itself. A
//! cancel is learnt by following the process once it has run for a second; every hint makes the
//! executor read the process and decide by what it reads.

use std::time::Duration;

use webpool_colony::reply::MAX_REPLY_BYTES;
use webpool_colony::request::{AddLog, CloseFailed, CloseSuccessful, GetProcess, SubscribeProcess};
use webpool_colony::{Error, Json, Process, ProcessState, Request, Timestamp};

use super::{Compute, Machine, Phase, Polls, Purpose, Timer};
use crate::clock::Now;
use crate::event::{Activity, Command, Outcome, Reply, Report};
use crate::outbox::Finished;

/// A process that runs longer than this is followed.
const FOLLOW_AFTER: Duration = Duration::from_secs(1);

/// A process that cannot be followed is read this often.
const FOLLOW_AGAIN: Duration = Duration::from_secs(10);

/// One that is followed over a socket of its own is read this often all the same: a connection can
/// fall silent without an end.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How long one subscription lasts, in s.
const FOLLOW_S: i64 = 3600;

/// A limit of 0 s, or below -1, fails at the server's next look: at most this much later.
const NEXT_LOOK: Duration = Duration::from_secs(1);

/// How many log lines of one run reach the colony.
const MAX_LOG_LINES: u32 = 100;

/// The process that is being computed.
#[derive(Clone, Debug)]
pub(super) struct Run {
    number: u32,
    pub(super) process_id: String,
    function: String,
    starttime: Timestamp,
    began: Duration,
    deadline: Option<Duration>,
    log_lines: u32,
    is_followed: bool,
    /// Whether there is reason to read the process before its result is sent.
    is_doubtful: bool,
    /// The call, while nobody is there to compute it.
    unsent: Option<Command>,
}

impl Run {
    /// The number of the run, if it is being computed.
    pub(super) fn computed(&self) -> Option<u32> {
        self.unsent.is_none().then_some(self.number)
    }

    pub(super) fn take_unsent(&mut self) -> Option<Command> {
        self.unsent.take()
    }

    pub(super) fn to_activity(&self) -> Activity {
        Activity::Running {
            process_id: self.process_id.clone(),
            function: self.function.clone(),
            deadline: self.deadline,
        }
    }
}

impl Machine {
    pub(super) fn begin_run(&mut self, now: Now, process: Process) {
        if self.run.as_ref().is_some_and(|run| run.process_id == process.processid) {
            return;
        }
        self.server_clock.learn(now, process.starttime);
        self.runs = self.runs.wrapping_add(1);
        let mut run = Run {
            number: self.runs,
            deadline: self.deadline(now, &process),
            process_id: process.processid,
            function: process.spec.funcname,
            starttime: process.starttime,
            began: now.mono,
            log_lines: 0,
            is_followed: false,
            is_doubtful: false,
            unsent: None,
        };
        if process.spec.fs.is_wanted() {
            let reason = "a browser has no file system: fs mounts, snapshots and synchronised \
                          folders cannot be given to a process here";
            return self.close_failed(now, run, reason.to_owned());
        }
        if let Some(build) = self.other_build.clone()
            && self.lacks(&run.function)
        {
            return self.refer(now, run, build);
        }
        if let Some(deadline) = run.deadline {
            self.set_timer(Timer::Deadline, deadline);
        }
        self.set_timer(Timer::Follow, now.mono + FOLLOW_AFTER);
        let call = Command::Compute {
            run: run.number,
            function: run.function.clone(),
            args_json: process.spec.args.as_str().to_owned(),
            kwargs_json: process.spec.kwargs.as_str().to_owned(),
        };
        if self.compute == Compute::Ready {
            self.out.push(call);
        } else {
            run.unsent = Some(call);
        }
        self.run = Some(run);
    }

    /// Whether a function is surely not among those of this build.
    fn lacks(&self, function: &str) -> bool {
        !self.offers.is_empty() && self.offers.iter().all(|offer| offer.funcname != function)
    }

    /// Another build may have the function: the process is given back, by leaving, if the page can
    /// come to that build; else it fails, since it would be given to this one again.
    fn refer(&mut self, now: Now, run: Run, build: String) {
        if !self.settings.reload.may_bring(&build) {
            let reason = format!(
                "there is no function «{}» in this version of the page; the server has another one, \
                 {build}, which this page has not been loaded as",
                run.function
            );
            return self.close_failed(now, run, reason);
        }
        let Run { process_id, function, .. } = run;
        let (outcome, elapsed) = (Outcome::GivenBack, Duration::ZERO);
        self.report(Report::Closed { process_id, function, outcome, elapsed });
        self.stale_for = Some(build);
        self.begin_stop(now);
    }

    /// A process came that is too long to be read, and would be so for every executor: it fails
    /// with that reason.
    pub(super) fn fail_unread(&mut self, now: Now, process_id: String) {
        self.runs = self.runs.wrapping_add(1);
        let run = Run {
            number: self.runs,
            process_id,
            function: String::new(),
            starttime: Timestamp::NEVER,
            began: now.mono,
            deadline: None,
            log_lines: 0,
            is_followed: false,
            is_doubtful: false,
            unsent: None,
        };
        let reason = format!(
            "the process is too long for an executor, which reads at most {MAX_REPLY_BYTES} bytes \
             of an answer"
        );
        self.close_failed(now, run, reason);
    }

    fn deadline(&self, now: Now, process: &Process) -> Option<Duration> {
        let limit = match process.spec.maxexectime {
            -1 => return None,
            seconds @ 1.. => Duration::from_secs(seconds.unsigned_abs()),
            _ => NEXT_LOOK,
        };
        Some(now.mono + self.server_clock.time_left(now, process.starttime, limit))
    }

    /// Takes the present run out, if it is the one with this number.
    pub(super) fn end_run(&mut self, number: u32) -> Option<Run> {
        let run = self.run.take_if(|run| run.number == number)?;
        self.timers.remove(&Timer::Deadline);
        self.timers.remove(&Timer::Follow);
        self.timers.remove(&Timer::Look);
        self.abort(|purpose| *purpose == Purpose::Inspect(number));
        if run.is_followed {
            self.out.push(Command::Unfollow { process_id: run.process_id.clone() });
        }
        Some(run)
    }

    pub(super) fn take_progress(&mut self, run: u32, fraction: f64) {
        if self.run.as_ref().is_some_and(|present| present.number == run) {
            self.report(Report::Progress(fraction));
        }
    }

    pub(super) fn take_log(&mut self, run: u32, message: String) {
        let Some(present) = self.run.as_mut().filter(|present| present.number == run) else {
            return;
        };
        present.log_lines += 1;
        if present.log_lines <= MAX_LOG_LINES && self.offline.is_none() {
            let processid = present.process_id.clone();
            self.send(Purpose::Log, &AddLog { processid, message });
        }
    }

    pub(super) fn take_output(&mut self, now: Now, run: u32, output: &[String]) {
        self.crashes = 0;
        let Some(run) = self.end_run(run) else { return };
        let out = Json::from_strings(output);
        let request = CloseSuccessful { processid: run.process_id.clone(), out };
        let body = request.seal(&self.settings.key);
        self.finish_run(now, run, body, Outcome::Succeeded);
    }

    pub(super) fn take_refusal(&mut self, now: Now, run: u32, reason: String) {
        self.crashes = 0;
        if let Some(run) = self.end_run(run) {
            self.close_failed(now, run, reason);
        }
    }

    pub(super) fn close_failed(&mut self, now: Now, run: Run, reason: String) {
        let processid = run.process_id.clone();
        let request = CloseFailed { processid, errors: vec![reason.clone()] };
        let body = request.seal(&self.settings.key);
        self.finish_run(now, run, body, Outcome::Failed(reason));
    }

    fn finish_run(&mut self, now: Now, run: Run, body: String, outcome: Outcome) {
        let is_late = run.deadline.is_some_and(|deadline| deadline <= now.mono);
        let is_doubtful = is_late || run.is_doubtful;
        let Run { process_id, function, starttime, began, .. } = run;
        let elapsed = now.mono.saturating_sub(began);
        let finished = Finished { process_id, function, starttime, body, outcome, elapsed };
        self.outbox.push(now.mono, finished, is_doubtful);
    }

    /// The time is up: kill it, say nothing to the server.
    pub(super) fn expire(&mut self) {
        self.drop_run(Outcome::Expired);
    }

    /// Kills the computation; the process is somebody else's business now.
    fn drop_run(&mut self, outcome: Outcome) {
        let number = self.run.as_ref().map(|run| run.number);
        let Some(run) = number.and_then(|number| self.end_run(number)) else { return };
        let elapsed = self.last_event.mono.saturating_sub(run.began);
        let Run { process_id, function, .. } = run;
        self.report(Report::Closed { process_id, function, outcome, elapsed });
        if self.phase < Phase::Leaving {
            self.restart_compute();
        }
    }

    /// The executor leaves: the server puts the process back in the queue.
    pub(super) fn give_back(&mut self) {
        self.drop_run(Outcome::GivenBack);
    }

    pub(super) fn follow(&mut self, now: Now) {
        let Some(run) = &mut self.run else { return };
        let is_new = !std::mem::replace(&mut run.is_followed, true);
        let process_id = run.process_id.clone();
        let request = SubscribeProcess {
            colonyname: self.settings.colony.clone(),
            processid: process_id.clone(),
            executortype: self.settings.executor_type.clone(),
            state: ProcessState::Cancelled.to_code(),
            timeout: FOLLOW_S,
        };
        let body = request.seal(&self.settings.key);
        self.out.push(Command::Follow { process_id, body });
        // a gateway notices by itself that a link is silent
        if self.polls == Polls::Shared {
            self.set_timer(Timer::Look, now.mono + LOOK_AGAIN);
        }
        if !is_new {
            self.inspect();
        }
    }

    /// Nothing was heard of a followed process for a while: read it.
    pub(super) fn look(&mut self, now: Now) {
        self.set_timer(Timer::Look, now.mono + LOOK_AGAIN);
        self.inspect();
    }

    /// Something happened to a process, or it can be followed no longer: read it.
    pub(super) fn take_hint(&mut self, now: Now, process_id: &str) {
        if self.run.as_ref().is_some_and(|run| run.process_id == process_id) {
            self.set_timer(Timer::Follow, now.mono + FOLLOW_AGAIN);
            self.inspect();
        }
    }

    /// Reads the running process, to see whether it is still ours.
    pub(super) fn inspect(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.is_doubtful = true;
        let (number, processid) = (run.number, run.process_id.clone());
        let is_open = self.requests.any(|purpose| *purpose == Purpose::Inspect(number));
        if !is_open && self.offline.is_none() {
            self.send(Purpose::Inspect(number), &GetProcess { processid });
        }
    }

    pub(super) fn take_inspected(&mut self, now: Now, number: u32, reply: &Reply) {
        let Some(run) = self.run.as_ref().filter(|run| run.number == number) else { return };
        match reply.read_with(GetProcess::read) {
            Ok(process) => match self.fate(&process, run.starttime) {
                Some(outcome) => self.drop_run(outcome),
                None => self.trust_run(),
            },
            Err(Error::Refused { status: 404, message }) => {
                self.drop_run(Outcome::Discarded(message));
            }
            Err(error) => self.take_carrier_error(now, &error),
        }
    }

    /// The process was read and is still ours: its result may be sent at once.
    fn trust_run(&mut self) {
        if let Some(run) = &mut self.run {
            run.is_doubtful = false;
        }
    }

    /// What became of a process that we had; none if it is still ours to do.
    pub(super) fn fate(&self, process: &Process, starttime: Timestamp) -> Option<Outcome> {
        let is_ours = process.assignedexecutorid == self.settings.key.id()
            && is_same_start(process.starttime, starttime);
        match process.state() {
            Some(ProcessState::Running) if is_ours => None,
            Some(ProcessState::Cancelled) => Some(Outcome::Cancelled),
            Some(ProcessState::Success) if is_ours => Some(Outcome::Succeeded),
            Some(ProcessState::Failed) => Some(Outcome::Expired),
            Some(ProcessState::Waiting | ProcessState::Running | ProcessState::Success) | None => {
                let reason = "the server has given the process to another executor".to_owned();
                Some(Outcome::Discarded(reason))
            }
        }
    }
}

/// Stored times have microseconds, the assign reply has nanoseconds.
fn is_same_start(one: Timestamp, other: Timestamp) -> bool {
    match (one.since_unix(), other.since_unix()) {
        (Some(one), Some(other)) => one.abs_diff(other) < Duration::from_millis(1),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
