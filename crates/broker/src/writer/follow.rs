//! Following one process.

use std::rc::Rc;

use webpool_colony::request::SubscribeProcess;
use webpool_colony::{Id, Process};

use super::Writer;
use crate::broker::{Event, Sink};
use crate::deadlines::SECOND;
use crate::error::Refusal;
use crate::outbox::Delivery;
use crate::pubsub::{Follower, frame};
use crate::rules;

impl Writer {
    /// Begins a subscription: one frame at once if the process is in that state already. The
    /// reference server lets anybody follow any process; here it takes a member of its colony.
    pub(super) fn follow(
        &mut self,
        subscription: u64,
        signer: &Id,
        request: &SubscribeProcess,
        sink: Sink,
    ) {
        let sink = Rc::new(sink);
        match self.followed(signer, &request.processid) {
            Ok(process) => self.begin(subscription, request, process, sink),
            Err(refusal) => {
                self.outbox.push(Delivery::Event(sink, Event::Frame(refusal.to_body())));
            }
        }
    }

    fn followed(&self, signer: &Id, processid: &str) -> Result<Process, Refusal> {
        let missing = || Refusal::forbidden(format!("Invalid process with Id {processid}"));
        let process = self.store.process(processid)?.ok_or_else(missing)?;
        rules::require_member(&self.store, &process.spec.conditions.colonyname, signer)?;
        Ok(process)
    }

    fn begin(
        &mut self,
        subscription: u64,
        request: &SubscribeProcess,
        process: Process,
        sink: Rc<Sink>,
    ) {
        let state = request.state;
        if process.state == state {
            self.outbox.push(Delivery::Event(Rc::clone(&sink), Event::Frame(frame(&process))));
        }
        let executortype = match request.executortype.as_str() {
            "" => process.spec.conditions.executortype,
            named => named.to_owned(),
        };
        let timeout = request.timeout.max(0).saturating_mul(SECOND);
        let until = self.now().saturating_add(timeout);
        let follower = Follower { subscription, executortype, state, until, sink };
        self.followers.add(&request.processid, follower);
    }
}
