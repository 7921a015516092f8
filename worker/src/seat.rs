//! What this worker was started as, and what it hears.
//!
//! Everything that happens outside comes in as one [`Heard`], in the order it happened.

use std::rc::Rc;

use webpool_colony::PrivateKey;
use webpool_executor::{Client, ClientSettings, Machine, Reply, RequestId, Settings};
use webpool_handle::Event as HandleEvent;
use webpool_wire::{Ended, Farewell, FromCompute, FromExecutor, Role, Start, ToExecutor, Trouble};

use crate::client::ClientSeat;
use crate::compute::Source;
use crate::permit;
use crate::run::ExecutorSeat;
use crate::words::{capabilities, seed};

/// What happens around a machine.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A request came to an end.
    Replied(RequestId, Reply),
    /// The timer with this number went off.
    Woke(u32),
    /// The lock of the wish with this number was granted.
    Permit(u32),
    /// The browser does not allow locks here.
    LocksRefused,
    /// The compute worker with this number said something.
    Compute(u32, HandleEvent<FromCompute>),
    /// Something happened to a followed process.
    Hint(String),
    /// A process cannot be followed any more.
    FollowEnded(String),
}

/// The ways out of a seat.
#[derive(Clone)]
pub(crate) struct Ways {
    /// Where the server takes requests.
    pub(crate) server_url: String,
    /// To ourselves, later.
    pub(crate) hear: Rc<dyn Fn(Heard)>,
    /// To the page.
    pub(crate) tell: Rc<dyn Fn(FromExecutor)>,
}

impl Ways {
    /// Where requests are posted.
    pub(crate) fn api(&self) -> String {
        format!("{}/api", self.server_url)
    }

    /// Gives the page what makes us leave; joining begins when it says that it has it.
    fn hand_over(&self, farewell: &str) {
        let farewell = Farewell { url: self.api(), body: farewell.to_owned() };
        (self.tell)(FromExecutor::Farewell(farewell));
    }
}

/// An executor or a client.
pub(crate) enum Seat {
    /// Runs processes.
    Executor(Box<ExecutorSeat>),
    /// Submits processes.
    Client(Box<ClientSeat>),
}

impl Seat {
    /// Takes its place; none if the page's settings cannot work, which the page is told.
    pub(crate) fn take(
        start: Start,
        source: Option<Source>,
        hear: Rc<dyn Fn(Heard)>,
        tell: &Rc<dyn Fn(FromExecutor)>,
    ) -> Option<Self> {
        let fail = |trouble, reason| tell(FromExecutor::Ended(Ended::Failed { trouble, reason }));
        let owner_key = match PrivateKey::from_hex(start.join.colony_key.expose()) {
            Ok(key) => key,
            Err(error) => {
                fail(Trouble::BadKey, error.to_string());
                return None;
            }
        };
        let ways = Ways { server_url: start.join.server_url.clone(), hear, tell: Rc::clone(tell) };
        match (start.role, source) {
            (Role::Client, _) => Some(Self::client(start, owner_key, ways)),
            (Role::Executor, Some(source)) => Some(Self::executor(start, owner_key, ways, source)),
            (Role::Executor, None) => {
                fail(Trouble::NotLoaded, "the page sent no compute module".to_owned());
                None
            }
        }
    }

    fn executor(start: Start, owner_key: PrivateKey, ways: Ways, source: Source) -> Self {
        let key = PrivateKey::generate();
        let seed = seed(&key);
        let permits = permit::Source::new(start.has_locks, &ways.server_url, start.slot);
        let settings = Settings {
            capabilities: capabilities(&start),
            colony: start.join.colony,
            name: start.join.executor_name,
            executor_type: start.join.executor_type,
            slot: start.slot,
            slots: start.slots,
            key,
            owner_key,
        };
        let machine = Machine::new(settings, seed);
        ways.hand_over(machine.farewell());
        Self::Executor(Box::new(ExecutorSeat::new(machine, ways, source, permits)))
    }

    fn client(start: Start, owner_key: PrivateKey, ways: Ways) -> Self {
        let key = PrivateKey::generate();
        let seed = seed(&key);
        let settings = ClientSettings {
            colony: start.join.colony,
            name: start.join.executor_name,
            key,
            owner_key,
        };
        let client = Client::new(settings, seed);
        ways.hand_over(client.farewell());
        Self::Client(Box::new(ClientSeat::new(client, ways)))
    }

    /// Something happened outside.
    pub(crate) fn hear(&mut self, heard: Heard) {
        match self {
            Self::Executor(seat) => seat.hear(heard),
            Self::Client(seat) => seat.hear(heard),
        }
    }

    /// The page says something.
    pub(crate) fn obey(&mut self, message: ToExecutor) {
        match self {
            Self::Executor(seat) => seat.obey(&message),
            Self::Client(seat) => seat.obey(message),
        }
    }
}
