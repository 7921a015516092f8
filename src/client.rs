//! The client's seat: submissions, and who submits them.
//!
//! The worker is spawned for the first call and kept; a call made before it has joined the colony
//! waits here. The newest 50 submissions are remembered; of those that are still open, all.

use std::sync::Arc;

use webpool_wire::{Call, CallState};

use crate::settings::Settings;
use crate::snapshot::Submission;
use crate::worker::Worker;

/// Submissions kept, unless more are open.
const SUBMISSIONS: usize = 50;

/// Submissions, and who submits them.
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// What the worker was, or will be, started with.
    pub(crate) settings: Settings,
    pub(crate) worker: Option<Worker>,
    /// Calls that wait for the worker to join, oldest first.
    queue: Vec<(u32, Call)>,
    submissions: Vec<Submission>,
}

impl Client {
    /// Whether a call waits and there is nobody to submit it.
    pub(crate) const fn is_missing(&self) -> bool {
        self.worker.is_none() && !self.queue.is_empty()
    }

    /// Remembers a call and lets it wait.
    pub(crate) fn queue(&mut self, ticket: u32, call: Call, now_ms: f64) {
        self.submissions.push(Submission {
            ticket,
            function: call.function.clone(),
            process_id: String::new(),
            state: None,
            at_ms: now_ms,
        });
        self.queue.push((ticket, call));
        let surplus = self.submissions.len().saturating_sub(SUBMISSIONS);
        let is_settled = |submission: &mut Submission| !is_open(submission);
        self.submissions.extract_if(.., is_settled).take(surplus).for_each(drop);
    }

    /// Takes all calls that wait.
    pub(crate) fn take_queue(&mut self) -> Vec<(u32, Call)> {
        std::mem::take(&mut self.queue)
    }

    /// Takes back a call that waits; whether there was one.
    pub(crate) fn unqueue(&mut self, ticket: u32) -> bool {
        let waiting = self.queue.len();
        self.queue.retain(|(queued, _)| *queued != ticket);
        self.queue.len() < waiting
    }

    /// Notes where a call stands; returns the state if the call has come to its end by that.
    pub(crate) fn note(
        &mut self,
        ticket: u32,
        process_id: String,
        state: CallState,
    ) -> Option<Arc<CallState>> {
        let mut open = self.submissions.iter_mut().filter(|submission| is_open(submission));
        let submission = open.find(|submission| submission.ticket == ticket)?;
        if !process_id.is_empty() {
            submission.process_id = process_id;
        }
        submission.state = Some(Arc::new(state));
        if is_open(submission) { None } else { submission.state.clone() }
    }

    /// The tickets of calls that have not come to their end.
    pub(crate) fn open_tickets(&self) -> Vec<u32> {
        let open = self.submissions.iter().filter(|submission| is_open(submission));
        open.map(|submission| submission.ticket).collect()
    }

    /// Oldest first.
    pub(crate) fn submissions(&self) -> &[Submission] {
        &self.submissions
    }
}

fn is_open(submission: &Submission) -> bool {
    match submission.state.as_deref() {
        None | Some(CallState::Waiting | CallState::Running) => true,
        Some(
            CallState::Success { .. }
            | CallState::Failed { .. }
            | CallState::Cancelled
            | CallState::Refused { .. },
        ) => false,
    }
}
