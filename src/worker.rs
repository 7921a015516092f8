//! One worker in a seat, from its spawn to its drop: what it was told and what it has said.
//!
//! A seat (a slot, or the client's) outlives its workers, and a worker may outlive its time in the
//! seat: told to stop it leaves the colony twice, since a poll left open may still be handed work.
//! So every worker has a generation that no other worker of the page has. Times are ms of the
//! page's clock.

use webpool_wire::{Activity, Farewell, ToExecutor};

use crate::snapshot::SlotState;

/// How long a worker that has joined may take to leave, in ms.
const LEAVING_MS: f64 = 12_000.0;
/// How long a worker that has not joined may take to end, in ms.
const GIVING_UP_MS: f64 = 3_000.0;

/// Where a worker sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    /// A slot of the pool, from 0.
    Slot(u32),
    /// The seat of the client, which submits.
    Client,
}

/// A worker among all that this page ever had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkerId {
    /// Where it sits or sat.
    pub(crate) seat: Seat,
    /// Unlike that of any other worker of this page.
    pub(crate) generation: u32,
}

impl WorkerId {
    /// The slot it sits in, if it is not the client.
    pub(crate) const fn slot(self) -> Option<u32> {
        match self.seat {
            Seat::Slot(number) => Some(number),
            Seat::Client => None,
        }
    }
}

/// What a worker has been told to do, in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Work,
    Finish,
    Stop,
}

/// What is to be done with a worker whose time is over.
#[derive(Debug, PartialEq)]
pub(crate) enum Parting {
    /// Nothing: it knows already.
    Known,
    /// Drop it: it has not begun.
    Drop,
    /// Tell it.
    Tell(ToExecutor),
}

/// The process that a worker runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Work {
    pub(crate) process_id: String,
    pub(crate) function: String,
    pub(crate) since_ms: f64,
    /// 0..=1.
    pub(crate) progress: f64,
}

/// Who a worker is in the colony.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// One worker.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    /// The start of the pool that it belongs to.
    pub(crate) run: u32,
    pub(crate) born_ms: f64,
    /// What it does, as it said last; none before it was told to start.
    pub(crate) activity: Option<Activity>,
    pub(crate) identity: Option<Identity>,
    /// The signed request that makes it leave; it asks to be let in once this is here.
    pub(crate) farewell: Option<Farewell>,
    pub(crate) work: Option<Work>,
    /// Finished results that the server has not accepted.
    pub(crate) pending: u32,
    pub(crate) retry_at_ms: Option<f64>,
    /// When it is dropped, whatever it says.
    pub(crate) drop_at_ms: Option<f64>,
    /// Looks since it said something.
    pub(crate) silent_looks: u32,
    order: Order,
}

impl Worker {
    /// A worker that is being spawned.
    pub(crate) const fn new(id: WorkerId, run: u32, now_ms: f64) -> Self {
        Self {
            id,
            run,
            born_ms: now_ms,
            activity: None,
            identity: None,
            farewell: None,
            work: None,
            pending: 0,
            retry_at_ms: None,
            drop_at_ms: None,
            silent_looks: 0,
            order: Order::Work,
        }
    }

    /// Notes that it was told to start.
    pub(crate) fn start(&mut self) {
        self.activity = Some(Activity::Joining);
    }

    /// Whether it was told to start.
    pub(crate) const fn is_started(&self) -> bool {
        self.activity.is_some()
    }

    /// Whether it was told nothing but to work.
    pub(crate) fn is_wanted(&self) -> bool {
        self.order == Order::Work
    }

    /// Whether it has left the colony; it may live on a little.
    pub(crate) const fn has_left(&self) -> bool {
        matches!(self.activity, Some(Activity::Stopped))
    }

    /// Whether the server knows it.
    pub(crate) const fn is_joined(&self) -> bool {
        self.identity.is_some() && !self.has_left()
    }

