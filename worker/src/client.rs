//! The other role: drives the client machine, a colony user that submits and follows.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use webpool_colony::{FunctionSpec, Json};
use webpool_executor::{Client, ClientCommand, ClientEvent, ClientReport};
use webpool_wire::{Call, CallState, Ended, FromExecutor, ToExecutor};

use crate::carrier::Carrier;
use crate::clock::{delay_ms, now};
use crate::seat::{Heard, Ways};
use crate::words;

/// A client at work.
pub(crate) struct ClientSeat {
    machine: Client,
    ways: Ways,
    colony: String,
    carrier: Carrier,
    timer: Option<Timeout>,
    timers: u32,
}

impl ClientSeat {
    pub(crate) fn new(machine: Client, ways: Ways, carrier: Carrier) -> Self {
        Self { colony: machine.colony().to_owned(), machine, ways, carrier, timer: None, timers: 0 }
    }

    /// The page says something.
    pub(crate) fn obey(&mut self, message: ToExecutor) {
        match message {
            ToExecutor::Join => self.handle(ClientEvent::Start),
            ToExecutor::Submit { ticket, call } => self.submit(ticket, &call),
            ToExecutor::Cancel { ticket } => self.handle(ClientEvent::Cancel { ticket }),
            ToExecutor::Stop | ToExecutor::Finish => self.handle(ClientEvent::Stop),
            ToExecutor::Ask => (self.ways.tell)(FromExecutor::Alive),
            ToExecutor::Start(_)
            | ToExecutor::Pause
            | ToExecutor::Resume
            | ToExecutor::Slots { .. }
            | ToExecutor::PermitGranted
            | ToExecutor::End => {}
        }
    }

    fn submit(&mut self, ticket: u32, call: &Call) {
        let (args, kwargs) = match (json_of(&call.args_json), json_of(&call.kwargs_json)) {
            (Ok(args), Ok(kwargs)) => (args, kwargs),
            (Err(reason), _) | (_, Err(reason)) => {
                let (process_id, state) = (String::new(), CallState::Refused { reason });
                return (self.ways.tell)(FromExecutor::Call { ticket, process_id, state });
            }
        };
        let mut spec =
            FunctionSpec::new(&call.function, &self.colony, &call.executor_type, args, kwargs);
        spec.maxexectime = i64::from(call.max_exec_s);
        self.handle(ClientEvent::Submit { ticket, spec: Box::new(spec) });
    }

    /// Something happened outside.
    pub(crate) fn hear(&mut self, heard: Heard) {
        let Some(heard) = self.carrier.hear(heard) else { return };
        match heard {
            Heard::Replied(id, reply) => self.handle(ClientEvent::Replied { id, reply }),
            Heard::Woke(timer) if timer == self.timers => self.handle(ClientEvent::Woke),
            Heard::Hint(process_id) => self.handle(ClientEvent::Hint { process_id }),
            Heard::Barred(code, reason) => self.handle(ClientEvent::Barred { code, reason }),
            Heard::Dismissed(reason) => self.handle(ClientEvent::Dismissed { reason }),
            // the process is read with a growing delay besides
            Heard::LocksRefused
            | Heard::Socket(..)
            | Heard::Welcomed(_)
            | Heard::OtherBuild(_)
            | Heard::FollowEnded(_)
            | Heard::Woke(_)
            | Heard::Permit(_)
            | Heard::Compute(..) => {}
        }
    }

    /// Lets the machine decide, and does what it says.
    pub(crate) fn handle(&mut self, event: ClientEvent) {
        let now = now();
        for command in self.machine.handle(now, event) {
            self.perform(now.mono, command);
        }
    }

    fn perform(&mut self, mono: std::time::Duration, command: ClientCommand) {
        match command {
            ClientCommand::Send { id, body, timeout } => self.carrier.send(id, body, timeout),
            ClientCommand::WakeAt(at) => {
                self.timers = self.timers.wrapping_add(1);
                let (hear, number) = (Rc::clone(&self.ways.hear), self.timers);
                let delay = delay_ms(at.saturating_sub(mono));
                self.timer = Some(Timeout::new(delay, move || hear(Heard::Woke(number))));
            }
            ClientCommand::Follow { process_id, bodies } => self.carrier.follow(process_id, bodies),
            ClientCommand::Unfollow { process_id } => self.carrier.unfollow(process_id),
            ClientCommand::Report(report) => self.report(report),
        }
    }

    fn report(&self, report: ClientReport) {
        let word = match report {
            ClientReport::Joined { id, name } => {
                FromExecutor::Joined { id: id.as_str().to_owned(), name }
            }
            ClientReport::Call { ticket, process_id, state } => {
                FromExecutor::Call { ticket, process_id, state: words::call_state(state) }
            }
            ClientReport::Failed(trouble, reason) => {
                let trouble = words::trouble(trouble);
                FromExecutor::Ended(Ended::Failed { trouble, reason })
            }
            ClientReport::Left => FromExecutor::Ended(Ended::Left),
        };
        (self.ways.tell)(word);
    }
}

fn json_of(text: &str) -> Result<Json, String> {
    Json::from_text(text).map_err(|error| format!("«{text}» is no JSON: {error}"))
}
