//! What the person wants, and what the page goes through.

use webpool_wire::{Farewell, Level, ToExecutor, Trouble};

use super::{Modules, Pool, Totals, Wish};
use crate::pool::Command;
use crate::settings::Settings;
use crate::slot::Slot;
use crate::snapshot::PoolError;
use crate::words;
use crate::worker::{Parting, Worker};

impl Pool {
    /// Starts anew; what ran before is left to end by itself: what was finishing finishes, the rest
    /// is given back.
    pub(super) fn start(&mut self, settings: Settings) {
        if self.wish != Wish::Finish {
            self.stop();
        }
        for mut slot in std::mem::take(&mut self.slots) {
            self.lingering.extend(slot.stop(self.at.now_ms));
        }
        self.run += 1;
        self.totals = Totals::default();
        self.forbidden = None;
        self.renewal = None;
        self.write(Level::Info, None, words::starting(&settings));
        self.slots.extend((0..settings.workers).map(|_| Slot::default()));
        self.key = settings.colony_key.clone();
        self.permits.is_unlimited = self.is_multiplexed(&settings);
        self.settings = settings;
        self.wish = Wish::Work;
    }

    pub(super) fn advise(&mut self, sentence: String) {
        self.log.write_once(self.at.now_ms, Level::Warning, None, sentence);
    }

    pub(super) fn forbid(&mut self, sentence: String) {
        self.write(Level::Error, None, sentence.clone());
        self.forbidden = Some(PoolError { trouble: Trouble::Forbidden, sentence });
    }

    pub(super) fn pause(&mut self) {
        if self.wish == Wish::Work {
            self.wish = Wish::Pause;
            self.write(Level::Info, None, "Paused by you.".to_owned());
            self.tell_all(&ToExecutor::Pause);
        }
    }

    pub(super) fn resume(&mut self) {
        if self.wish == Wish::Pause {
            self.wish = Wish::Work;
            self.write(Level::Info, None, "Going on.".to_owned());
            self.tell_all(&ToExecutor::Resume);
            if self.renewal.is_some() {
                self.finish();
            }
        }
    }

    pub(super) fn finish(&mut self) {
        if !self.is_going() {
            return;
        }
        self.wish = Wish::Finish;
        let workers = self.slots.iter().filter_map(Slot::worker);
        let running = workers.filter(|worker| worker.work.is_some()).count();
        self.write(Level::Info, None, words::finishing(running));
        for number in 0..self.slots.len() {
            self.end_slot(number, Worker::finish);
        }
    }

    pub(super) fn stop(&mut self) {
        self.wish = Wish::Stop;
        self.renewal = None;
        let now_ms = self.at.now_ms;
        for number in 0..self.slots.len() {
            self.end_slot(number, |worker| worker.stop(now_ms));
        }
        let lingering = self.lingering.iter_mut();
        let partings: Vec<_> = lingering.map(|worker| (worker.id, worker.stop(now_ms))).collect();
        for (id, parting) in partings {
            self.part(id, parting);
        }
    }

    /// Lets the worker of a slot end in one way or the other; a slot without one is stopped.
    fn end_slot(&mut self, number: usize, end: impl Fn(&mut Worker) -> Parting) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        let Some((id, parting)) = slot.worker_mut().map(|worker| (worker.id, end(worker))) else {
            slot.stop(self.at.now_ms);
            return;
        };
        if parting == Parting::Drop {
            slot.stop(self.at.now_ms);
        }
        self.part(id, parting);
    }

    /// More slots begin at once; fewer end what runs, then vanish.
    pub(super) fn resize(&mut self, workers: u32) {
        if !self.is_going() || self.settings.workers == workers {
            return;
        }
        let was = std::mem::replace(&mut self.settings.workers, workers);
        self.write(Level::Info, None, words::resized(was, workers));
        let kept = usize::try_from(workers).unwrap_or(usize::MAX);
        for number in kept..self.slots.len() {
            if let Some(slot) = self.slots.get_mut(number) {
                slot.is_leaving = true;
            }
            self.end_slot(number, Worker::finish);
        }
        for slot in self.slots.iter_mut().take(kept).filter(|slot| slot.is_leaving) {
            self.lingering.extend(std::mem::take(slot).stop(self.at.now_ms));
        }
        self.slots.resize_with(self.slots.len().max(kept), Slot::default);
        let slots = self.sharers(&self.settings);
        self.tell_all(&ToExecutor::Slots { slots });
    }

    /// Without modules nothing can run.
    pub(super) fn lack_modules(&mut self, trouble: Trouble, reason: &str) {
        self.modules = Modules::Absent;
        for slot in &mut self.slots {
            if !slot.is_over() {
                slot.fail(PoolError { trouble, sentence: reason.to_owned() }, self.at.now_ms);
            }
        }
        self.refuse_calls(&words::trouble(trouble, reason, &self.settings));
    }

    /// Makes everybody leave: nobody but the page's main thread gets to run now. The browser has
    /// posted the farewells that were entrusted to it. Who is joining is ended first, since it would
    /// undo its farewell.
    pub(super) fn page_hidden(&mut self) {
        let kills: Vec<_> = self.workers().map(|worker| Command::Kill(worker.id)).collect();
        self.out.extend(kills);
        let farewells: Vec<_> = self.joining().chain(self.joining()).collect();
        if !farewells.is_empty() {
            self.out.push(Command::Beacon(farewells));
        }
    }

    /// What makes everybody leave who may still be known to the server: also those who have left
    /// once, since they would have left a second time. Who is joining comes twice: the first
    /// farewell may be faster than what the worker asked last, the second hardly ever.
    pub(crate) fn to_farewells(&self) -> Vec<Farewell> {
        let all = self.workers().filter_map(|worker| worker.farewell.clone());
        all.chain(self.joining()).collect()
    }

    /// What makes those leave who are joining.
    fn joining(&self) -> impl Iterator<Item = Farewell> {
        let joining = self.workers().filter(|worker| worker.is_joining());
        joining.filter_map(|worker| worker.farewell.clone())
    }

    fn workers(&self) -> impl Iterator<Item = &Worker> {
        let seated = self.slots.iter().filter_map(Slot::worker).chain(&self.client.worker);
        seated.chain(&self.lingering)
    }

    /// Everybody has left when the page went away, so what was running starts again.
    pub(super) fn page_restored(&mut self) {
        let (was_going, was_held) = (self.is_going(), self.wish == Wish::Pause);
        let gone = self.slots.iter_mut().filter_map(|slot| slot.stop(self.at.now_ms));
        let mut gone: Vec<Worker> = gone.collect();
        gone.append(&mut self.lingering);
        gone.extend(self.client.worker.take());
        self.refuse_calls("the page was away");
        for worker in gone {
            self.discard(worker.id);
        }
        self.wish = Wish::Stop;
        if was_going {
            self.write(Level::Info, None, "The page is back; what ran was given back.".to_owned());
            self.start(self.settings.clone());
            if was_held {
                self.wish = Wish::Pause;
            }
        }
    }
}
