//! One way: its page, its proxy, its work.
//!
//! - `well` whether its slots are well

mod well;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::sync::watch;
use webpool_colony::request::CancelProcess;
use webpool_colony::{Process, ProcessState};

use crate::account;
use crate::chance::Chance;
use crate::events::{self, Event, Kind, UNDER_WAY};
use crate::ground::Ground;
use crate::harness::{
    Browser, COLONY, COLONY_KEY, Kind as Engine, Look, Page, Proxy, WITH_DEBUGGER, Way, until,
};
use crate::size::Size;
use crate::trouble::KEEP;
use crate::work::{Cancel, Work};

/// So many processes of a way are given at a time.
const WINDOW: usize = 32;

/// How long all slots may take to join.
const JOIN: Duration = Duration::from_mins(1);

/// The longest time in which no process ends: attempts to reach a server are up to 30 s apart, and
/// what is silent is given up after 45 s.
const STUCK: Duration = Duration::from_mins(3);

/// The type of the executors of a way: the work of one is not given to the other.
fn executor_type(way: Way) -> &'static str {
    match way {
        Way::Http => "wasm-by-http",
        Way::Link => "wasm-by-link",
    }
}

/// A process that was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) id: String,
    /// Which work.
    number: usize,
    is_called_off: bool,
}

/// One way.
pub(crate) struct Lane<'a> {
    pub(crate) way: Way,
    pub(crate) page: Page,
    pub(crate) proxy: Proxy,
    pub(crate) ground: &'a Ground,
    works: Vec<Work>,
    events: Vec<Event>,
    pub(crate) slots: u32,
    /// How many processes have ended.
    ended: watch::Sender<usize>,
    /// How many faults are over.
    fired: Cell<usize>,
    /// Whether the next one has begun.
    has_begun: Cell<bool>,
    given: RefCell<Vec<Given>>,
    /// How often each fault was injected.
    faults: RefCell<BTreeMap<Kind, u32>>,
}

impl<'a> Lane<'a> {
    /// Plans work and faults, and starts a browser.
    pub(crate) async fn build(
        way: Way,
        proxy: Proxy,
        ground: &'a Ground,
        size: &Size,
    ) -> Result<Self> {
        let browser = Browser::start(Engine::Chromium, &[WITH_DEBUGGER]).await?;
        let page = Page::new(browser, format!("http://127.0.0.1:{}", proxy.port()));
        page.run_before_all(KEEP).await?;
        let salt = match way {
            Way::Http => 0,
            Way::Link => 1,
        };
        let mut chance = Chance::new(size.seed.wrapping_mul(2).wrapping_add(salt));
        let works = (0..size.of_lane()).map(|_| Work::any(&mut chance)).collect();
        let events = events::all(&mut chance, size.of_lane(), size.early());
        Ok(Self {
            way,
            page,
            proxy,
            ground,
            works,
            events,
            slots: size.slots(),
            ended: watch::Sender::new(0),
            fired: Cell::default(),
            has_begun: Cell::default(),
            given: RefCell::default(),
            faults: RefCell::default(),
        })
    }

    /// Opens the page, whatever was there, and starts the slots; returns once all have joined.
    pub(crate) async fn start(&self) -> Result<()> {
        let (kind, slots) = (executor_type(self.way), self.slots);
        let query = format!("colony_name={COLONY}&executor_type={kind}&worker_count={slots}");
        self.page.open(&query).await?;
        if self.way == Way::Http {
            self.page.fill("colony-key", COLONY_KEY).await?;
        }
        self.page.click("start").await?;
        self.page.wait_ready(slots, JOIN).await
    }

    /// Goes on until so many processes have ended, with the faults that come before.
    pub(crate) async fn run(&self, to: usize) -> Result<()> {
        tokio::try_join!(self.work(to), self.trouble(to))
            .with_context(|| format!("over {}, after {} processes", self.way, self.count()))?;
        Ok(())
    }

    /// How many processes have ended.
    pub(crate) fn count(&self) -> usize {
        *self.ended.borrow()
    }

