//! A machine on the bench: fed by hand, with its requests opened and its clock turned.

use webpool_colony::envelope::{Failure, ReplyEnvelope};
use webpool_colony::types::Function;
use webpool_colony::{Envelope, Id, Json, PrivateKey, Process, Timestamp};
use webpool_wire::Reload;

use crate::event::Outcome;
use crate::machine::*;
use crate::requests::RequestId;

pub(super) const FUNCTION: &str = "add";

/// The wall clock at the start, since 1970; the server's clock is the same.
const EPOCH: Duration = Duration::from_hours(500_000);

/// A request as the server would see it.
pub(super) struct Sent {
    pub(super) id: RequestId,
    pub(super) signer: Id,
    pub(super) payload: serde_json::Value,
}

pub(super) struct Bench {
    pub(super) machine: Machine,
    pub(super) owner: PrivateKey,
    key: PrivateKey,
    now: Now,
    wake_at: Option<Duration>,
    last: Vec<Command>,
}

pub(super) fn refusal(status: u16, message: &str) -> Reply {
    let failure = Failure { status, message: message.to_owned() };
    Reply::Answered { status, body: ReplyEnvelope::failure(&failure).to_body().into_bytes() }
}

/// A process as an assign reply brings it, begun at the bench's first moment.
pub(super) fn process(id: &str, maxexectime: i64) -> Process {
    let mut process = Process {
        processid: id.to_owned(),
        state: 1,
        starttime: Timestamp::from_unix_ns(u64::try_from(EPOCH.as_nanos()).unwrap()),
        ..Process::default()
    };
    process.spec.funcname = FUNCTION.to_owned();
    process.spec.args = Json::from_text("[1,null]").unwrap();
    process.spec.kwargs = Json::from_text("{}").unwrap();
    process.spec.maxexectime = maxexectime;
    process
}

impl Bench {
    pub(super) fn new() -> Self {
        let (owner, key) = (PrivateKey::generate(), PrivateKey::generate());
        let settings = Settings {
            colony: "dev".to_owned(),
            name: "webpool".to_owned(),
            executor_type: "wasm".to_owned(),
            slot: 0,
            slots: 1,
            capabilities: Json::default(),
            key: key.clone(),
            owner_key: owner.clone(),
            reload: Reload::Never,
            stale_after_s: None,
        };
        Self::with(settings, owner, key)
    }

    /// A page that loads itself anew for another build, but for the one it has `tried`.
    pub(super) fn reloading(tried: &str) -> Self {
        let bench = Self::new();
        let reload = Reload::Once { tried: tried.to_owned() };
        let settings = Settings { reload, ..bench.machine.settings.clone() };
        Self::with(settings, bench.owner, bench.key)
    }

    fn with(settings: Settings, owner: PrivateKey, key: PrivateKey) -> Self {
        let machine = Machine::new(settings, 1);
        let now = Now { mono: Duration::from_secs(1), wall: EPOCH };
        Self { machine, owner, key, now, wake_at: None, last: Vec::new() }
    }

    /// Joined, with something that computes, and an open poll.
    pub(super) fn polling() -> Self {
        let mut bench = Self::new();
        bench.join(Vec::new());
        bench.feed(Event::Permit);
        bench
    }

    /// Computing the process `p1`.
    pub(super) fn running(maxexectime: i64) -> Self {
        let mut bench = Self::polling();
        bench.assign(&process("p1", maxexectime));
        bench
    }

    /// Done with `p1`, its close being sent.
    pub(super) fn delivering() -> Self {
        let mut bench = Self::running(-1);
        bench.feed(Event::Computed { run: 1, output: vec!["8".to_owned()] });
        bench
    }

    pub(super) fn join(&mut self, functions: Vec<Function>) {
        self.feed(Event::Start);
        let add = self.sent("addexecutormsg").id;
        self.answer(add, "addexecutormsg", "{}");
        let approve = self.sent("approveexecutormsg").id;
        self.answer(approve, "approveexecutormsg", "{}");
        self.feed(Event::ComputeReady { functions });
    }

    pub(super) fn id(&self) -> Id {
        self.key.id()
    }

