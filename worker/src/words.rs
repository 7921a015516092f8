//! What the machines tell, in the words of the border to the page; and the other way round.

use webpool_colony::types::{Capabilities, Function, FunctionArg, Hardware, Software};
use webpool_colony::{Json, PrivateKey};
use webpool_executor as machine;
use webpool_wire as wire;

use crate::clock::to_ms;

/// What an executor does, as the page is told. `now` is the machine's time.
pub(crate) fn activity(activity: machine::Activity, now: machine::Now) -> wire::Activity {
    let until = |at: std::time::Duration| to_ms(at.saturating_sub(now.mono));
    match activity {
        machine::Activity::Joining => wire::Activity::Joining,
        machine::Activity::Idle => wire::Activity::Idle,
        machine::Activity::Running { process_id, function, deadline } => {
            wire::Activity::Running { process_id, function, deadline_in_ms: deadline.map(until) }
        }
        machine::Activity::Paused => wire::Activity::Paused,
        machine::Activity::Offline { reason, retry_at } => {
            wire::Activity::Offline { reason, retry_in_ms: until(retry_at) }
        }
        machine::Activity::Finishing => wire::Activity::Finishing,
        machine::Activity::Stopped => wire::Activity::Stopped,
    }
}

/// How a process ended.
pub(crate) fn outcome(outcome: machine::Outcome) -> wire::Outcome {
    match outcome {
        machine::Outcome::Succeeded => wire::Outcome::Succeeded,
        machine::Outcome::Failed(reason) => wire::Outcome::Failed { reason },
        machine::Outcome::Cancelled => wire::Outcome::Cancelled,
        machine::Outcome::Expired => wire::Outcome::Expired,
        machine::Outcome::Discarded(reason) => wire::Outcome::Discarded { reason },
        machine::Outcome::Unheard(reason) => wire::Outcome::Unheard { reason },
        machine::Outcome::GivenBack => wire::Outcome::GivenBack,
    }
}

/// What stands in the way.
pub(crate) fn trouble(trouble: machine::Trouble) -> wire::Trouble {
    match trouble {
        machine::Trouble::Refused => wire::Trouble::Refused,
        machine::Trouble::NoColony => wire::Trouble::NoColony,
        machine::Trouble::Crashed => wire::Trouble::Crashed,
        machine::Trouble::Outdated => wire::Trouble::Outdated,
        machine::Trouble::Barred(code) => wire::Trouble::Barred(code),
    }
}

/// Why an executor ended.
pub(crate) fn ended(ended: machine::Ended) -> wire::Ended {
    match ended {
        machine::Ended::Left => wire::Ended::Left,
        machine::Ended::Lost(reason) => wire::Ended::Lost { reason },
        machine::Ended::Dismissed(reason) => wire::Ended::Dismissed { reason },
        machine::Ended::Stale(build) => wire::Ended::Stale { build },
        machine::Ended::Failed(what, reason) => {
            wire::Ended::Failed { trouble: trouble(what), reason }
        }
    }
}

/// Where a submission stands.
pub(crate) fn call_state(state: machine::CallState) -> wire::CallState {
    match state {
        machine::CallState::Waiting => wire::CallState::Waiting,
        machine::CallState::Running => wire::CallState::Running,
        machine::CallState::Success { output, executor_id } => {
            wire::CallState::Success { output, executor_id }
        }
        machine::CallState::Failed { errors } => wire::CallState::Failed { errors },
        machine::CallState::Cancelled => wire::CallState::Cancelled,
        machine::CallState::Refused { reason } => wire::CallState::Refused { reason },
    }
}

/// A function on offer, as it is registered at the server.
pub(crate) fn function(info: &wire::FunctionInfo) -> Function {
    let args = info.params.iter().map(|param| FunctionArg {
        name: param.name.clone(),
        kind: param.kind.clone(),
        description: param.description.clone(),
        required: param.required,
        allowed: Vec::new(),
    });
    Function {
        funcname: info.name.clone(),
        description: info.description.clone(),
        args: args.collect(),
        ..Function::default()
    }
}

/// Hardware and software, as far as a browser tells.
pub(crate) fn capabilities(start: &wire::Start) -> Json {
    let hardware = Hardware {
        nodes: 1,
        cores: start.cores.and_then(|cores| i32::try_from(cores).ok()).unwrap_or_default(),
        mem: start.memory_gib.map(|gib| format!("{gib}Gi")).unwrap_or_default(),
        platform: start.platform.clone(),
        architecture: "wasm32".to_owned(),
        ..Hardware::default()
    };
    let software = Software {
        name: "webpool".to_owned(),
        software_type: "executor".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let capabilities = Capabilities { hardware: vec![hardware], software: vec![software] };
    Json::from_value(&capabilities)
}

/// A seed that differs from worker to worker.
pub(crate) fn seed(key: &PrivateKey) -> u64 {
    let id = key.id();
    let digits = id.as_str().get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default()
}
