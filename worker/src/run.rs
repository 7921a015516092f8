//! Drives the executor machine: carries its commands out, brings it what happens.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use webpool_executor::{Command, Event, Machine, Now, Report};
use webpool_handle::Event as HandleEvent;
use webpool_wire::link::Welcome;
use webpool_wire::{FromCompute, FromExecutor, Level, ToCompute, ToExecutor};

use crate::carrier::Carrier;
use crate::clock::{delay_ms, now, to_ms};
use crate::compute::{Compute, Source};
use crate::permit::{self, Permit};
use crate::seat::{Heard, Ways};
use crate::words;

/// An executor at work.
pub(crate) struct ExecutorSeat {
    machine: Machine,
    ways: Ways,
    source: Source,
    permits: permit::Source,
    permit: Option<Permit>,
    wishes: u32,
    carrier: Carrier,
    compute: Option<Compute>,
    computes: u32,
    timer: Option<Timeout>,
    timers: u32,
}

impl ExecutorSeat {
    pub(crate) fn new(
        machine: Machine,
        ways: Ways,
        source: Source,
        carrier: Carrier,
        permits: permit::Source,
    ) -> Self {
        Self {
            machine,
            ways,
            source,
            permits,
            permit: None,
            wishes: 0,
            carrier,
            compute: None,
            computes: 0,
            timer: None,
            timers: 0,
        }
    }

    /// The page says something.
    pub(crate) fn obey(&mut self, message: &ToExecutor) {
        match message {
            ToExecutor::Join => self.handle(Event::Start),
            ToExecutor::Pause => self.handle(Event::Pause),
            ToExecutor::Resume => self.handle(Event::Resume),
            ToExecutor::Finish => self.handle(Event::Finish),
            ToExecutor::Stop => self.handle(Event::Stop),
            ToExecutor::Slots { slots } => self.handle(Event::Slots { slots: *slots }),
            ToExecutor::PermitGranted => self.handle(Event::Permit),
            ToExecutor::Ask => (self.ways.tell)(FromExecutor::Alive),
            ToExecutor::Start(_)
            | ToExecutor::Submit { .. }
            | ToExecutor::Cancel { .. }
            | ToExecutor::End => {}
        }
    }

    /// Something happened outside.
    pub(crate) fn hear(&mut self, heard: Heard) {
        let Some(heard) = self.carrier.hear(heard) else { return };
        match heard {
            Heard::Replied(id, reply) => self.handle(Event::Replied { id, reply }),
            Heard::Woke(timer) if timer == self.timers => self.handle(Event::Woke),
            Heard::Permit(wish) if wish == self.wishes => self.handle(Event::Permit),
            Heard::Compute(number, event) if number == self.computes => self.hear_compute(event),
            Heard::LocksRefused => self.ask_page(),
            Heard::Woke(_) | Heard::Compute(..) | Heard::Permit(_) | Heard::Socket(..) => {}
            Heard::Hint(process_id) => self.handle(Event::Hint { process_id }),
            Heard::FollowEnded(process_id) => self.handle(Event::FollowEnded { process_id }),
            Heard::Welcomed(Welcome { holds, poll_s, stale_after_s, .. }) => {
                self.handle(Event::Linked { holds, poll_s, stale_after_s });
            }
            Heard::Barred(code, reason) => self.handle(Event::Barred { code, reason }),
            Heard::Dismissed(reason) => self.handle(Event::Dismissed { reason }),
            Heard::OtherBuild(build) => {
                let told = build.clone().map(|build| FromExecutor::OtherBuild { build });
                if let Some(word) = told {
                    (self.ways.tell)(word);
                }
                self.handle(Event::OtherBuild { build });
            }
        }
    }

    fn hear_compute(&mut self, event: HandleEvent<FromCompute>) {
        let word = match event {
            HandleEvent::Ready => return,
            HandleEvent::Crashed(text) => {
                self.compute = None;
                return self.handle(Event::ComputeCrashed { text });
            }
            HandleEvent::Outdated(text) => {
                self.compute = None;
                return self.handle(Event::ComputeOutdated { text });
            }
            HandleEvent::Message(word) => word,
        };
        let event = match word {
            FromCompute::Offers { functions } => {
                let known = functions.iter().map(words::function).collect();
                (self.ways.tell)(FromExecutor::Offers { functions });
                Event::ComputeReady { functions: known }
            }
            FromCompute::Progress { run, fraction } => Event::Progress { run, fraction },
            FromCompute::Log { run, message } => Event::Logged { run, message },
            FromCompute::Done { run, output } => Event::Computed { run, output },
            FromCompute::Failed { run, reason } => Event::Refused { run, reason },
        };
        self.handle(event);
    }

