//! Subscriptions: begun here, told of what happens here, ended here.
//!
//! Who may follow is asked when a subscription begins, and again with each event: somebody who is no
//! member of the colony any more gets nothing.

use std::rc::Rc;
use std::sync::Arc;

use webpool_colony::Id;
use webpool_colony::request::{SubscribeChannel, SubscribeProcess, SubscribeProcesses};

use super::Writer;
use crate::broker::{Event, Sink};
use crate::channels::Address;
use crate::deadlines::SECOND;
use crate::error::Refusal;
use crate::handlers::{Said, Signal};
use crate::intake::Follow;
use crate::outbox::Delivery;
use crate::pubsub::{Follower, Topic, channel_frame, process_frame};
use crate::rules;
use crate::store::Line;

/// How long a channel is followed if nothing is said about it, in seconds.
const LISTENING_S: i64 = 30;

/// What a subscription begins with.
struct Beginning {
    topic: Topic,
    /// The only colony whose processes it is about; empty if any.
    colony: String,
    timeout_s: i64,
    /// What is sent at once.
    first: Option<Arc<str>>,
}

impl Writer {
    /// Begins a subscription, or says why not.
    pub(super) fn follow(&mut self, subscription: u64, signer: Id, request: &Follow, sink: Sink) {
        let sink = Rc::new(sink);
        let beginning = match request {
            Follow::Process(request) => self.process_followed(&signer, request),
            Follow::Processes(request) => self.processes_followed(&signer, request),
            Follow::Channel(request) => self.channel_followed(&signer, request),
        };
        match beginning {
            Ok(Beginning { topic, colony, timeout_s, first }) => {
                if let Some(frame) = first {
                    self.outbox.push(Delivery::Event(Rc::clone(&sink), Event::Frame(frame)));
                }
                let timeout = timeout_s.max(0).saturating_mul(SECOND);
                let until = self.now().saturating_add(timeout);
                self.followers.add(Follower { subscription, signer, topic, colony, until, sink });
            }
            Err(refusal) => {
                let frame = Event::Frame(refusal.to_body().into());
                self.outbox.push(Delivery::Event(Rc::clone(&sink), frame));
                self.outbox.push(Delivery::Event(sink, Event::Over));
            }
        }
    }

    /// One process, with a frame at once if it is in that state already. The reference server lets
    /// anybody follow any process; here it takes a member of its colony.
    fn process_followed(
        &self,
        signer: &Id,
        request: &SubscribeProcess,
    ) -> Result<Beginning, Refusal> {
        let SubscribeProcess { processid, executortype, state, timeout, .. } = request.clone();
        let missing = || Refusal::forbidden(format!("Invalid process with Id {processid}"));
        let process = self.store.process(&processid)?.ok_or_else(missing)?;
        rules::require_member(&self.store, &process.spec.conditions.colonyname, signer)?;
        let first = (process.state == state).then(|| process_frame(&process));
        let is_named = !executortype.is_empty();
        let its_type = process.spec.conditions.executortype;
        let executortype = if is_named { executortype } else { its_type };
        let topic = Topic::Process { processid, executortype, state };
        Ok(Beginning { topic, colony: String::new(), timeout_s: timeout, first })
    }

    /// Processes of a type. It takes an executor of some colony, in any state, as there; what it
    /// gets to see is decided with each event.
    fn processes_followed(
        &self,
        signer: &Id,
        request: &SubscribeProcesses,
    ) -> Result<Beginning, Refusal> {
        if self.store.executors_by_id(signer)?.is_empty() {
            return Err(Refusal::forbidden("executor not found"));
        }
        let SubscribeProcesses { colonyname, executortype, state, timeout } = request.clone();
        let topic = Topic::Type { executortype, state };
        Ok(Beginning { topic, colony: colonyname, timeout_s: timeout, first: None })
    }

