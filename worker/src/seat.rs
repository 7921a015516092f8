//! What this worker was started as, and what it hears.
//!
//! Everything that happens outside comes in as one [`Heard`], in the order it happened.

use std::rc::Rc;

use webpool_colony::PrivateKey;
use webpool_colony::key::KeyError;
use webpool_executor::{
    Client, ClientSettings, Link, LinkSettings, Machine, Reply, RequestId, Settings,
};
use webpool_handle::Event as HandleEvent;
use webpool_wire::link::{LinkRole, RefusalCode, Welcome};
use webpool_wire::{
    Access, BUILD, Ended, Farewell, FromCompute, FromExecutor, Role, Start, ToExecutor, Trouble,
};

use crate::carrier::Carrier;
use crate::client::ClientSeat;
use crate::compute::Source;
use crate::link::SocketEvent;
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
    /// The link's socket with this number said something.
    Socket(u32, SocketEvent),
    /// The gateway has let us in.
    Welcomed(Welcome),
    /// The gateway will not let us in.
    Barred(RefusalCode, String),
    /// The gateway has taken us off.
    Dismissed(String),
    /// The gateway serves this other build of the page now; none: ours again.
    OtherBuild(Option<String>),
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
    fn api(&self) -> String {
        format!("{}/api", self.server_url)
    }

    /// What carries our requests.
    fn carrier(&self, start: &Start, keys: &Keys, seed: u64) -> Carrier {
        let pass = match &start.join.access {
            Access::Key(_) => return Carrier::http(&self.server_url, &self.hear),
            Access::Link(pass) => pass,
        };
        let settings = LinkSettings {
            key: keys.own.clone(),
            host: host(&self.server_url).to_owned(),
            token: pass.invite.expose().to_owned(),
            visit: pass.visit.expose().to_owned(),
            role: match start.role {
                Role::Executor => LinkRole::Executor,
                Role::Client => LinkRole::Visitor,
            },
            build: BUILD.to_owned(),
        };
        Carrier::link(&self.server_url, start.slot, Link::new(settings, seed), &self.hear)
    }

    /// Gives the page what makes us leave; joining begins when it says that it has it.
    fn hand_over(&self, farewell: &str) {
        let farewell = Farewell { url: self.api(), body: farewell.to_owned() };
        (self.tell)(FromExecutor::Farewell(farewell));
    }
}

/// Host and port of an address.
fn host(server_url: &str) -> &str {
    server_url.split_once("://").map_or(server_url, |(_, host)| host)
}

/// Who speaks, and who signs joining and leaving.
struct Keys {
    /// Made here, and never given away.
    own: PrivateKey,
    /// The colony owner's; behind a gateway, which has that one, our own.
    joining: PrivateKey,
}

impl Keys {
    fn new(access: &Access) -> Result<Self, KeyError> {
        let own = PrivateKey::generate();
        let joining = match access {
            Access::Key(key) => PrivateKey::from_hex(key.expose())?,
            Access::Link(_) => own.clone(),
        };
        Ok(Self { own, joining })
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
        let keys = match Keys::new(&start.join.access) {
            Ok(keys) => keys,
            Err(error) => {
                fail(Trouble::BadKey, error.to_string());
                return None;
            }
        };
        let ways = Ways { server_url: start.join.server_url.clone(), hear, tell: Rc::clone(tell) };
        match (start.role, source) {
            (Role::Client, _) => Some(Self::client(start, keys, ways)),
            (Role::Executor, Some(source)) => Some(Self::executor(start, keys, ways, source)),
            (Role::Executor, None) => {
                fail(Trouble::NotLoaded, "the page sent no compute module".to_owned());
                None
            }
        }
    }

    fn executor(start: Start, keys: Keys, ways: Ways, source: Source) -> Self {
        let seed = seed(&keys.own);
        let carrier = ways.carrier(&start, &keys, seed);
        let permits = match &start.join.access {
            Access::Link(_) => permit::Source::Free,
            Access::Key(_) => permit::Source::new(start.has_locks, &ways.server_url, start.slot),
        };
        let settings = Settings {
            capabilities: capabilities(&start),
            colony: start.join.colony,
            name: start.join.executor_name,
            executor_type: start.join.executor_type,
            slot: start.slot,
            slots: start.slots,
            key: keys.own,
            owner_key: keys.joining,
            reload: start.reload,
            stale_after_s: start.join.stale_after_s,
        };
        let machine = Machine::new(settings, seed);
        ways.hand_over(machine.farewell());
        Self::Executor(Box::new(ExecutorSeat::new(machine, ways, source, carrier, permits)))
    }

    fn client(start: Start, keys: Keys, ways: Ways) -> Self {
        let seed = seed(&keys.own);
        let carrier = ways.carrier(&start, &keys, seed);
        let settings = ClientSettings {
            colony: start.join.colony,
            name: start.join.executor_name,
            key: keys.own,
            owner_key: keys.joining,
        };
        let client = Client::new(settings, seed);
        ways.hand_over(client.farewell());
        Self::Client(Box::new(ClientSeat::new(client, ways, carrier)))
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
