//! What happens to an executor, and what it wants done.
//!
//! Every set is closed. Bodies are complete HTTP bodies, already signed; replies are what came back,
//! unread.

use std::time::Duration;

use webpool_colony::reply::{self, MAX_REPLY_BYTES};
use webpool_colony::types::Function;
use webpool_colony::{Error, Id};
use webpool_wire::link::RefusalCode;

use crate::requests::RequestId;

/// What came back for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A status and a body.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body, unread.
        body: Vec<u8>,
    },
    /// More than [`MAX_REPLY_BYTES`] came back; the rest was not read.
    TooLong {
        /// The beginning of the body: [`reply::HEAD_BYTES`] are enough.
        head: Vec<u8>,
        /// How much came before it was given up, in bytes.
        size_bytes: u64,
    },
    /// Nothing came back.
    Lost {
        /// The carrier's text.
        reason: String,
    },
}

impl Reply {
    /// A reply that has come in full.
    pub fn new(status: u16, mut body: Vec<u8>) -> Self {
        let size_bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if size_bytes > MAX_REPLY_BYTES {
            body.truncate(reply::HEAD_BYTES);
            return Self::TooLong { head: body, size_bytes };
        }
        Self::Answered { status, body }
    }

    /// Reads the reply with `read`, if there is one.
    ///
    /// # Errors
    ///
    /// What `read` says; [`Error::TooLarge`], [`Error::Unreachable`] if nothing came back.
    pub fn read_with<T>(
        &self,
        read: impl FnOnce(u16, &[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (status, body) = match self {
            Self::Answered { status, body } => (*status, body),
            Self::TooLong { size_bytes, .. } => return Err(too_large(*size_bytes)),
            Self::Lost { reason } => {
                return Err(Error::Unreachable { reason: reason.clone() });
            }
        };
        let size_bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if size_bytes > MAX_REPLY_BYTES { Err(too_large(size_bytes)) } else { read(status, body) }
    }

    /// The first process in it, even if it is too long to be read.
    pub fn first_process_id(&self) -> Option<String> {
        match self {
            Self::Answered { body: head, .. } | Self::TooLong { head, .. } => {
                reply::first_process_id(head)
            }
            Self::Lost { .. } => None,
        }
    }
}

fn too_large(size_bytes: u64) -> Error {
    Error::TooLarge { size_bytes, limit_bytes: MAX_REPLY_BYTES }
}

/// What happens to an executor.
#[derive(Clone, Debug)]
pub enum Event {
    /// Begin: join.
    Start,
    /// A request came to an end.
    Replied {
        /// Which.
        id: RequestId,
        /// With what.
        reply: Reply,
    },
    /// The time asked for with [`Command::WakeAt`] has come.
    Woke,
    /// The right to long-poll was granted.
    Permit,
    /// The compute worker can run; these are its functions.
    ComputeReady {
        /// Names, descriptions and arguments; the rest is filled in here.
        functions: Vec<Function>,
    },
    /// The running function is so far.
    Progress {
        /// Number of the run.
        run: u32,
        /// 0..=1.
        fraction: f64,
    },
    /// The running function wrote a line.
    Logged {
        /// Number of the run.
        run: u32,
        /// The line.
        message: String,
    },
    /// The run ended well.
    Computed {
        /// Number of the run.
        run: u32,
        /// What the process puts out.
        output: Vec<String>,
    },
    /// The run ended with a reason.
    Refused {
        /// Number of the run.
        run: u32,
        /// One sentence.
        reason: String,
    },
    /// The compute worker is dead.
    ComputeCrashed {
        /// Its last words.
        text: String,
    },
    /// The compute worker is of another build, and has ended; a fresh one would be too.
    ComputeOutdated {
        /// Which builds they are.
        text: String,
    },
    /// Something happened to a followed process.
    Hint {
        /// Which.
        process_id: String,
    },
    /// A process cannot be followed any more.
    FollowEnded {
        /// Which.
        process_id: String,
    },
    /// Take nothing new; hold what runs.
    Pause,
    /// Go on.
    Resume,
    /// End what runs, deliver, leave.
    Finish,
    /// Give back and leave.
    Stop,
    /// The gateway has let us in, or in again (see [`crate::link`]).
    Linked {
        /// The process it believes we hold.
        holds: Option<String>,
        /// How long its requests for work are, in s.
        poll_s: u32,
        /// After so long without one the server takes us off, in s; none if it does not know.
        stale_after_s: Option<u32>,
    },
    /// The gateway will not let us in: its reason, and its sentence.
    Barred {
        /// Which reason.
        code: RefusalCode,
        /// One sentence.
        reason: String,
    },
    /// The gateway has taken us off.
    Dismissed {
        /// One sentence.
        reason: String,
    },
    /// The gateway serves another build of the page now, or ours again.
    OtherBuild {
        /// Which; none if it is ours.
        build: Option<String>,
    },
    /// The pool has another size now.
    Slots {
        /// 1..=64.
        slots: u32,
    },
}

/// What an executor wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Post this and bring the reply back as [`Event::Replied`].
    Send {
        /// Its number.
        id: RequestId,
        /// The body.
        body: String,
        /// After this the reply counts as lost.
        timeout: Duration,
    },
    /// Nobody waits for this request any more: end it.
    Abort {
        /// Which.
        id: RequestId,
    },
    /// Send [`Event::Woke`] at this `mono` time (replaces an earlier wish).
    WakeAt(Duration),
    /// Bring the right to long-poll.
    WantPermit,
    /// Give the right, or the wish for it, back.
    ReturnPermit,
    /// Start a compute worker, killing the present one.
    RestartCompute,
    /// Kill the compute worker.
    StopCompute,
    /// Run a function.
    Compute {
        /// Number of the run.
        run: u32,
        /// Its name.
        function: String,
        /// Arguments: any JSON.
        args_json: String,
        /// Named arguments: any JSON.
        kwargs_json: String,
    },
    /// Hold the run at its next breath.
    HoldCompute,
    /// Let the run go on.
    ContinueCompute,
    /// Tell when something happens to this process ([`Event::Hint`]).
    Follow {
        /// Which.
        process_id: String,
        /// The signed subscription, for a socket of its own.
        body: String,
    },
    /// No need to follow any more.
    Unfollow {
        /// Which.
        process_id: String,
    },
    /// Tell whom this executor works for.
    Report(Report),
}

/// What an executor tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The server knows it now.
    Joined {
        /// Its id.
        id: Id,
        /// Its name.
        name: String,
    },
    /// What it does from now on.
    Activity(Activity),
    /// How far the running process is, 0..=1.
    Progress(f64),
    /// How many results the server has not accepted yet.
    Pending(usize),
    /// A process came to an end here.
    Closed {
        /// The process.
        process_id: String,
        /// Its function.
        function: String,
        /// How.
        outcome: Outcome,
        /// From assignment to result.
        elapsed: Duration,
    },
    /// A warning a person should be able to read later.
    Warning(String),
    /// The last word.
    Ended(Ended),
}

