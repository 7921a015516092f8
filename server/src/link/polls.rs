//! The line of those who ask for work, and their requests on the way.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::oneshot;
use webpool_colony::{Assigned, Id, reply};
use webpool_gateway::{Meaning, PollNumber, Polled, Queue, Step, Ticket};

use super::office::{Office, refuse};
use crate::backend::{Answer, Backend, Unreachable};

/// The line.
pub(super) struct Polls {
    state: Mutex<State>,
}

struct State {
    queue: Queue,
    waiting: HashMap<Ticket, Waiting>,
    /// The request of each that waits: one is enough.
    tickets: HashMap<Id, Ticket>,
    /// What is at the backend, and how it is withdrawn.
    running: HashMap<PollNumber, (Id, oneshot::Sender<()>)>,
    /// Work that came for somebody who did not wait any more, but is still here.
    late: HashMap<Id, Answer>,
}

struct Waiting {
    id: Id,
    body: Bytes,
    answer: oneshot::Sender<Answer>,
}

/// Takes a request out of the line when nobody waits for it any more.
struct Place<'a> {
    office: &'a Office,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.office.polls().withdraw(self.ticket);
    }
}

impl Polls {
    /// An empty line before `backend`.
    pub(super) fn new(backend: &Backend) -> Self {
        let state = State {
            queue: Queue::new(backend.polls()),
            waiting: HashMap::new(),
            tickets: HashMap::new(),
            running: HashMap::new(),
            late: HashMap::new(),
        };
        Self { state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is work for `id`, or there was none for long enough, or it asks again: that
    /// takes the place of this.
    ///
    /// # Cancellation
    ///
    /// The request is taken out of the line.
    pub(super) async fn wait(&self, office: &Office, id: &Id, kind: &str, body: Bytes) -> Answer {
        if let Some(answer) = self.state().late.remove(id) {
            return answer;
        }
        let ticket = office.number();
        let (answer, answered) = oneshot::channel();
        let steps = {
            let mut state = self.state();
            if let Some(earlier) = state.take_request_of(id) {
                // It may have gone.
                earlier.answer.send(nothing()).unwrap_or_default();
            }
            state.tickets.insert(id.clone(), ticket);
            state.waiting.insert(ticket, Waiting { id: id.clone(), body, answer });
            state.queue.wait(office.now(), ticket, kind)
        };
        let place = Place { office, ticket };
        self.take(office, steps);
        let answer = answered.await;
        drop(place);
        answer.unwrap_or_else(|_| nothing())
    }

    /// Does what is due.
    pub(super) fn tick(&self, office: &Office) {
        let steps = self.state().queue.tick(office.now());
        self.take(office, steps);
    }

    /// When something is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.state().queue.due()
    }

    /// Whether a request of `id` is at the backend.
    pub(super) fn has_open(&self, id: &Id) -> bool {
        self.state().running.values().any(|(asker, _)| asker == id)
    }

    /// What came too late is told to somebody who has come back otherwise.
    pub(super) fn forget_late(&self, id: &Id) {
        self.state().late.remove(id);
    }

    fn withdraw(&self, ticket: Ticket) {
        self.state().withdraw(ticket);
    }

    fn take(&self, office: &Office, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Poll { ticket, number } => self.ask(office, ticket, number),
                Step::Nothing(ticket) => {
                    if let Some(waiting) = self.state().remove(ticket) {
                        // It may have gone.
                        waiting.answer.send(nothing()).unwrap_or_default();
                    }
                }
            }
        }
    }

    /// Sends a request on.
    fn ask(&self, office: &Office, ticket: Ticket, number: PollNumber) {
        let mut state = self.state();
        let Some(waiting) = state.waiting.get(&ticket) else { return };
        let (id, body, asking) = (waiting.id.clone(), waiting.body.clone(), office.clone());
        let asker = id.clone();
        let (withdraw, withdrawn) = oneshot::channel::<()>();
        tokio::spawn(async move {
            // The other end is dropped to withdraw it.
            let withdrawn = async { withdrawn.await.unwrap_or_default() };
            let answer = asking.backend().poll(body, withdrawn).await;
            asking.polls().hear(&asking, &asker, number, answer).await;
        });
        state.running.insert(number, (id, withdraw));
    }

    /// A request has come back.
    async fn hear(
        &self,
        office: &Office,
        id: &Id,
        number: PollNumber,
        answer: Result<Option<Answer>, Unreachable>,
    ) {
        let polled = match &answer {
            Err(_) => Polled::Lost,
            Ok(None) => Polled::Nothing,
            Ok(Some(answer)) => match reply::read_assigned(answer.status, answer.body.as_bytes()) {
                Ok(Assigned::Nothing) => Polled::Nothing,
                Ok(Assigned::Process(_) | Assigned::Paused) | Err(_) => Polled::Answered,
            },
        };
        let answer = answer.ok().flatten();
        let given = answer.as_ref().and_then(|answer| office.observe(id, &Meaning::Poll, answer));
        let (steps, waiting) = {
            let mut state = self.state();
            state.running.remove(&number);
            let (ticket, steps) = state.queue.ended(office.now(), number, polled);
            let waiting = ticket.and_then(|ticket| state.remove(ticket));
            let has_work = given.is_some();
            // who has asked again meanwhile is told
            let again = || if has_work { state.take_request_of(id) } else { None };
            let waiting = waiting.or_else(again);
            (steps, waiting)
        };
        self.take(office, steps);
        let unheard = match (waiting, answer) {
            (Some(waiting), Some(answer)) => waiting.answer.send(answer).err(),
            (None, answer) => answer,
            (Some(_), None) => None,
        };
        if !office.is_member(id) {
            office.return_work(id, unheard.is_some()).await;
        } else if let Some(answer) = unheard.filter(|_| given.is_some()) {
            self.state().late.insert(id.clone(), answer);
        }
    }
}

impl State {
    /// Takes the request of `id` out of the line, if one waits.
    fn take_request_of(&mut self, id: &Id) -> Option<Waiting> {
        let ticket = *self.tickets.get(id)?;
        self.withdraw(ticket)
    }

    /// Takes a request out of the line. What is at the backend for it ends by itself, and says what it
    /// was given until then.
    fn withdraw(&mut self, ticket: Ticket) -> Option<Waiting> {
        let number = self.queue.withdraw(ticket);
        let running = number.and_then(|number| self.running.get_mut(&number));
        if let Some((_, withdraw)) = running {
            drop(std::mem::replace(withdraw, oneshot::channel().0));
        }
        self.remove(ticket)
    }

    /// Forgets a request that has left the line.
    fn remove(&mut self, ticket: Ticket) -> Option<Waiting> {
        let waiting = self.waiting.remove(&ticket)?;
        if self.tickets.get(&waiting.id) == Some(&ticket) {
            self.tickets.remove(&waiting.id);
        }
        Some(waiting)
    }
}

/// What is said when there is no work.
fn nothing() -> Answer {
    refuse(404, "No process available for assignment")
}
