//! What leaves the broker once the transaction under way is durable.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use webpool_colony::Id;

use crate::broker::{Answer, Event, Respond, Sink};
use crate::error::{Error, Refusal};
use crate::store::again;
use crate::ticket::Ticket;

/// Where the answer to a request goes.
pub(crate) struct Reply {
    pub(crate) ticket: Arc<Ticket>,
    pub(crate) respond: Respond,
}

impl Reply {
    /// Says that nothing was stored.
    pub(crate) fn fail(self, error: &rusqlite::Error) {
        if self.ticket.answer() {
            (self.respond)(Refusal::from(error).to_answer());
        }
    }
}

/// A process that was given to an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) colony: String,
    pub(crate) executorid: Id,
    pub(crate) processid: String,
}

/// Something that leaves.
pub(crate) enum Delivery {
    /// The answer to a request.
    Answer {
        reply: Reply,
        answer: Answer,
        /// The process it hands over, if it does.
        given: Option<Given>,
    },
    /// An event of a subscription.
    Event(Rc<Sink>, Event),
    /// The answer to a seeding.
    Seeded(Sender<Result<(), Error>>, Result<(), Error>),
}

impl Delivery {
    /// How long the answer or the frame is, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            Self::Answer { answer, .. } => answer.body.len(),
            Self::Event(_, Event::Frame(frame)) => frame.len(),
            Self::Event(_, Event::Over | Event::Close) | Self::Seeded(..) => 0,
        }
    }

    /// Delivers what is durable. Returns the process whose receiver has gone meanwhile.
    pub(crate) fn deliver(self) -> Option<Given> {
        match self {
            Self::Answer { reply, answer, given } => {
                if reply.ticket.answer() {
                    (reply.respond)(answer);
                    return None;
                }
                return given;
            }
            Self::Event(sink, event) => sink(event),
            Self::Seeded(done, result) => drop(done.send(result)),
        }
        None
    }

    /// Says that nothing was stored. A subscription that misses something ends.
    pub(crate) fn fail(self, error: &rusqlite::Error) {
        match self {
            Self::Answer { reply, .. } => reply.fail(error),
            // Who follows something must not miss an event unawares.
            Self::Event(sink, Event::Frame(_) | Event::Over | Event::Close) => sink(Event::Close),
            Self::Seeded(done, _) => drop(done.send(Err(again(error).into()))),
        }
    }
}
