//! The supervisor: which slot starts, stops, waits; what a pool looks like.
//!
//! Pure: a [`Moment`] and an [`Event`] go in, [`Command`]s come out, and the edge carries them out.
//! A slot that needs a worker gets one as soon as the modules are loaded and its backoff is over;
//! that is looked at after every event, so a timer of a hidden tab that comes late delays a
//! replacement and nothing else. A worker whose time in its seat is over (stopped, or pushed out by
//! another start) lingers until it has left; what it says still counts for its own run.
//!
//! The colony's key is kept here, for replacements and for another start, and nowhere else.
//!
//! - `event`: what happens, and what is wanted done
//! - `orders`: what the person wants: start, pause, resume, finish, stop, resize, the page hidden
//! - `reports`: what workers say, and how they end
//! - `calls`: submissions and the client worker
//! - `upkeep`: what is looked at after every event: seats, overdue workers, the alarm
//! - `watch`: workers that say nothing any more
//! - `view`: the state of the whole, and the snapshot

mod calls;
mod event;
mod orders;
mod reports;
mod upkeep;
mod view;
mod watch;

#[cfg(test)]
mod tests;

use webpool_wire::{FromExecutor, FunctionInfo, Level, Role, Secret, Start, ToExecutor, Trouble};

pub(crate) use event::{Command, Device, Event, Moment};

use crate::client::Client;
use crate::log::Log;
use crate::permits::Permits;
use crate::settings::{FieldError, Settings};
use crate::slot::Slot;
use crate::snapshot::{PoolError, PoolState};
use crate::worker::{Parting, Seat, Worker, WorkerId};

/// What the person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wish {
    Work,
    Pause,
    Finish,
    #[default]
    Stop,
}

/// How far the modules are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Modules {
    #[default]
    Absent,
    Loading,
    Loaded,
}

/// Processes that came to an end in the present run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    succeeded: u32,
    failed: u32,
    given_back: u32,
}

/// A pool: see the module.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    device: Device,
    at: Moment,
    wish: Wish,
    modules: Modules,
    /// Of the last start.
    settings: Settings,
    /// Of the last start or submission.
    key: Secret,
    /// Starts so far.
    run: u32,
    /// Workers so far.
    generations: u32,
    slots: Vec<Slot>,
    /// Workers whose time in their seat is over.
    lingering: Vec<Worker>,
    client: Client,
    permits: Permits,
    log: Log,
    totals: Totals,
    functions: Vec<FunctionInfo>,
    /// Why a start was not even tried.
    forbidden: Option<PoolError>,
    /// The build for which the page is to be loaded anew, once what runs has ended.
    renewal: Option<String>,
    /// The state that the log knows.
    told: PoolState,
    wake_at_ms: Option<f64>,
    out: Vec<Command>,
}

impl Pool {
    /// A pool in which nothing runs.
    pub(crate) fn new(device: Device) -> Self {
        Self { device, ..Self::default() }
    }

    /// Checks settings for a start, or for a submission; see [`Settings::validate`].
    pub(crate) fn validate(&self, settings: Settings) -> Result<Settings, Vec<FieldError>> {
        settings.validate(&self.key)
    }

