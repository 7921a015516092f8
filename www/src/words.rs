//! What the page says about every state: what is happening, why, and what comes next.
//!
//! Plain sentences in the second person, present tense. The server's own sentence stands
//! after ours. Times are ms of the page's clock.

mod calls;

use webpool::snapshot::{PoolState, SlotState, SlotView, Snapshot};
use webpool_wire::link::RefusalCode;
use webpool_wire::{Level, Trouble};

pub use calls::{call, call_text, call_word, is_closed};

use crate::numbers::{counted, grouped, left};

/// Where the pool works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the colony, empty while nobody has said it.
    pub colony: String,
    /// Host and port of the server, empty while nobody has said it.
    pub host: String,
}

impl Place {
    /// Takes the colony's name and the server's address as they stand in the form.
    pub fn new(colony: &str, server_url: &str) -> Self {
        let url = server_url.trim();
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        let host = host.trim_end_matches('/').trim_end_matches("/api");
        Self { colony: colony.trim().to_owned(), host: host.to_owned() }
    }

    fn colony(&self) -> &str {
        if self.colony.is_empty() { "the colony" } else { &self.colony }
    }

    fn host(&self) -> &str {
        if self.host.is_empty() { "the server" } else { &self.host }
    }
}

/// Says what the pool as a whole does; `had_run` is whether it was started before.
pub fn pool(snapshot: &Snapshot, place: &Place, had_run: bool, now_ms: f64) -> String {
    match snapshot.state {
        PoolState::Stopped => {
            blame(snapshot, place).unwrap_or_else(|| stopped(snapshot.given_back, had_run))
        }
        PoolState::Starting => {
            let slots = u32::try_from(snapshot.slots.len()).unwrap_or(u32::MAX);
            let workers = counted(slots, "worker", "workers");
            format!("Starting {workers} and joining {}.", place.colony())
        }
        PoolState::Running => running(snapshot, place),
        PoolState::Paused => "Paused by you. What runs is held and nothing new is taken, until \
                              you resume."
            .to_owned(),
        PoolState::Finishing => match busy(snapshot) {
            0 => "Delivering the last results, then stopping.".to_owned(),
            busy => format!("Finishing {}, then stopping.", processes(busy)),
        },
        PoolState::Offline => offline(snapshot, place, now_ms),
        PoolState::Failed => blame(snapshot, place).unwrap_or_else(|| {
            "No worker can work. The activity log says why; start again.".to_owned()
        }),
    }
}

/// Says what stands in the way, in our words and the server's, and what to do.
fn blame(snapshot: &Snapshot, place: &Place) -> Option<String> {
    let error = snapshot.error.as_ref()?;
    let (what, then) = advice(error.trouble, place);
    let reason = error.sentence.trim().trim_end_matches('.');
    Some(format!("{what}: {reason}. {then}"))
}

/// What a trouble means and what to do about it.
fn advice(trouble: Trouble, place: &Place) -> (String, &'static str) {
    let host = place.host();
    match trouble {
        Trouble::Unreachable => {
            (format!("Cannot reach {host}"), "Check the server URL and start again.")
        }
        Trouble::Forbidden => (
            format!("The browser does not let this page reach {host}"),
            "Change the server URL and start again.",
        ),
        Trouble::Refused => (
            "The colony refused this key".to_owned(),
            "Check the colony private key and start again.",
        ),
        Trouble::NoColony => (
            format!("There is no colony {} at {host}", place.colony),
            "Check its name and start again.",
        ),
        Trouble::BadKey => (
            "The colony private key is no key".to_owned(),
            "It has to be 64 hexadecimal digits. Check it and start again.",
        ),
        Trouble::Crashed => {
            ("The workers crashed again and again".to_owned(), "Reload this page and start again.")
        }
        Trouble::Outdated => {
            ("This page and its workers are of different versions".to_owned(), "Reload this page.")
        }
        Trouble::NotLoaded => (
            "The workers cannot be loaded".to_owned(),
            "Start again; this page needs a current Chromium, Firefox or Safari.",
        ),
        Trouble::Barred(code) => (format!("{host} does not let this page in"), barred(code)),
    }
}

/// What to do about it when a gateway does not let the page in.
const fn barred(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::NoInvite
        | RefusalCode::UnknownInvite
        | RefusalCode::RevokedInvite
        | RefusalCode::ExpiredInvite
        | RefusalCode::UsedUpInvite => "Ask whoever runs the colony for a fresh link.",
        RefusalCode::TooMany | RefusalCode::TooFast | RefusalCode::Unavailable => {
            "Start again in a while."
        }
        RefusalCode::TooOld | RefusalCode::BadHello => "Reload this page and start again.",
        RefusalCode::NameTaken => "Choose another executor name and start again.",
        RefusalCode::NoVisitors => "Submit with a client of your own.",
    }
}

