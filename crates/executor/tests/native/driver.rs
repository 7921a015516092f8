//! A native driver: one thread carries out the commands of one machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use webpool_broker::{Answer, Broker, Call};
use webpool_colony::{Json, PrivateKey};
use webpool_executor::{Command, Event, Machine, Now, Reply, Report, RequestId, Settings};
use webpool_kernels::{HostInfo, run_native};
use webpool_wire::Reload;

use crate::colony::Colony;

pub(crate) struct Driver {
    events: Sender<Event>,
    is_held: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.tell(Event::Stop);
    }
}

impl Driver {
    pub(crate) fn start(colony: &Colony, slot: u32) -> Self {
        let key = PrivateKey::generate();
        let settings = Settings {
            colony: colony.name.clone(),
            name: "webpool".to_owned(),
            executor_type: "wasm".to_owned(),
            slot,
            slots: 8,
            capabilities: Json::default(),
            key,
            owner_key: colony.owner.clone(),
            reload: Reload::Never,
            stale_after_s: None,
        };
        let (events, inbox) = mpsc::channel();
        let is_held = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            machine: Machine::new(settings, u64::from(slot) + 1),
            broker: colony.broker.clone(),
            events: events.clone(),
            is_held: Arc::clone(&is_held),
            calls: BTreeMap::new(),
            origin: Instant::now(),
            wake_at: None,
            is_over: false,
        };
        let thread = Some(std::thread::spawn(move || worker.run(&inbox)));
        events.send(Event::Start).unwrap();
        Self { events, is_held, thread }
    }

    pub(crate) fn tell(&self, event: Event) {
        drop(self.events.send(event));
    }

    /// From now on runs begin but never end.
    pub(crate) fn hold_computing(&self) {
        self.is_held.store(true, Ordering::SeqCst);
    }

    /// Waits for the machine's last word.
    pub(crate) fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

struct Worker {
    machine: Machine,
    broker: Broker,
    events: Sender<Event>,
    is_held: Arc<AtomicBool>,
    calls: BTreeMap<RequestId, Call>,
    origin: Instant,
    wake_at: Option<Duration>,
    is_over: bool,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Event>) {
        while !self.is_over {
            let mono = self.origin.elapsed();
            let wait = self.wake_at.map_or(Duration::from_mins(1), |at| at.saturating_sub(mono));
            let event = inbox.recv_timeout(wait).unwrap_or(Event::Woke);
            if let Event::Replied { id, .. } = &event {
                self.calls.remove(id);
            }
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let now = Now { mono: self.origin.elapsed(), wall: since };
            for command in self.machine.handle(now, event) {
                self.perform(command);
            }
        }
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Send { id, body, .. } => self.send(id, body),
            Command::Abort { id } => drop(self.calls.remove(&id)),
            Command::WakeAt(at) => self.wake_at = Some(at),
            Command::WantPermit => self.hear(Event::Permit),
            Command::RestartCompute => self.hear(Event::ComputeReady { functions: Vec::new() }),
            Command::Compute { run, function, args_json, kwargs_json } => {
                self.compute(run, &function, &args_json, &kwargs_json);
            }
            Command::Report(Report::Ended(_)) => self.is_over = true,
            Command::ReturnPermit
            | Command::StopCompute
            | Command::HoldCompute
            | Command::ContinueCompute
            | Command::Follow { .. }
            | Command::Unfollow { .. }
            | Command::Report(_) => {}
        }
    }

    fn hear(&self, event: Event) {
        drop(self.events.send(event));
    }

    fn send(&mut self, id: RequestId, body: String) {
        let events = self.events.clone();
        let respond = Box::new(move |Answer { status, body }: Answer| {
            let reply = Reply::Answered { status, body: body.into_bytes() };
            drop(events.send(Event::Replied { id, reply }));
        });
        let call = self.broker.call(body.into_bytes(), respond);
        self.calls.insert(id, call);
    }

    fn compute(&self, run: u32, function: &str, args: &str, kwargs: &str) {
        if self.is_held.load(Ordering::SeqCst) {
            return;
        }
        let info = HostInfo {
            user_agent: "native".to_owned(),
            language: "en".to_owned(),
            executor_name: self.machine.name().to_owned(),
        };
        self.hear(match run_native(function, args, kwargs, info) {
            Ok(output) => Event::Computed { run, output },
            Err(error) => Event::Refused { run, reason: error.to_string() },
        });
    }
}
