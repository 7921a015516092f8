//! Owns the workers and carries out what the supervisor decides.
//!
//! One queue of events: what happens while an event is handled, for example because a callback
//! commands the pool, is handled next. Nothing is borrowed while a callback is called. Timers are
//! only used to come back later; a late one delays a replacement or a snapshot and nothing else.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen_futures::spawn_local;
use webpool_wire::{CallState, Farewell, FromExecutor, ToExecutor};

use crate::access::{self, Access};
use crate::audience::{Audience, Callback, Subscription};
use crate::browser::{self, PageWatch, Passage, Testament};
use crate::handle::ExecutorHandle;
use crate::modules::{self, Modules};
use crate::pool::{Command, Event, Pool};
use crate::settings::{FieldError, Settings};
use crate::snapshot::Snapshot;
use crate::worker::{Seat, WorkerId};

/// How long an executor worker may take to get ready, in ms.
const DEADLINE_MS: u32 = 15_000;

/// How often workers are looked after, in ms. A late look asks a worker later, and nothing else.
const LOOK_MS: u32 = 10_000;

/// Told what became of a submission.
type OnSettled = Box<dyn FnOnce(&CallState)>;

/// A worker, and what makes its executor leave should the page go away.
struct Hand {
    id: WorkerId,
    handle: ExecutorHandle,
    testament: Option<Testament>,
}

/// What all clones of a pool share.
pub(super) struct Core {
    me: Weak<Self>,
    base_url: String,
    pool: RefCell<Pool>,
    modules: RefCell<Option<Modules>>,
    workers: RefCell<Vec<Hand>>,
    events: RefCell<VecDeque<Event>>,
    is_handling: Cell<bool>,
    is_stale: Cell<bool>,
    alarm: Cell<Option<Timeout>>,
    /// Looks after the workers, while there are any.
    looks: Cell<Option<Interval>>,
    audience: Rc<Audience>,
    /// Who is told the end of a submission, by ticket.
    waiting: RefCell<Vec<(u32, OnSettled)>>,
    /// Tickets given so far.
    tickets: Cell<u32>,
    page: Option<PageWatch>,
}

impl Drop for Core {
    fn drop(&mut self) {
        // a worker that goes on joining would undo its farewell
        self.workers.get_mut().clear();
        browser::beacon(&self.pool.get_mut().to_farewells());
    }
}