/// What an executor does.
#[derive(Clone, Debug, PartialEq)]
pub enum Activity {
    /// Asks to be let in.
    Joining,
    /// Waits for work.
    Idle,
    /// Computes.
    Running {
        /// The process.
        process_id: String,
        /// Its function.
        function: String,
        /// When it is killed, on the `mono` clock.
        deadline: Option<Duration>,
    },
    /// Is held.
    Paused,
    /// Cannot reach the server.
    Offline {
        /// Why.
        reason: String,
        /// When it tries again, on the `mono` clock.
        retry_at: Duration,
    },
    /// Ends what runs, then leaves.
    Finishing,
    /// Has left.
    Stopped,
}

/// How a process ended here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server has the output.
    Succeeded,
    /// The server has the failure.
    Failed(String),
    /// It was called off.
    Cancelled,
    /// Its time was up.
    Expired,
    /// The result was not wanted.
    Discarded(String),
    /// The result was sent, but what the server did with it was never heard, for that reason.
    Unheard(String),
    /// Given back unfinished.
    GivenBack,
}

/// Why an executor ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Left,
    /// The server knows it no longer.
    Lost(String),
    /// The gateway has taken it off.
    Dismissed(String),
    /// It has given back a function that it does not have and this other build may.
    Stale(String),
    /// It cannot work.
    Failed(Trouble, String),
}

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server refuses the key.
    Refused,
    /// The server does not know the colony.
    NoColony,
    /// Compute workers crash again and again.
    Crashed,
    /// Executor and compute worker are of different builds.
    Outdated,
    /// The gateway does not let us in.
    Barred(RefusalCode),
}