    /// A channel, with a frame at once if something was said there.
    fn channel_followed(
        &self,
        signer: &Id,
        request: &SubscribeChannel,
    ) -> Result<Beginning, Refusal> {
        let SubscribeChannel { processid, name, afterseq, timeout } = request.clone();
        let address = Address { processid, name };
        let line = rules::require_line(&self.store, &self.channels, &address)?;
        self.require_listener(&line, signer).map_err(|refusal| match refusal.status {
            // Here the reference server does not say why there is no channel.
            500 => Refusal::new(404, "Channel not found"),
            _ => refusal,
        })?;
        let entries = self.channels.read(&address, afterseq, 0);
        let first = (entries != "[]").then(|| channel_frame(&entries));
        let timeout_s = if timeout == 0 { LISTENING_S } else { timeout };
        let topic = Topic::Channel(address);
        Ok(Beginning { topic, colony: String::new(), timeout_s, first })
    }

    fn require_listener(&self, line: &Line, signer: &Id) -> Result<(), Refusal> {
        rules::require_party(&self.store, line, signer, "subscribe to")
    }

    /// Tells those who follow the process, or all of its type, that it has reached a state. What
    /// was said about a process that has ended is deleted.
    pub(super) fn notify(&mut self, signal: &Signal) {
        let Signal { processid, executortype, state } = signal;
        let one = Topic::Process {
            processid: processid.clone(),
            executortype: executortype.clone(),
            state: state.to_code(),
        };
        let any = Topic::Type { executortype: executortype.clone(), state: state.to_code() };
        let followers: Vec<_> = self.followers.of(&one).chain(self.followers.of(&any)).collect();
        if !followers.is_empty()
            && let Ok(Some(process)) = self.store.process(processid)
        {
            let colony = &process.spec.conditions.colonyname;
            let frame = process_frame(&process);
            for follower in followers {
                let is_meant = follower.colony.is_empty() || follower.colony == *colony;
                let member = || rules::require_member(&self.store, colony, &follower.signer);
                if is_meant && member().is_ok() {
                    let event = Event::Frame(Arc::clone(&frame));
                    self.outbox.push(Delivery::Event(Rc::clone(&follower.sink), event));
                }
            }
        }
        if state.is_final() {
            self.end_channels(processid);
        }
    }

    /// Tells those who follow a channel what was said there.
    pub(super) fn pass_on(&mut self, said: Said) {
        let Said { address, json } = said;
        let topic = Topic::Channel(address.clone());
        let mut listeners: Vec<_> = self.followers.of(&topic).collect();
        if listeners.is_empty() {
            return;
        }
        let Ok(line) = rules::require_line(&self.store, &self.channels, &address) else { return };
        listeners.retain(|listener| self.require_listener(&line, &listener.signer).is_ok());
        let frame = channel_frame(&format!("[{json}]"));
        for listener in listeners {
            let event = Event::Frame(Arc::clone(&frame));
            self.outbox.push(Delivery::Event(Rc::clone(&listener.sink), event));
        }
    }

    /// Ends the subscriptions whose time is over: of a channel with an empty array, of processes
    /// with the connection.
    pub(super) fn end_subscriptions(&mut self, now: i64) {
        for Follower { topic, sink, .. } in self.followers.take_due(now) {
            match topic {
                Topic::Process { .. } | Topic::Type { .. } => {
                    self.outbox.push(Delivery::Event(sink, Event::Close));
                }
                Topic::Channel(_) => {
                    let empty = Event::Frame(channel_frame("[]"));
                    self.outbox.push(Delivery::Event(Rc::clone(&sink), empty));
                    self.outbox.push(Delivery::Event(sink, Event::Over));
                }
            }
        }
    }

    /// Deletes the channels of a process; who follows them is told nothing.
    fn end_channels(&mut self, processid: &str) {
        self.channels.end(processid);
        for listener in self.followers.take_listeners(processid) {
            self.outbox.push(Delivery::Event(listener.sink, Event::Over));
        }
    }

    /// Deletes the channels of processes that are not there any more, or that were used after their
    /// process was called off.
    pub(super) fn sweep_channels(&mut self) {
        for processid in self.channels.processes() {
            let Ok(head) = self.store.head(&processid) else { continue };
            if head.is_none_or(|head| head.state.is_final()) {
                self.end_channels(&processid);
            }
        }
    }
}
