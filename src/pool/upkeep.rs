//! What is looked at after every event: empty seats, overdue workers, slots that vanish, the alarm.

use webpool_wire::Level;

use super::{Command, Modules, Pool, slot_at};
use crate::slot::Slot;
use crate::words;
use crate::worker::{Seat, Worker, WorkerId};

impl Pool {
    /// Seats a worker wherever one is missing, once there are modules to make it from.
    pub(super) fn fill(&mut self) {
        let (is_going, now_ms) = (self.is_going(), self.at.now_ms);
        let is_free = |slot: &Slot| is_going && !slot.is_leaving && slot.is_vacant(now_ms);
        let numbers = (0_u32..).zip(&self.slots).filter(|(_, slot)| is_free(slot));
        let mut seats: Vec<Seat> = numbers.map(|(number, _)| Seat::Slot(number)).collect();
        seats.extend(self.client.is_missing().then_some(Seat::Client));
        match self.modules {
            Modules::Loaded => seats.into_iter().for_each(|seat| self.spawn(seat)),
            Modules::Absent if !seats.is_empty() => {
                self.modules = Modules::Loading;
                self.out.push(Command::LoadModules);
            }
            Modules::Absent | Modules::Loading => {}
        }
    }

    fn spawn(&mut self, seat: Seat) {
        self.generations += 1;
        let id = WorkerId { seat, generation: self.generations };
        let worker = Worker::new(id, self.run, self.at.now_ms);
        match seat {
            Seat::Slot(number) => {
                if let Some(slot) = slot_at(&mut self.slots, number) {
                    slot.seat(worker);
                }
            }
            Seat::Client => self.client.worker = Some(worker),
        }
        self.out.push(Command::Spawn(id));
    }

    /// Gives up workers that did not end in time.
    pub(super) fn drop_overdue(&mut self) {
        let now_ms = self.at.now_ms;
        let is_overdue = |worker: &Worker| worker.drop_at_ms.is_some_and(|at_ms| at_ms <= now_ms);
        let mut overdue = Vec::new();
        for slot in &mut self.slots {
            if slot.worker().is_some_and(is_overdue) {
                overdue.extend(slot.stop(now_ms));
            }
        }
        overdue.extend(self.lingering.extract_if(.., |worker| is_overdue(worker)));
        for worker in overdue {
            self.bury(&worker);
        }
    }

    /// Ends a worker that is out of its seat; whatever the server still thinks of it is put right.
    pub(super) fn bury(&mut self, worker: &Worker) {
        if let Some(work) = &worker.work {
            self.write(Level::Info, worker.id.slot(), words::given_back(&work.function));
            if worker.run == self.run {
                self.totals.given_back += 1;
            }
        }
        if let Some(farewell) = worker.farewell() {
            self.out.push(Command::Beacon(vec![farewell.clone()]));
        }
        self.discard(worker.id);
    }

    /// Ends a worker that has nothing left at the server.
    pub(super) fn discard(&mut self, id: WorkerId) {
        self.out.push(Command::Drop(id));
        let granted = self.permits.give_back(id);
        self.grant(granted);
    }

    /// Takes slots away that the pool no longer has, once they are over.
    pub(super) fn trim(&mut self) {
        while let Some(mut slot) = self.slots.pop_if(|slot| slot.is_leaving && slot.is_over()) {
            self.lingering.extend(slot.stop(self.at.now_ms));
        }
    }

    pub(super) fn set_alarm(&mut self) {
        let slots = self.slots.iter().filter_map(Slot::due_ms);
        let due = slots.chain(self.lingering.iter().filter_map(|worker| worker.drop_at_ms));
        let next = due.reduce(f64::min);
        if let Some(at_ms) = next
            && self.wake_at_ms != next
        {
            self.out.push(Command::WakeAt { at_ms });
        }
        self.wake_at_ms = next;
    }
}