impl Core {
    pub(super) fn new(base_url: &str) -> Rc<Self> {
        Rc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            base_url: base_url.to_owned(),
            pool: RefCell::new(Pool::new(browser::device())),
            modules: RefCell::default(),
            workers: RefCell::default(),
            events: RefCell::default(),
            is_handling: Cell::new(false),
            is_stale: Cell::new(false),
            alarm: Cell::default(),
            looks: Cell::default(),
            audience: Rc::default(),
            waiting: RefCell::default(),
            tickets: Cell::new(0),
            page: PageWatch::new(watcher(me.clone())),
        })
    }

    /// Checks settings, and whether the browser lets the page reach their server.
    pub(super) fn validate(&self, settings: Settings) -> Result<Settings, Vec<FieldError>> {
        let settings = self.pool.borrow().validate(settings)?;
        match access::judge(&browser::origin(), &settings.server_url) {
            Access::Free => Ok(settings),
            Access::Asks(sentence) => {
                self.handle(Event::Advised(sentence));
                Ok(settings)
            }
            Access::Forbidden(sentence) => {
                self.handle(Event::Forbidden(sentence.clone()));
                Err(vec![FieldError::new("server-url", sentence)])
            }
        }
    }

    /// Gives a submission its ticket.
    pub(super) fn open_ticket(&self, on_settled: OnSettled) -> u32 {
        let ticket = self.tickets.get() + 1;
        self.tickets.set(ticket);
        self.waiting.borrow_mut().push((ticket, on_settled));
        ticket
    }

    pub(super) fn subscribe(&self, on_show: Callback) -> Subscription {
        self.audience.subscribe(&self.to_snapshot(), on_show)
    }

    pub(super) fn to_snapshot(&self) -> Snapshot {
        self.pool.borrow().to_snapshot(browser::now_ms())
    }

    /// Handles an event, now or after the present one.
    pub(super) fn handle(&self, event: Event) {
        self.events.borrow_mut().push_back(event);
        if self.is_handling.replace(true) {
            return;
        }
        while let Some(event) = self.next_event() {
            let commands = self.pool.borrow_mut().handle(browser::moment(), event);
            for command in commands {
                self.obey(command);
            }
        }
        self.is_handling.set(false);
        if self.is_stale.replace(false) {
            self.audience.ask(later(&self.me, Self::publish));
        }
    }

    fn next_event(&self) -> Option<Event> {
        self.events.borrow_mut().pop_front()
    }

    fn obey(&self, command: Command) {
        match command {
            Command::LoadModules => spawn_local(load(self.me.clone(), self.base_url.clone())),
            Command::Spawn(id) => self.spawn(id),
            Command::Send(id, message) => self.send(id, message),
            Command::Drop(id) => {
                if let Some(hand) = self.take_worker(id) {
                    hand.handle.retire();
                }
            }
            Command::Kill(id) => drop(self.take_worker(id)),
            Command::WakeAt { at_ms } => self.set_alarm(at_ms),
            Command::Beacon(farewells) => browser::beacon(&farewells),
            Command::Entrust(id, farewell) => self.entrust(id, &farewell),
            Command::Settled { ticket, state } => self.settle(ticket, &state),
            Command::Publish => self.is_stale.set(true),
        }
    }

    fn spawn(&self, id: WorkerId) {
        let me = self.me.clone();
        let on_event = move |event| {
            if let Some(core) = me.upgrade() {
                core.handle(to_event(id, event));
            }
        };
        let modules = self.modules.borrow().clone();
        let spawned = match modules {
            Some(modules) => {
                ExecutorHandle::spawn(&modules, &worker_name(id), DEADLINE_MS, on_event)
            }
            None => Err("its modules are not loaded".to_owned()),
        };
        match spawned {
            Ok(handle) => {
                self.workers.borrow_mut().push(Hand { id, handle, testament: None });
                self.look_on();
            }
            Err(text) => self.handle(Event::Crashed(id, text)),
        }
    }

    fn send(&self, id: WorkerId, message: ToExecutor) {
        if let Some(hand) = self.workers.borrow().iter().find(|hand| hand.id == id) {
            hand.handle.send(message);
        }
    }

    fn entrust(&self, id: WorkerId, farewell: &Farewell) {
        if let Some(hand) = self.workers.borrow_mut().iter_mut().find(|hand| hand.id == id) {
            hand.testament = Testament::new(farewell);
        }
        self.page.iter().for_each(PageWatch::be_last);
    }

    fn take_worker(&self, id: WorkerId) -> Option<Hand> {
        let hand = self.workers.borrow_mut().extract_if(.., |hand| hand.id == id).next();
        if self.workers.borrow().is_empty() {
            self.looks.take();
        }
        hand
    }

    fn look_on(&self) {
        let me = self.me.clone();
        let look = move || {
            if let Some(core) = me.upgrade() {
                core.handle(Event::Look);
            }
        };
        let looks = self.looks.take().unwrap_or_else(|| Interval::new(LOOK_MS, look));
        self.looks.set(Some(looks));
    }

    fn set_alarm(&self, at_ms: f64) {
        let wait_ms = browser::to_u32((at_ms - browser::now_ms()).ceil());
        let alarm = Timeout::new(wait_ms, later(&self.me, |core| core.handle(Event::TimerDue)));
        self.alarm.set(Some(alarm));
    }

    fn settle(&self, ticket: u32, state: &CallState) {
        let waiting = self.waiting.borrow_mut().extract_if(.., |(held, _)| *held == ticket).next();
        if let Some((_, on_settled)) = waiting {
            on_settled(state);
        }
    }

    fn publish(&self) {
        self.audience.show(|| self.to_snapshot());
        self.audience.arrange(later(&self.me, Self::publish));
    }
}

/// Something to be done later, if the pool is still there.
fn later(me: &Weak<Core>, act: impl FnOnce(&Core) + 'static) -> impl FnOnce() + 'static {
    let me = me.clone();
    move || {
        if let Some(core) = me.upgrade() {
            act(&core);
        }
    }
}

fn watcher(me: Weak<Core>) -> impl Fn(Passage) + Clone + 'static {
    move |passage| {
        let Some(core) = me.upgrade() else { return };
        core.handle(match passage {
            Passage::Hidden => Event::PageHidden,
            Passage::Restored => Event::PageRestored,
        });
    }
}

async fn load(me: Weak<Core>, base_url: String) {
    let loaded = modules::load(&base_url).await;
    let Some(core) = me.upgrade() else { return };
    core.handle(match loaded {
        Ok(modules) => {
            core.modules.replace(Some(modules));
            Event::ModulesLoaded
        }
        Err(error) => Event::ModulesFailed { trouble: error.trouble(), reason: error.to_string() },
    });
}

fn to_event(id: WorkerId, event: webpool_handle::Event<FromExecutor>) -> Event {
    match event {
        webpool_handle::Event::Ready => Event::Ready(id),
        webpool_handle::Event::Message(message) => Event::Said(id, message),
        webpool_handle::Event::Crashed(text) => Event::Crashed(id, text),
        webpool_handle::Event::Outdated(text) => Event::Outdated(id, text),
    }
}

fn worker_name(id: WorkerId) -> String {
    match id.seat {
        Seat::Slot(number) => format!("executor-{number}"),
        Seat::Client => "client".to_owned(),
    }
}
