//! Page and executor worker.
//!
//! The page says [`ToExecutor::Start`] once, is given a [`Farewell`], and says [`ToExecutor::Join`]
//! once it has that in its hands. An executor says what it does ([`Activity`]), what came
//! of each process ([`FromExecutor::Closed`]) and, as its last word, why it ended ([`Ended`]). A
//! client worker is the same module in another role: it submits [`Call`]s for the page.

use serde::{Deserialize, Serialize};

use crate::compute::FunctionInfo;
use crate::link::RefusalCode;
use crate::reload::Reload;
use crate::secret::Secret;

/// Page to executor worker.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum ToExecutor {
    /// The first message: whom to join, and as what.
    Start(Box<Start>),
    /// The page has the farewell: join and begin.
    Join,
    /// Take no new process; hold the running one at its next breath.
    Pause,
    /// Go on after [`ToExecutor::Pause`].
    Resume,
    /// Take no new process; end the running one, deliver what is pending, then leave.
    Finish,
    /// Give the running process back and leave at once.
    Stop,
    /// Let go of everything and do nothing more: the page ends the worker soon.
    End,
    /// The pool has this many slots now: polls are made shorter or longer.
    Slots {
        /// 1..=64.
        slots: u32,
    },
    /// Say [`FromExecutor::Alive`]: nothing was heard for a while.
    Ask,
    /// The right to long-poll that was asked for with [`FromExecutor::PermitWanted`].
    PermitGranted,
    /// Client: submit this.
    Submit {
        /// Chosen by the page; everything said about the call carries it.
        ticket: u32,
        /// What to run.
        call: Call,
    },
    /// Client: call the submitted process off.
    Cancel {
        /// Of the submission.
        ticket: u32,
    },
}

/// What a worker is started with.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Start {
    /// Executor or client.
    pub role: Role,
    /// Whom to join.
    pub join: Join,
    /// The seat in the pool, from 0.
    pub slot: u32,
    /// How many slots the pool has, 1..=64.
    pub slots: u32,
    /// Whether Web Locks can be used for the right to poll; without them the page hands it out.
    pub has_locks: bool,
    /// Logical processors, if the browser says.
    pub cores: Option<u32>,
    /// Memory in GiB, as coarse as the browser says it.
    pub memory_gib: Option<f64>,
    /// The platform, in the browser's words.
    pub platform: String,
    /// What becomes of a function that only another build may know.
    pub reload: Reload,
}

/// What an executor worker is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Role {
    /// Runs processes.
    Executor,
    /// Submits processes as a user of the colony.
    Client,
}

/// A colony and the right to join it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Join {
    /// Such as `http://localhost:50080`; without a slash at the end.
    pub server_url: String,
    /// Name of the colony.
    pub colony: String,
    /// What executor names begin with; slot and id are appended.
    pub executor_name: String,
    /// What processes are matched against.
    pub executor_type: String,
    /// By what right, and so by which way.
    pub access: Access,
    /// After so long without a request for work the server takes an executor off, in s; none if that
    /// is not known.
    pub stale_after_s: Option<u32>,
}

/// The right to join a colony.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Access {
    /// http: the colony owner's private key signs the joining, and is forgotten once joined.
    Key(Secret),
    /// link: the server is a gateway, which knows whom to let in.
    Link(Pass),
}

/// What a gateway is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Pass {
    /// The secret of an invite; empty where none is needed.
    pub invite: Secret,
    /// 32 hex digits: one page load and its reloads.
    pub visit: Secret,
}

/// A function call to be submitted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Call {
    /// Name of the function.
    pub function: String,
    /// Arguments: the text of a JSON array.
    pub args_json: String,
    /// Named arguments: the text of a JSON object.
    pub kwargs_json: String,
    /// Which executors may take it.
    pub executor_type: String,
    /// Longest time for one attempt, in s; -1 is without limit.
    pub max_exec_s: i32,
}

/// Executor worker to page.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum FromExecutor {
    /// What makes it leave once the server knows it. The page posts it when the tab goes away; the
    /// server is asked for nothing before the page has it.
    Farewell(Farewell),
    /// The server knows this executor (or this client as a user) now.
    Joined {
        /// 64 hex digits.
        id: String,
        /// Unique in the colony.
        name: String,
    },
    /// What the executor does from now on.
    Activity(Activity),
    /// How far the running process is.
    Progress {
        /// 0..=1.
        fraction: f64,
    },
    /// How many finished results the server has not accepted yet.
    Pending {
        /// Number of results.
        results: u32,
    },
    /// A process came to an end here.
    Closed {
        /// The process.
        process_id: String,
        /// Its function.
        function: String,
        /// How it ended.
        outcome: Outcome,
        /// Time in this executor, from assignment to result, in ms.
        elapsed_ms: f64,
    },
    /// Something a person should be able to read later.
    Note {
        /// How much it matters.
        level: Level,
        /// One sentence.
        text: String,
    },
    /// The functions of this build, once the compute worker has said them.
    Offers {
        /// In the order of the registry.
        functions: Vec<FunctionInfo>,
    },
    /// The server has another build of the page than this one.
    OtherBuild {
        /// Which.
        build: String,
    },
    /// Answers [`ToExecutor::Ask`].
    Alive,
    /// Asks for the right to long-poll (only without Web Locks).
    PermitWanted,
    /// Gives the right to long-poll back, or withdraws the question.
    PermitReturned,
    /// The last word.
    Ended(Ended),
    /// Client: where a submission stands.
    Call {
        /// Of the submission.
        ticket: u32,
        /// Empty until the server has accepted it.
        process_id: String,
        /// Where it stands.
        state: CallState,
    },
}