    /// Lets the machine decide, and does what it says.
    pub(crate) fn handle(&mut self, event: Event) {
        let now = now();
        for command in self.machine.handle(now, event) {
            self.perform(now, command);
        }
    }

    fn perform(&mut self, now: Now, command: Command) {
        match command {
            Command::Send { id, body, timeout } => self.carrier.send(id, body, timeout),
            Command::Abort { id } => self.carrier.abort(id),
            Command::WakeAt(at) => self.wake_in(at.saturating_sub(now.mono)),
            Command::WantPermit => {
                self.wishes = self.wishes.wrapping_add(1);
                let (hear, wish) = (Rc::clone(&self.ways.hear), self.wishes);
                let granted = move || hear(Heard::Permit(wish));
                let hear = Rc::clone(&self.ways.hear);
                let refused = move || hear(Heard::LocksRefused);
                self.permit = Some(Permit::ask(&self.permits, &self.ways.tell, granted, refused));
            }
            Command::ReturnPermit => self.permit = None,
            Command::RestartCompute => self.restart_compute(),
            Command::StopCompute => {
                self.computes = self.computes.wrapping_add(1);
                self.compute = None;
            }
            Command::Compute { run, function, args_json, kwargs_json } => {
                let executor_name = self.machine.name().to_owned();
                let message =
                    ToCompute::Run { run, function, args_json, kwargs_json, executor_name };
                self.tell_compute(&message);
            }
            Command::HoldCompute => self.tell_compute(&ToCompute::Pause),
            Command::ContinueCompute => self.tell_compute(&ToCompute::Resume),
            Command::Follow { process_id, body } => self.carrier.follow(process_id, vec![body]),
            Command::Unfollow { process_id } => self.carrier.unfollow(process_id),
            Command::Report(report) => self.report(now, report),
        }
    }

    /// The browser does not allow locks here: from now on the page hands out the permits.
    fn ask_page(&mut self) {
        self.permits = permit::Source::Page;
        if self.permit.take().is_some() {
            self.permit = Some(Permit::ask(&self.permits, &self.ways.tell, || {}, || {}));
        }
    }

    fn wake_in(&mut self, delay: std::time::Duration) {
        self.timers = self.timers.wrapping_add(1);
        let (hear, number) = (Rc::clone(&self.ways.hear), self.timers);
        self.timer = Some(Timeout::new(delay_ms(delay), move || hear(Heard::Woke(number))));
    }

    fn restart_compute(&mut self) {
        self.compute = None;
        self.computes = self.computes.wrapping_add(1);
        let (hear, number) = (Rc::clone(&self.ways.hear), self.computes);
        let name = format!("compute of {}", self.machine.name());
        let on_event = move |event| hear(Heard::Compute(number, event));
        match Compute::spawn(&self.source, &name, on_event) {
            Ok(compute) => self.compute = Some(compute),
            Err(text) => {
                (self.ways.hear)(Heard::Compute(number, HandleEvent::Crashed(text)));
            }
        }
    }

    fn tell_compute(&self, message: &ToCompute) {
        let Some(compute) = &self.compute else { return };
        if let Err(text) = compute.tell(message) {
            (self.ways.hear)(Heard::Compute(self.computes, HandleEvent::Crashed(text)));
        }
    }

    fn report(&self, now: Now, report: Report) {
        let word = match report {
            Report::Joined { id, name } => {
                FromExecutor::Joined { id: id.as_str().to_owned(), name }
            }
            Report::Activity(activity) => FromExecutor::Activity(words::activity(activity, now)),
            Report::Progress(fraction) => FromExecutor::Progress { fraction },
            Report::Pending(results) => {
                FromExecutor::Pending { results: u32::try_from(results).unwrap_or(u32::MAX) }
            }
            Report::Closed { process_id, function, outcome, elapsed } => FromExecutor::Closed {
                process_id,
                function,
                outcome: words::outcome(outcome),
                elapsed_ms: to_ms(elapsed),
            },
            Report::Warning(text) => FromExecutor::Note { level: Level::Warning, text },
            Report::Ended(ended) => FromExecutor::Ended(words::ended(ended)),
        };
        (self.ways.tell)(word);
    }
}