fn stopped(given_back: u32, had_run: bool) -> String {
    match (had_run, given_back) {
        (false, _) => "Nothing runs yet. Choose how many workers, then start.".to_owned(),
        (true, 0) => "Stopped. Nothing runs, and nothing was left unfinished.".to_owned(),
        (true, 1) => "Stopped. 1 unfinished process was given back to the colony.".to_owned(),
        (true, many) => {
            format!("Stopped. {} were given back to the colony.", unfinished(many))
        }
    }
}

fn running(snapshot: &Snapshot, place: &Place) -> String {
    match busy(snapshot) {
        0 => "Waiting for work. The colony has none for this page right now; that is normal."
            .to_owned(),
        busy => format!("Computing {} for {}.", processes(busy), place.colony()),
    }
}

fn offline(snapshot: &Snapshot, place: &Place, now_ms: f64) -> String {
    let next_ms = snapshot.slots.iter().filter_map(|slot| slot.retry_at_ms).reduce(f64::min);
    let next = next_ms.map(|next_ms| format!("Trying again in {}.", left(next_ms - now_ms)));
    let kept = match snapshot.pending {
        0 => None,
        1 => Some("1 finished result is kept until then.".to_owned()),
        many => Some(format!("{} finished results are kept until then.", grouped(many))),
    };
    let mut reasons = snapshot.slots.iter().map(|slot| slot.reason.trim());
    let reason = reasons.find(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!("The reason: {}.", reason.trim_end_matches('.')));
    let cannot = format!("Cannot reach {}.", place.host());
    let parts = [Some(cannot), next, kept, reason];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The state of the pool in one short phrase, for the header and for screen readers.
pub fn pool_brief(state: PoolState) -> &'static str {
    match state {
        PoolState::Stopped => "not running",
        PoolState::Starting => "joining",
        PoolState::Running => "connected",
        PoolState::Paused => "paused",
        PoolState::Finishing => "finishing",
        PoolState::Offline => "offline",
        PoolState::Failed => "failed",
    }
}

/// The sign that stands for a pool's state, beside the words.
pub fn pool_glyph(state: PoolState) -> &'static str {
    match state {
        PoolState::Stopped => "○",
        PoolState::Starting => "◌",
        PoolState::Running | PoolState::Finishing => "●",
        PoolState::Paused => "‖",
        PoolState::Offline => "△",
        PoolState::Failed => "✕",
    }
}

/// The colour that goes with a pool's state: a name of `style.css`.
pub fn pool_tone(state: PoolState) -> &'static str {
    match state {
        PoolState::Stopped | PoolState::Starting | PoolState::Paused => "wait",
        PoolState::Running | PoolState::Finishing => "act",
        PoolState::Offline => "warn",
        PoolState::Failed => "bad",
    }
}

/// The colour that goes with a slot's state: a name of `style.css`.
pub fn slot_tone(state: SlotState) -> &'static str {
    match state {
        SlotState::Starting
        | SlotState::Joining
        | SlotState::Idle
        | SlotState::Paused
        | SlotState::Stopped => "wait",
        SlotState::Running | SlotState::Finishing => "act",
        SlotState::Offline => "warn",
        SlotState::Failed => "bad",
    }
}

/// The sign that stands for a slot's state, beside the words.
pub fn slot_glyph(state: SlotState) -> &'static str {
    match state {
        SlotState::Starting | SlotState::Joining => "◌",
        SlotState::Idle => "○",
        SlotState::Running => "▶\u{fe0e}",
        SlotState::Paused => "‖",
        SlotState::Offline => "△",
        SlotState::Finishing => "▷",
        SlotState::Stopped => "■",
        SlotState::Failed => "✕",
    }
}

/// Says what a slot does; the name of the function while it computes.
pub fn slot(slot: &SlotView, now_ms: f64) -> String {
    let function = slot.function.as_str();
    match slot.state {
        SlotState::Starting => "starting".to_owned(),
        SlotState::Joining => "joining the colony".to_owned(),
        SlotState::Idle => "waiting for work".to_owned(),
        SlotState::Running => function.to_owned(),
        SlotState::Paused if function.is_empty() => "paused by you".to_owned(),
        SlotState::Paused => format!("{function}, paused"),
        SlotState::Finishing if function.is_empty() => "finishing".to_owned(),
        SlotState::Finishing => format!("{function}, its last"),
        SlotState::Offline => slot.retry_at_ms.map_or_else(
            || "offline".to_owned(),
            |retry_ms| format!("offline, again in {}", left(retry_ms - now_ms)),
        ),
        SlotState::Stopped => "stopped".to_owned(),
        SlotState::Failed => "failed".to_owned(),
    }
}

/// How much a line of the log matters: a sign and a word.
pub fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Info => ("·", "note"),
        Level::Warning => ("△", "warning"),
        Level::Error => ("✕", "error"),
    }
}

fn busy(snapshot: &Snapshot) -> u32 {
    let busy = snapshot.slots.iter().filter(|slot| !slot.process_id.is_empty()).count();
    u32::try_from(busy).unwrap_or(u32::MAX)
}

fn processes(number: u32) -> String {
    counted(number, "process", "processes")
}

fn unfinished(number: u32) -> String {
    counted(number, "unfinished process", "unfinished processes")
}

#[cfg(test)]
mod tests;