    /// How often a fault was injected.
    pub(crate) fn injected(&self, kind: Kind) -> u32 {
        self.faults.borrow().get(&kind).copied().unwrap_or_default()
    }

    /// Checks that every fault that was planned has happened.
    pub(crate) fn check_all_injected(&self) -> Result<()> {
        let (fired, planned) = (self.fired.get(), self.events.len());
        ensure!(fired == planned, "{fired} faults were injected over {}, not {planned}", self.way);
        Ok(())
    }

    /// Every process that was given, with its work.
    pub(crate) fn all_given(&self) -> Vec<(String, &Work)> {
        let given = self.given.borrow();
        given.iter().filter_map(|one| Some((one.id.clone(), self.works.get(one.number)?))).collect()
    }

    /// Gives work and looks at how it ends.
    async fn work(&self, to: usize) -> Result<()> {
        let mut next = self.count();
        let mut open = Vec::new();
        while self.count() < to {
            until("a process that ends", STUCK, async || {
                let before = self.count();
                while next < self.limit().min(to) && open.len() < WINDOW {
                    open.push(self.give(next).await?);
                    next += 1;
                }
                open = self.look(std::mem::take(&mut open)).await?;
                let seen = format!("{open:?}");
                Ok(Look::at(Some(()).filter(|()| self.count() > before), seen))
            })
            .await?;
        }
        Ok(())
    }

    /// So many processes may be given for now: some wait until the next fault has begun, so that it
    /// meets them, and the others until it is over.
    fn limit(&self) -> usize {
        let more = if self.has_begun.get() { UNDER_WAY } else { 0 };
        let next = self.events.get(self.fired.get());
        next.map_or(usize::MAX, |event| event.at.saturating_add(more))
    }

    async fn give(&self, number: usize) -> Result<Given> {
        let work = self.works.get(number).context("no more work")?;
        let spec = work.to_spec(executor_type(self.way))?;
        let id = self.ground.colony().await.submit(spec).await?.processid;
        let mut given = Given { id, number, is_called_off: false };
        if work.cancel == Some(Cancel::Waiting) {
            self.call_off(&mut given).await?;
        }
        self.given.borrow_mut().push(given.clone());
        Ok(given)
    }

    /// Calls a process off, which may have ended otherwise by then: that shows later.
    async fn call_off(&self, given: &mut Given) -> Result<()> {
        let processid = given.id.clone();
        self.ground.colony().await.ask(&CancelProcess { processid }).await?;
        given.is_called_off = true;
        Ok(())
    }

    /// Looks at processes; those that have not ended.
    async fn look(&self, open: Vec<Given>) -> Result<Vec<Given>> {
        let mut left = Vec::new();
        for mut one in open {
            let work = self.works.get(one.number).context("no such work")?;
            let process: Process = self.ground.colony().await.process(&one.id).await?;
            let state = process.state();
            if state.is_some_and(ProcessState::is_final) {
                work.check(&process)?;
                self.ended.send_modify(|ended| *ended += 1);
                account::print_progress(self);
                continue;
            }
            let is_running = state == Some(ProcessState::Running);
            if is_running && work.cancel == Some(Cancel::Running) && !one.is_called_off {
                self.call_off(&mut one).await?;
            }
            left.push(one);
        }
        Ok(left)
    }

    /// Injects one fault after the other, each when it is due.
    async fn trouble(&self, to: usize) -> Result<()> {
        while let Some(event) = self.events.get(self.fired.get()).filter(|event| event.at < to) {
            let due = event.at.saturating_sub(UNDER_WAY);
            self.ended.subscribe().wait_for(|ended| *ended >= due).await?;
            self.has_begun.set(true);
            self.inject(event).await.with_context(|| event.kind.name())?;
            *self.faults.borrow_mut().entry(event.kind).or_default() += 1;
            self.fired.set(self.fired.get() + 1);
            self.has_begun.set(false);
        }
        Ok(())
    }
}