    /// Takes what happened at `at` and says what is to be done.
    pub(crate) fn handle(&mut self, at: Moment, event: Event) -> Vec<Command> {
        self.at = at;
        if let Event::Said(id, FromExecutor::Alive) = event {
            // nothing of what is shown has changed
            self.note_word(id);
            return Vec::new();
        }
        self.take(event);
        self.drop_overdue();
        self.fill();
        self.trim();
        self.tell_state();
        self.set_alarm();
        self.out.push(Command::Publish);
        std::mem::take(&mut self.out)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Start(settings) => self.start(settings),
            Event::Forbidden(sentence) => self.forbid(sentence),
            Event::Advised(sentence) => self.advise(sentence),
            Event::Pause => self.pause(),
            Event::Resume => self.resume(),
            Event::Finish => {
                self.renewal = None;
                self.finish();
            }
            Event::Stop => self.stop(),
            Event::Resize { workers } => self.resize(workers),
            Event::ModulesLoaded => self.modules = Modules::Loaded,
            Event::ModulesFailed { trouble, reason } => self.lack_modules(trouble, &reason),
            Event::Ready(id) => self.ready(id),
            Event::Said(id, message) => self.hear(id, message),
            Event::Crashed(id, text) => self.crashed(id, &text),
            Event::Outdated(id, text) => {
                self.failed(id, PoolError { trouble: Trouble::Outdated, sentence: text });
            }
            Event::Look => self.look(),
            Event::TimerDue => self.wake_at_ms = None,
            Event::Submit { ticket, call, settings } => self.submit(ticket, call, settings),
            Event::CancelCall { ticket } => self.cancel_call(ticket),
            Event::PageHidden => self.page_hidden(),
            Event::PageRestored => self.page_restored(),
        }
    }

    fn is_going(&self) -> bool {
        matches!(self.wish, Wish::Work | Wish::Pause)
    }

    fn grant(&mut self, granted: Option<WorkerId>) {
        self.out.extend(granted.map(|id| Command::Send(id, ToExecutor::PermitGranted)));
    }

    /// Tells every worker in a slot that works.
    fn tell_all(&mut self, message: &ToExecutor) {
        let workers = self.slots.iter().filter_map(Slot::worker);
        let ids = workers.filter(|worker| worker.is_started() && !worker.has_left());
        self.out.extend(ids.map(|worker| Command::Send(worker.id, message.clone())));
    }

    fn part(&mut self, id: WorkerId, parting: Parting) {
        match parting {
            Parting::Known => {}
            Parting::Drop => self.discard(id),
            Parting::Tell(message) => self.out.push(Command::Send(id, message)),
        }
    }

    fn worker_mut(&mut self, id: WorkerId) -> Option<&mut Worker> {
        let seated = match id.seat {
            Seat::Slot(number) => slot_at(&mut self.slots, number).and_then(Slot::worker_mut),
            Seat::Client => self.client.worker.as_mut(),
        };
        let is_meant = |worker: &&mut Worker| worker.id == id;
        seated.filter(is_meant).or_else(|| self.lingering.iter_mut().find(is_meant))
    }

    /// The slot in which this very worker sits.
    fn slot_mut(&mut self, id: WorkerId) -> Option<&mut Slot> {
        let slot = slot_at(&mut self.slots, id.slot()?)?;
        slot.worker().is_some_and(|worker| worker.id == id).then_some(slot)
    }

    fn write(&mut self, level: Level, slot: Option<u32>, text: String) {
        self.log.write(self.at.now_ms, level, slot, text);
    }

    /// Whether polls of the settings' server take no connections from one another.
    fn is_multiplexed(&self, settings: &Settings) -> bool {
        let (origin, server) = (self.device.multiplexed.as_str(), settings.server_url.as_str());
        let rest = server.strip_prefix(origin).filter(|_| !origin.is_empty());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// How many slots have to share the right to poll.
    fn sharers(&self, settings: &Settings) -> u32 {
        if self.is_multiplexed(settings) { 1 } else { settings.workers }
    }

    fn to_start(&self, seat: Seat) -> Start {
        let (role, slot, settings) = match seat {
            Seat::Slot(number) => (Role::Executor, number, &self.settings),
            Seat::Client => (Role::Client, 0, &self.client.settings),
        };
        Start {
            role,
            join: settings.to_join(),
            slot,
            slots: self.sharers(settings),
            has_locks: self.device.has_locks && !self.is_multiplexed(settings),
            cores: self.device.cores,
            memory_gib: self.device.memory_gib,
            platform: self.device.platform.clone(),
            reload: settings.reload.clone(),
        }
    }
}

fn slot_at(slots: &mut [Slot], number: u32) -> Option<&mut Slot> {
    slots.get_mut(usize::try_from(number).ok()?)
}