/// A signed request, ready to be posted as `text/plain`.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Farewell {
    /// Where to.
    pub url: String,
    /// The body.
    pub body: String,
}

impl std::fmt::Debug for Farewell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Farewell")
    }
}

/// What an executor does.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum Activity {
    /// Asking the server to be let in.
    Joining,
    /// Waiting for work.
    Idle,
    /// Computing.
    Running {
        /// The process.
        process_id: String,
        /// Its function.
        function: String,
        /// Time left until its deadline, in ms; none without limit.
        deadline_in_ms: Option<f64>,
    },
    /// Takes nothing new; what runs is held.
    Paused,
    /// The server cannot be reached.
    Offline {
        /// What the browser or the server said.
        reason: String,
        /// Time until the next attempt, in ms.
        retry_in_ms: f64,
    },
    /// Ends what runs and delivers what is pending, then leaves.
    Finishing,
    /// Has left the colony; its worker may live on a little, to leave again (see [`Ended`]).
    Stopped,
}

/// How a process ended here.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum Outcome {
    /// The server has accepted the output.
    Succeeded,
    /// The server has accepted the failure.
    Failed {
        /// Why.
        reason: String,
    },
    /// It was called off at the server.
    Cancelled,
    /// Its time was up; the server hands it on or fails it.
    Expired,
    /// The result was not wanted (any more).
    Discarded {
        /// Why.
        reason: String,
    },
    /// The result was sent, but what the server did with it was never heard.
    Unheard {
        /// Why.
        reason: String,
    },
    /// Given back unfinished.
    GivenBack,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Level {
    /// For the record.
    Info,
    /// Worth a look.
    Warning,
    /// Something did not work.
    Error,
}

/// Why an executor ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Ended {
    /// It was told to, and has left the colony.
    Left,
    /// The server knows it no longer: a fresh one may join.
    Lost {
        /// The server's sentence.
        reason: String,
    },
    /// The gateway has taken it off the colony, and nothing of it is left there: a fresh one may
    /// ask to be let in.
    Dismissed {
        /// The gateway's sentence.
        reason: String,
    },
    /// It was given a function that it does not have and another build may: it has given that back
    /// and left, and the page is to be loaded anew (see [`Reload`]).
    Stale {
        /// The build that the server has.
        build: String,
    },
    /// It cannot work, and neither could another one with the same settings.
    Failed {
        /// What stands in the way.
        trouble: Trouble,
        /// The server's sentence, or ours.
        reason: String,
    },
}

/// What can stand in the way; the code is stable (`data-error` on the page).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Trouble {
    /// The server cannot be reached.
    Unreachable,
    /// The browser forbids to reach it (mixed content, local network).
    Forbidden,
    /// The server refuses the key.
    Refused,
    /// The server does not know the colony.
    NoColony,
    /// The key is no private key.
    BadKey,
    /// A worker crashed again and again.
    Crashed,
    /// Page and worker are of different builds.
    Outdated,
    /// A module could not be loaded.
    NotLoaded,
    /// The gateway does not let us in.
    Barred(RefusalCode),
}

impl Trouble {
    /// The stable code.
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Forbidden => "forbidden",
            Self::Refused => "refused",
            Self::NoColony => "no-colony",
            Self::BadKey => "bad-key",
            Self::Crashed => "crashed",
            Self::Outdated => "outdated",
            Self::NotLoaded => "not-loaded",
            Self::Barred(code) => code.as_code(),
        }
    }
}

/// Where a submission stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum CallState {
    /// Accepted by the server; nobody works on it.
    Waiting,
    /// Somebody works on it.
    Running,
    /// Done.
    Success {
        /// What was put out.
        output: Vec<String>,
        /// The executor that did it.
        executor_id: String,
    },
    /// Done, in vain.
    Failed {
        /// Why.
        errors: Vec<String>,
    },
    /// Called off.
    Cancelled,
    /// Not even accepted, or lost sight of.
    Refused {
        /// Why.
        reason: String,
    },
}
