//! One submission: from the spec to the final state of its process.

use std::time::Duration;

use webpool_colony::request::{GetProcess, Submit, SubscribeProcess};
use webpool_colony::{Advice, Error, FunctionSpec, PrivateKey, Process, ProcessState, Request};

use super::{Client, ClientCommand, ClientReport};
use crate::backoff::Backoff;
use crate::clock::Now;
use crate::event::Reply;

/// The first and the longest delay between two looks at a process.
const FIRST_LOOK: Duration = Duration::from_millis(150);
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// A process that is not over by then is followed.
const FOLLOW_AFTER: Duration = Duration::from_secs(1);

/// How long one subscription lasts, in s.
const FOLLOW_S: i64 = 3600;

/// Where a submission stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Accepted; nobody works on it.
    Waiting,
    /// Somebody works on it.
    Running,
    /// Done.
    Success {
        /// What was put out.
        output: Vec<String>,
        /// Who did it.
        executor_id: String,
    },
    /// Done, in vain.
    Failed {
        /// Why.
        errors: Vec<String>,
    },
    /// Called off.
    Cancelled,
    /// Not accepted, or gone.
    Refused {
        /// Why.
        reason: String,
    },
}

/// What a submission needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Submit,
    Watch,
}

/// One submission.
#[derive(Debug)]
pub(super) struct Call {
    spec: FunctionSpec,
    pub(super) process_id: String,
    pub(super) step: Step,
    pub(super) is_open: bool,
    wants_hurry: bool,
    pub(super) wants_cancel: bool,
    pub(super) due: Duration,
    /// When it begins to be followed; none once it is.
    follow_at: Option<Duration>,
    told: Option<CallState>,
    looks: Backoff,
}

impl Call {
    pub(super) fn new(spec: FunctionSpec, due: Duration) -> Self {
        Self {
            spec,
            process_id: String::new(),
            step: Step::Submit,
            is_open: false,
            wants_hurry: false,
            wants_cancel: false,
            due,
            follow_at: Some(due + FOLLOW_AFTER),
            told: None,
            looks: Backoff::new(FIRST_LOOK, LONGEST_LOOK, 1),
        }
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        (!self.is_open).then_some(self.due)
    }

    pub(super) fn is_due(&self, mono: Duration) -> bool {
        self.next_due().is_some_and(|due| due <= mono)
    }

    pub(super) fn step_begins(&mut self) {
        self.is_open = true;
        self.wants_hurry = false;
    }

    pub(super) fn to_body(&self, key: &PrivateKey) -> String {
        match self.step {
            Step::Submit => Submit { spec: Some(self.spec.clone()) }.seal(key),
            Step::Watch => GetProcess { processid: self.process_id.clone() }.seal(key),
        }
    }

    pub(super) const fn is_followed(&self) -> bool {
        self.follow_at.is_none()
    }

    /// Begins to follow a process that takes its time.
    pub(super) fn follow(&mut self, mono: Duration, key: &PrivateKey) -> Option<ClientCommand> {
        let is_watched = self.step == Step::Watch;
        self.follow_at.take_if(|at| is_watched && *at <= mono)?;
        let bodies = subscriptions(key, &self.spec, &self.process_id);
        Some(ClientCommand::Follow { process_id: self.process_id.clone(), bodies })
    }

    fn look_later(&mut self, now: Now) {
        self.is_open = false;
        let delay = self.looks.next_delay();
        self.due = if self.wants_hurry { now.mono } else { now.mono + delay };
    }
}

impl Client {
    /// Looks at a process as soon as possible.
    pub(super) fn hurry(&mut self, now: Now, ticket: u32) {
        if let Some(call) = self.calls.get_mut(&ticket) {
            call.wants_hurry = true;
            call.due = now.mono;
        }
    }

    pub(super) fn take_call(&mut self, now: Now, ticket: u32, reply: &Reply) {
        let Some(step) = self.calls.get(&ticket).map(|call| call.step) else { return };
        let result = match step {
            Step::Submit => reply.read_with(Submit::read),
            Step::Watch => reply.read_with(GetProcess::read),
        };
        match (result, step) {
            (Ok(process), _) => self.take_process(now, ticket, &process),
            (Err(error @ Error::TooLarge { .. }), Step::Submit) => {
                self.call_off_unreadable(ticket, reply.first_process_id(), &error);
            }
            (Err(error), _) => self.take_call_error(now, ticket, &error),
        }
    }

    /// A process was accepted that is too long to be read: neither an executor in a browser could
    /// run it, nor would this client learn about its end.
    fn call_off_unreadable(&mut self, ticket: u32, process_id: Option<String>, error: &Error) {
        if let Some(call) = self.calls.get_mut(&ticket)
            && let Some(process_id) = process_id
        {
            call.process_id = process_id;
            self.send_cancel(ticket);
        }
        let reason = format!("the process is too long to be followed, it is called off: {error}");
        self.settle(ticket, CallState::Refused { reason });
    }

    fn take_process(&mut self, now: Now, ticket: u32, process: &Process) {
        let state = call_state(process);
        let Some(call) = self.calls.get_mut(&ticket) else { return };
        if call.step == Step::Submit {
            call.step = Step::Watch;
            call.process_id.clone_from(&process.processid);
        }
        let wants_cancel = std::mem::take(&mut call.wants_cancel);
        match state {
            CallState::Waiting | CallState::Running => {
                call.look_later(now);
                if call.told.as_ref() != Some(&state) {
                    call.told = Some(state.clone());
                    let process_id = call.process_id.clone();
                    self.report(ClientReport::Call { ticket, process_id, state });
                }
            }
            CallState::Success { .. }
            | CallState::Failed { .. }
            | CallState::Cancelled
            | CallState::Refused { .. } => self.settle(ticket, state),
        }
        if wants_cancel {
            self.send_cancel(ticket);
        }
    }

    fn take_call_error(&mut self, now: Now, ticket: u32, error: &Error) {
        let Some(call) = self.calls.get_mut(&ticket) else { return };
        match (error.advice(), call.step) {
            // a submission whose answer is lost may have been accepted: never submit twice
            (Advice::Stop, _) => self.fail(error),
            (_, Step::Submit) | (Advice::Drop, Step::Watch) => {
                self.settle(ticket, CallState::Refused { reason: error.to_string() });
            }
            (Advice::Retry, Step::Watch) => call.look_later(now),
        }
    }
}

fn call_state(process: &Process) -> CallState {
    match process.state() {
        Some(ProcessState::Waiting) | None => CallState::Waiting,
        Some(ProcessState::Running) => CallState::Running,
        Some(ProcessState::Success) => CallState::Success {
            output: process.output.to_texts(),
            executor_id: process.assignedexecutorid.as_str().to_owned(),
        },
        Some(ProcessState::Failed) => CallState::Failed { errors: process.errors.to_texts() },
        Some(ProcessState::Cancelled) => CallState::Cancelled,
    }
}

/// One subscription for each state that ends a process.
fn subscriptions(key: &PrivateKey, spec: &FunctionSpec, process_id: &str) -> Vec<String> {
    let subscribe = |state: ProcessState| {
        let request = SubscribeProcess {
            colonyname: spec.conditions.colonyname.clone(),
            processid: process_id.to_owned(),
            executortype: spec.conditions.executortype.clone(),
            state: state.to_code(),
            timeout: FOLLOW_S,
        };
        request.seal(key)
    };
    ProcessState::ALL.into_iter().filter(|state| state.is_final()).map(subscribe).collect()
}
