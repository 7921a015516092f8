//! The allow-list: what somebody who came by link may send.
//!
//! An executor: what concerns itself, and the process it holds. A visitor: submissions, and what it
//! has submitted. Every check asks that a field says something, never that it does not: a field that
//! a server would read although it is spelled differently counts as missing here, and fails.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use webpool_colony::envelope::{Failure, ReplyEnvelope};
use webpool_colony::request::{
    AddAttribute, AddExecutor, AddFunction, AddLog, AddUser, Assign, CancelProcess, ChannelAppend,
    ChannelRead, CloseFailed, CloseSuccessful, GetLogs, GetProcess, GetProcessHist, RemoveExecutor,
    RemoveUser, Request, SetOutput, Submit, SubscribeChannel, SubscribeProcess,
};
use webpool_colony::types::Executor;
use webpool_colony::{FunctionSpec, Id, ProcessState};
use webpool_wire::link::LinkRole;

use crate::gateway::Settings;
use crate::member::Member;
use crate::reading::Letter;

/// How many processes an executor may hold at once: the one it runs, and those whose results it could
/// not deliver yet.
pub const MOST_HELD: usize = 32;

/// Who wants to be let in.
#[derive(Clone, Debug)]
pub enum Joining {
    /// An executor, as it describes itself.
    Executor(Box<Executor>),
    /// A visitor, under this name.
    Visitor {
        /// The name it wants.
        name: String,
    },
}

/// What to look for in the answer to a request that is sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It asks for work, and waits.
    Poll,
    /// It asks for work that cannot be there: a sign of life.
    Life,
    /// It ends this process.
    Close(String),
    /// It submits a process.
    Submit,
    /// It reads what it has been given.
    Recover,
    /// Nothing.
    Other,
}

/// What is to be done with a request.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Who signed it is no stranger: the server behind may decide.
    Pass,
    /// Send it on, and look at the answer.
    Forward(Meaning),
    /// Let somebody in.
    Join(Joining),
    /// Let somebody go.
    Leave,
    /// Answer with this: 403, or 400 for what cannot be read.
    Refuse {
        /// HTTP status.
        status: u16,
        /// One sentence.
        sentence: String,
    },
}

impl Verdict {
    /// A refusal in the shape of a ColonyOS server: its body.
    pub fn to_body(status: u16, sentence: &str) -> String {
        ReplyEnvelope::failure(&Failure { status, message: sentence.to_owned() }).to_body()
    }
}

/// What visitors may submit.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// The functions; none if any will do.
    pub functions: Option<BTreeSet<String>>,
    /// The executor types; none if any will do.
    pub executor_types: Option<BTreeSet<String>>,
}

/// Judges what somebody sends who has shown its key but is no member yet, or no longer.
pub(crate) fn judge_stranger(
    signer: &Id,
    role: LinkRole,
    was_member: bool,
    letter: &Letter,
) -> Verdict {
    let verdict = decide(letter, |value| match (role, letter.kind.as_str()) {
        (LinkRole::Executor, AddExecutor::TYPE) => {
            let executor = read::<AddExecutor>(value)?.executor?;
            (executor.executorid == *signer)
                .then(|| Verdict::Join(Joining::Executor(Box::new(executor))))
        }
        (LinkRole::Visitor, AddUser::TYPE) => {
            let user = read::<AddUser>(value)?.user?;
            (user.userid == *signer)
                .then(|| Verdict::Join(Joining::Visitor { name: user.name.clone() }))
        }
        // who has gone already may say so again
        (LinkRole::Executor, RemoveExecutor::TYPE) | (LinkRole::Visitor, RemoveUser::TYPE) => {
            Some(Verdict::Leave)
        }
        _ => None,
    });
    let is_refused = matches!(verdict, Verdict::Refuse { status: 403, .. });
    if is_refused && was_member { judge_former(letter) } else { verdict }
}

/// Judges what somebody sends who was a member: that it leaves it may say again.
pub(crate) fn judge_former(letter: &Letter) -> Verdict {
    if [RemoveExecutor::TYPE, RemoveUser::TYPE].contains(&letter.kind.as_str()) {
        return Verdict::Leave;
    }
    let sentence = "Access denied, who signs this has left, was away for too long, or was removed: \
                    join again";
    Verdict::Refuse { status: 403, sentence: sentence.to_owned() }
}