    pub(super) fn feed(&mut self, event: Event) {
        self.last = self.machine.handle(self.now, event);
        for command in &self.last {
            if let Command::WakeAt(at) = command {
                self.wake_at = Some(*at);
            }
        }
    }

    pub(super) fn answer(&mut self, id: RequestId, kind: &str, payload: &str) {
        let body = ReplyEnvelope::success(kind, payload).to_body().into_bytes();
        self.feed(Event::Replied { id, reply: Reply::Answered { status: 200, body } });
    }

    pub(super) fn answer_with(&mut self, id: RequestId, kind: &str, process: &Process) {
        self.answer(id, kind, &serde_json::to_string(process).unwrap());
    }

    pub(super) fn assign(&mut self, process: &Process) {
        let id = self.sent("assignprocessmsg").id;
        self.answer_with(id, "assignprocessmsg", process);
    }

    pub(super) fn lose(&mut self, id: RequestId) {
        let reply = Reply::Lost { reason: "Failed to fetch".to_owned() };
        self.feed(Event::Replied { id, reply });
    }

    /// Both clocks go on; the timer goes off if it is due.
    pub(super) fn pass(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.wall += time;
        self.feed(Event::Woke);
    }

    /// Both clocks go on, and no timer goes off.
    pub(super) fn turn(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.wall += time;
    }

    pub(super) fn pass_to_timer(&mut self) {
        let at = self.wake_at.expect("a timer is set");
        self.pass(at.saturating_sub(self.now.mono));
    }

    /// The computer sleeps: only the time of day goes on.
    pub(super) fn sleep(&mut self, time: Duration) {
        self.now.wall += time;
        self.feed(Event::Woke);
    }

    /// The server is back when the executor looks for it the next time.
    pub(super) fn reconnect(&mut self) {
        self.pass_to_timer();
        while !self.has_sent("assignprocessmsg") {
            self.pass_to_timer();
        }
        let id = self.sent("assignprocessmsg").id;
        let reply = refusal(404, "No process available for assignment");
        self.feed(Event::Replied { id, reply });
    }

    pub(super) fn commands(&self) -> &[Command] {
        &self.last
    }

    pub(super) fn has(&self, command: &Command) -> bool {
        self.last.contains(command)
    }

    pub(super) fn any(&self, matches: impl Fn(&Command) -> bool) -> bool {
        self.last.iter().any(matches)
    }

    fn requests(&self) -> impl Iterator<Item = (RequestId, Envelope)> {
        self.last.iter().filter_map(|command| {
            let Command::Send { id, body, .. } = command else { return None };
            Some((*id, serde_json::from_str(body).unwrap()))
        })
    }

    pub(super) fn has_sent(&self, kind: &str) -> bool {
        self.requests().any(|(_, envelope)| envelope.payloadtype == kind)
    }

    pub(super) fn sent(&self, kind: &str) -> Sent {
        let found = self.requests().find(|(_, envelope)| envelope.payloadtype == kind);
        let (id, envelope) = found.unwrap_or_else(|| panic!("no {kind} in {:?}", self.last));
        let payload = serde_json::from_slice(&envelope.payload_bytes()).unwrap();
        Sent { id, signer: envelope.signer().unwrap(), payload }
    }

    fn reports(&self) -> impl Iterator<Item = &Report> {
        self.last.iter().filter_map(|command| {
            let Command::Report(report) = command else { return None };
            Some(report)
        })
    }

    pub(super) fn reported(&self, matches: impl Fn(&Report) -> bool) -> bool {
        self.reports().any(matches)
    }

    pub(super) fn activity(&self) -> Option<Activity> {
        self.reports().find_map(|report| {
            let Report::Activity(activity) = report else { return None };
            Some(activity.clone())
        })
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.reports().find_map(|report| {
            let Report::Closed { outcome, .. } = report else { return None };
            Some(outcome.clone())
        })
    }

    pub(super) fn pending(&self) -> Option<usize> {
        self.reports().find_map(|report| {
            let Report::Pending(pending) = report else { return None };
            Some(*pending)
        })
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.reports().find_map(|report| {
            let Report::Ended(ended) = report else { return None };
            Some(ended.clone())
        })
    }
}
