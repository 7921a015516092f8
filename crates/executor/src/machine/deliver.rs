//! Results on their way to the server.
//!
//! A result is sent at once; the next process does not wait for it. A result whose delivery is in
//! doubt is preceded by reading the process. One that was refused is followed by that: a browser sends
//! a request again by itself when its connection ends without an answer, and a server refuses to let
//! a process fail that has failed already.

use webpool_colony::request::{CloseFailed, CloseSuccessful, GetProcess};
use webpool_colony::{Advice, Error, Request};

use super::{Machine, Phase, Purpose, REQUEST_TIMEOUT, Timer};
use crate::clock::Now;
use crate::event::{Outcome, Reply, Report};
use crate::outbox::{Entry, EntryId, Finished};

impl Machine {
    /// Sends what is due.
    pub(super) fn deliver(&mut self, now: Now) {
        if self.offline.is_some() || !matches!(self.phase, Phase::Joined) {
            return;
        }
        while let Some(entry) = self.outbox.take_due(now.mono) {
            if entry.is_doubtful {
                let request = GetProcess { processid: entry.finished.process_id };
                self.send(Purpose::Verify(entry.id), &request);
            } else {
                self.send_body(Purpose::Close(entry.id), entry.finished.body, REQUEST_TIMEOUT);
            }
        }
        match self.outbox.next_due() {
            Some(at) => self.set_timer(Timer::Deliver, at),
            None => {
                self.timers.remove(&Timer::Deliver);
            }
        }
    }

    pub(super) fn take_closed(&mut self, now: Now, id: EntryId, reply: &Reply) {
        match reply.read_with(CloseSuccessful::read) {
            Ok(_) => {
                self.be_online();
                self.settle(id, None);
            }
            Err(error) => self.take_delivery_error(now, id, &error),
        }
    }

    pub(super) fn take_verified(&mut self, now: Now, id: EntryId, reply: &Reply) {
        match reply.read_with(GetProcess::read) {
            Ok(process) => {
                self.be_online();
                let starttime = self.outbox.get(id).map(|entry| entry.finished.starttime);
                let fate = starttime.and_then(|starttime| self.fate(&process, starttime));
                match fate {
                    None if self.outbox.is_refused(id) => self.settle_refused(id),
                    None if self.outbox.is_swallowed(id) => self.give_up(now, id),
                    None => self.outbox.trust(id, now.mono),
                    Some(Outcome::Expired) => self.settle_if_ours_failed(id),
                    Some(outcome) => self.settle(id, Some(outcome)),
                }
            }
            // It cannot be read, but closed: the server refuses that if it is ours no longer.
            Err(Error::TooLarge { .. }) => self.outbox.trust(id, now.mono),
            Err(error) => self.take_delivery_error(now, id, &error),
        }
    }

    /// The process failed: by our own close, or because its time was up.
    fn settle_if_ours_failed(&mut self, id: EntryId) {
        let is_ours =
            self.outbox.get(id).is_some_and(|e| matches!(e.finished.outcome, Outcome::Failed(_)));
        self.settle(id, if is_ours { None } else { Some(Outcome::Expired) });
    }

    fn take_delivery_error(&mut self, now: Now, id: EntryId, error: &Error) {
        match (error.advice(), error) {
            (Advice::Stop, _) => {
                let refused = |entry: &Entry| entry.to_refused(error.to_string());
                self.settle(id, self.outbox.get(id).map(refused));
                // the farewell may have been faster than a result that was already on its way
                if self.phase < Phase::Leaving {
                    self.be_lost(error);
                }
            }
            // an answer that nobody can read says nothing of what the server has done
            (Advice::Drop, Error::Malformed { status: 200, .. })
            | (Advice::Retry, Error::Refused { .. }) => self.postpone(now, id, error),
            (Advice::Drop, _) if error.is_too_long() && self.shorten(now, id) => {}
            (Advice::Drop, _) => {
                let reason = format!("the server refused the result: {error}");
                if !self.outbox.refuse(id, reason, now.mono) {
                    self.settle_refused(id);
                }
            }
            (Advice::Retry, _) => {
                self.outbox.keep(id, now.mono);
                self.be_offline(now, error);
            }
        }
    }

    /// Drops a result that the server refused, with its sentence.
    fn settle_refused(&mut self, id: EntryId) {
        let reason = self.outbox.get(id).and_then(|entry| entry.refusal.clone());
        self.settle(id, reason.map(Outcome::Discarded));
    }

    /// Sends a result again later, up to a limit of time.
    fn postpone(&mut self, now: Now, id: EntryId, error: &Error) {
        if let Some(entry) = self.outbox.postpone(id, now.mono) {
            let reason = format!("the server kept answering: {error}");
            self.report_closed(&entry, Outcome::Discarded(reason));
        }
    }

    /// Reports a result that never gets an answer as failed; a failure that gets none is dropped.
    fn give_up(&mut self, now: Now, id: EntryId) {
        let reason = "the result was sent again and again, but its answer never came";
        if !self.fail_instead(now, id, reason.to_owned()) {
            self.settle(id, Some(Outcome::Discarded(reason.to_owned())));
        }
    }

    /// Replaces an output that is too long to be delivered by that reason; false if there is none.
    fn shorten(&mut self, now: Now, id: EntryId) -> bool {
        let size_bytes = self.outbox.get(id).map_or(0, |entry| entry.finished.body.len());
        let reason = format!("the output is too long to be delivered: {size_bytes} bytes as sent");
        self.fail_instead(now, id, reason)
    }

    /// Replaces an output by the reason why it cannot be delivered; false if there is none.
    fn fail_instead(&mut self, now: Now, id: EntryId, reason: String) -> bool {
        let Some(entry) = self.outbox.get(id) else { return false };
        if entry.finished.outcome != Outcome::Succeeded {
            return false;
        }
        let processid = entry.finished.process_id.clone();
        let request = CloseFailed { processid, errors: vec![reason.clone()] };
        let body = request.seal(&self.settings.key);
        self.outbox.replace(id, body, Outcome::Failed(reason), now.mono);
        true
    }

    /// An error of a request that can simply be asked again.
    pub(super) fn take_carrier_error(&mut self, now: Now, error: &Error) {
        match error.advice() {
            Advice::Stop => self.be_lost(error),
            Advice::Retry => self.be_offline(now, error),
            Advice::Drop => {}
        }
    }

    /// Takes a result out and tells what became of it: as hoped, or otherwise.
    fn settle(&mut self, id: EntryId, otherwise: Option<Outcome>) {
        if let Some(entry) = self.outbox.settle(id) {
            self.has_settled = true;
            let outcome = otherwise.unwrap_or_else(|| entry.finished.outcome.clone());
            self.report_closed(&entry, outcome);
        }
    }

    pub(super) fn report_closed(&mut self, entry: &Entry, outcome: Outcome) {
        let Finished { process_id, function, elapsed, .. } = entry.finished.clone();
        self.report(Report::Closed { process_id, function, outcome, elapsed });
    }
}
