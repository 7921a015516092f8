//! Submissions and the client worker.

use webpool_wire::{Call, CallState, Level, ToExecutor};

use super::{Command, Pool};
use crate::settings::Settings;
use crate::worker::{Parting, Seat, WorkerId};

impl Pool {
    pub(super) fn submit(&mut self, ticket: u32, call: Call, settings: Settings) {
        self.key = settings.colony_key.clone();
        if !self.client.settings.is_same_colony(&settings) {
            self.retire_client();
            self.client.settings = settings;
        }
        self.client.queue(ticket, call, self.at.now_ms);
        let worker = self.client.worker.as_ref().filter(|worker| worker.is_joined());
        if let Some(id) = worker.map(|worker| worker.id) {
            self.submit_queued(id);
        }
    }

    /// Sends the client away: the next call is for another colony.
    fn retire_client(&mut self) {
        self.refuse_calls("the settings were changed before it came to an end");
        let Some(mut worker) = self.client.worker.take() else { return };
        let (id, parting) = (worker.id, worker.stop(self.at.now_ms));
        if parting != Parting::Drop {
            self.lingering.push(worker);
        }
        self.part(id, parting);
    }

    /// Hands over all calls that waited for the client to join.
    pub(super) fn submit_queued(&mut self, id: WorkerId) {
        if self.client.worker.as_ref().is_none_or(|worker| worker.id != id) {
            return;
        }
        for (ticket, call) in self.client.take_queue() {
            self.out.push(Command::Send(id, ToExecutor::Submit { ticket, call }));
        }
    }

    pub(super) fn cancel_call(&mut self, ticket: u32) {
        if self.client.unqueue(ticket) {
            self.note_call(ticket, String::new(), CallState::Cancelled);
        } else if self.client.open_tickets().contains(&ticket)
            && let Some(worker) = &self.client.worker
        {
            self.out.push(Command::Send(worker.id, ToExecutor::Cancel { ticket }));
        }
    }

    /// Where a call stands, in the words of the client that sits in the seat now.
    pub(super) fn hear_call(
        &mut self,
        id: WorkerId,
        ticket: u32,
        process_id: String,
        state: CallState,
    ) {
        if id.seat == Seat::Client && self.client.worker.as_ref().is_some_and(|w| w.id == id) {
            self.note_call(ticket, process_id, state);
        }
    }

    /// Nobody follows the open calls any more.
    pub(super) fn refuse_calls(&mut self, reason: &str) {
        drop(self.client.take_queue());
        for ticket in self.client.open_tickets() {
            let state = CallState::Refused { reason: reason.to_owned() };
            self.note_call(ticket, String::new(), state);
        }
    }

    fn note_call(&mut self, ticket: u32, process_id: String, state: CallState) {
        let Some(state) = self.client.note(ticket, process_id, state) else { return };
        if let CallState::Refused { reason } = &*state {
            self.write(Level::Error, None, format!("A submission was refused: {reason}"));
        }
        self.out.push(Command::Settled { ticket, state });
    }

    /// What a worker was started with.
    pub(super) fn settings_of(&self, id: WorkerId) -> &Settings {
        match id.seat {
            Seat::Slot(_) => &self.settings,
            Seat::Client => &self.client.settings,
        }
    }
}