/// Judges what a member sends.
pub(crate) fn judge_member(member: &Member, settings: &Settings, letter: &Letter) -> Verdict {
    match member.profile.role {
        LinkRole::Executor => decide(letter, |value| as_executor(member, settings, letter, value)),
        LinkRole::Visitor => {
            let offer = settings.offer.as_ref();
            decide(letter, |value| as_visitor(member, offer, letter, value))
        }
    }
}

fn decide(letter: &Letter, judge: impl FnOnce(&Value) -> Option<Verdict>) -> Verdict {
    let value = match letter.open() {
        Ok(value) => value,
        Err(flaw) => {
            let sentence = format!("the payload can be read in more than one way: {flaw}");
            return Verdict::Refuse { status: 400, sentence };
        }
    };
    judge(&value).unwrap_or_else(|| {
        let sentence = format!(
            "Access denied, {} is not allowed here: who came by link may only use what concerns \
             itself",
            letter.kind
        );
        Verdict::Refuse { status: 403, sentence }
    })
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// Judges a request for work: nobody takes the places of others in the line, or all that there is.
fn ask_for_work(member: &Member, settings: &Settings, assign: &Assign) -> Option<Verdict> {
    if assign.colonyname != member.profile.colony {
        return None;
    }
    if assign.timeout < 0 {
        return Some(Verdict::Forward(Meaning::Life));
    }
    if let Some(most) = settings.longest_poll_s.filter(|most| assign.timeout > i64::from(*most)) {
        let asked = assign.timeout;
        let sentence = format!(
            "a request for work waits {asked} s, allowed are {most} s: it is sent on again as long \
             as it stands in line"
        );
        return Some(Verdict::Refuse { status: 400, sentence });
    }
    if member.held_count() >= MOST_HELD {
        let sentence = format!(
            "this executor holds {MOST_HELD} processes, as many as it may: close some of them first"
        );
        return Some(Verdict::Refuse { status: 429, sentence });
    }
    Some(Verdict::Forward(Meaning::Poll))
}

fn as_executor(
    member: &Member,
    settings: &Settings,
    letter: &Letter,
    value: &Value,
) -> Option<Verdict> {
    let profile = &member.profile;
    let forward =
        |is_allowed: bool, meaning: Meaning| is_allowed.then_some(Verdict::Forward(meaning));
    let other = |is_allowed: bool| forward(is_allowed, Meaning::Other);
    match letter.kind.as_str() {
        Assign::TYPE => ask_for_work(member, settings, &read::<Assign>(value)?),
        CloseSuccessful::TYPE => {
            let process = read::<CloseSuccessful>(value)?.processid;
            forward(member.holds(&process), Meaning::Close(process))
        }
        CloseFailed::TYPE => {
            let process = read::<CloseFailed>(value)?.processid;
            forward(member.holds(&process), Meaning::Close(process))
        }
        SetOutput::TYPE => other(member.holds(&read::<SetOutput>(value)?.processid)),
        AddLog::TYPE => other(member.holds(&read::<AddLog>(value)?.processid)),
        GetProcess::TYPE => other(member.knows(&read::<GetProcess>(value)?.processid)),
        AddAttribute::TYPE => {
            let attribute = read::<AddAttribute>(value)?.attribute?;
            other(member.holds(&attribute.targetid) && attribute.targetcolonyname == profile.colony)
        }
        AddFunction::TYPE => {
            let function = read::<AddFunction>(value)?.fun?;
            let is_own = function.executorname == profile.name
                && function.colonyname == profile.colony
                && function.executortype == profile.executor_type;
            other(is_own)
        }
        GetProcessHist::TYPE => {
            let asked = read::<GetProcessHist>(value)?;
            let is_own = asked.executorid == profile.id
                && asked.colonyname == profile.colony
                && asked.state == ProcessState::Running.to_code();
            forward(is_own, Meaning::Recover)
        }
        RemoveExecutor::TYPE => {
            let asked = read::<RemoveExecutor>(value)?;
            let is_own = asked.executorname == profile.name && asked.colonyname == profile.colony;
            is_own.then_some(Verdict::Leave)
        }
        AddExecutor::TYPE => {
            let executor = read::<AddExecutor>(value)?.executor?;
            (executor.executorid == profile.id)
                .then(|| Verdict::Join(Joining::Executor(Box::new(executor))))
        }
        ChannelAppend::TYPE => other(member.holds(&read::<ChannelAppend>(value)?.processid)),
        ChannelRead::TYPE => other(member.holds(&read::<ChannelRead>(value)?.processid)),
        SubscribeChannel::TYPE => other(member.holds(&read::<SubscribeChannel>(value)?.processid)),
        SubscribeProcess::TYPE => other(member.holds(&read::<SubscribeProcess>(value)?.processid)),
        _ => None,
    }
}

fn as_visitor(
    member: &Member,
    offer: Option<&Offer>,
    letter: &Letter,
    value: &Value,
) -> Option<Verdict> {
    let profile = &member.profile;
    let other = |process: &str| member.knows(process).then_some(Verdict::Forward(Meaning::Other));
    match letter.kind.as_str() {
        Submit::TYPE => {
            let spec = read::<Submit>(value)?.spec?;
            let is_allowed = offer.is_some_and(|offer| offer.admits(&spec, &profile.colony))
                && is_spelled_plainly(value.get("spec")?);
            is_allowed.then_some(Verdict::Forward(Meaning::Submit))
        }
        GetProcess::TYPE => other(&read::<GetProcess>(value)?.processid),
        CancelProcess::TYPE => other(&read::<CancelProcess>(value)?.processid),
        GetLogs::TYPE => {
            let asked = read::<GetLogs>(value)?;
            if asked.executorname.is_empty() { other(&asked.processid) } else { None }
        }
        SubscribeProcess::TYPE => other(&read::<SubscribeProcess>(value)?.processid),
        ChannelAppend::TYPE => other(&read::<ChannelAppend>(value)?.processid),
        ChannelRead::TYPE => other(&read::<ChannelRead>(value)?.processid),
        SubscribeChannel::TYPE => other(&read::<SubscribeChannel>(value)?.processid),
        AddUser::TYPE => {
            let user = read::<AddUser>(value)?.user?;
            (user.userid == profile.id)
                .then(|| Verdict::Join(Joining::Visitor { name: user.name.clone() }))
        }
        RemoveUser::TYPE => {
            let asked = read::<RemoveUser>(value)?;
            let is_own = asked.name == profile.name && asked.colonyname == profile.colony;
            is_own.then_some(Verdict::Leave)
        }
        _ => None,
    }
}

impl Offer {
    fn admits(&self, spec: &FunctionSpec, colony: &str) -> bool {
        let is_among = |names: &Option<BTreeSet<String>>, name: &str| {
            !name.is_empty() && names.as_ref().is_none_or(|names| names.contains(name))
        };
        let conditions = &spec.conditions;
        is_among(&self.functions, &spec.funcname)
            && conditions.colonyname == colony
            && is_among(&self.executor_types, &conditions.executortype)
            && spec.priority == 0
            && !spec.fs.is_wanted()
    }
}

/// Whether every field of a spec is spelled as it is read here: what is spelled differently would
/// be read by a server all the same, and was not judged.
fn is_spelled_plainly(spec: &Value) -> bool {
    const SPEC: [&str; 13] = [
        "nodename",
        "funcname",
        "args",
        "kwargs",
        "priority",
        "maxwaittime",
        "maxexectime",
        "maxretries",
        "conditions",
        "label",
        "fs",
        "env",
        "channels",
    ];
    const CONDITIONS: [&str; 13] = [
        "colonyname",
        "executornames",
        "executortype",
        "locationname",
        "dependencies",
        "nodes",
        "cpu",
        "processes",
        "processespernode",
        "mem",
        "storage",
        "gpu",
        "walltime",
    ];
    let only = |value: Option<&Value>, names: &[&str]| {
        let fields = value.and_then(Value::as_object);
        fields.is_some_and(|fields| fields.keys().all(|name| names.contains(&name.as_str())))
    };
    only(Some(spec), &SPEC) && only(spec.get("conditions"), &CONDITIONS)
}