    /// Whether it may have asked the server to be let in, and has no answer yet.
    pub(crate) const fn is_joining(&self) -> bool {
        self.farewell.is_some() && self.identity.is_none()
    }

    /// Notes that the server knows it now.
    pub(crate) fn join(&mut self, identity: Identity, now_ms: f64) {
        self.identity = Some(identity);
        if self.order == Order::Stop {
            self.drop_at_ms = Some(now_ms + LEAVING_MS);
        }
    }

    /// Notes what it does from now on.
    pub(crate) fn act(&mut self, activity: Activity, now_ms: f64) {
        self.retry_at_ms = None;
        match &activity {
            Activity::Running { process_id, function, .. } => {
                self.begin(process_id, function, now_ms);
            }
            Activity::Joining | Activity::Idle => self.work = None,
            Activity::Stopped => {
                self.work = None;
                self.pending = 0;
                self.drop_at_ms.get_or_insert(now_ms + LEAVING_MS);
            }
            Activity::Offline { retry_in_ms, .. } => {
                self.retry_at_ms = Some(now_ms + retry_in_ms);
            }
            Activity::Paused | Activity::Finishing => {}
        }
        self.activity = Some(activity);
    }

    fn begin(&mut self, process_id: &str, function: &str, now_ms: f64) {
        if self.is_at(process_id) {
            return;
        }
        self.work = Some(Work {
            process_id: process_id.to_owned(),
            function: function.to_owned(),
            since_ms: now_ms,
            progress: 0.0,
        });
    }

    /// Notes that a process has come to its end.
    pub(crate) fn close(&mut self, process_id: &str) {
        if self.is_at(process_id) {
            self.work = None;
        }
    }

    fn is_at(&self, process_id: &str) -> bool {
        self.work.as_ref().is_some_and(|work| work.process_id == process_id)
    }

    /// Notes how far the running process is.
    pub(crate) fn advance(&mut self, fraction: f64) {
        if let Some(work) = &mut self.work {
            work.progress = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        }
    }

    /// Lets it end what runs.
    pub(crate) fn finish(&mut self) -> Parting {
        if !self.is_started() {
            return Parting::Drop;
        }
        if self.order != Order::Work || self.has_left() {
            return Parting::Known;
        }
        self.order = Order::Finish;
        Parting::Tell(ToExecutor::Finish)
    }

    /// Makes it leave at once; it is dropped after a while even if it does not answer.
    pub(crate) fn stop(&mut self, now_ms: f64) -> Parting {
        if !self.is_started() {
            return Parting::Drop;
        }
        if self.order == Order::Stop || self.has_left() {
            return Parting::Known;
        }
        self.order = Order::Stop;
        let patience_ms = if self.is_joined() { LEAVING_MS } else { GIVING_UP_MS };
        self.drop_at_ms = Some(now_ms + patience_ms);
        Parting::Tell(ToExecutor::Stop)
    }

    /// What is posted to make it leave, if the server still knows it.
    pub(crate) fn farewell(&self) -> Option<&Farewell> {
        self.farewell.as_ref().filter(|_| !self.has_left())
    }

    /// What its slot shows.
    pub(crate) fn state(&self) -> SlotState {
        match (&self.activity, self.order) {
            (None, _) => SlotState::Starting,
            (Some(Activity::Stopped), _) => SlotState::Stopped,
            (Some(Activity::Offline { .. }), _) => SlotState::Offline,
            (Some(Activity::Finishing), _) | (Some(_), Order::Finish | Order::Stop) => {
                SlotState::Finishing
            }
            (Some(Activity::Joining), Order::Work) => SlotState::Joining,
            (Some(Activity::Idle), Order::Work) => SlotState::Idle,
            (Some(Activity::Running { .. }), Order::Work) => SlotState::Running,
            (Some(Activity::Paused), Order::Work) => SlotState::Paused,
        }
    }
}
