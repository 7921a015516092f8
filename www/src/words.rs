//! What the page says about every state: what is happening, why, and what comes next.
//!
//! Plain sentences in the second person, present tense. The server's own sentence stands
//! after ours. Times are ms of the page's clock.

mod calls;
mod invited;
mod signs;
mod troubles;

use webpool::snapshot::{PoolState, SlotState, SlotView, Snapshot};

pub use calls::{call, call_text, call_word, is_closed};
pub use invited::{Terms, arrival, arrival_tone, cores, headline, lend, terms};
pub use signs::{level, pool_brief, pool_glyph, pool_tone, slot_glyph, slot_tone};
pub use troubles::{barred, blame};

use crate::numbers::{counted, grouped, left};
use crate::way::Way;

/// Where the pool works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the colony, empty while nobody has said it.
    pub colony: String,
    /// Host and port of the server, empty while nobody has said it.
    pub host: String,
    /// How the page gets there.
    pub way: Way,
}

/// Says which way the settings stand for.
pub const fn way(way: Way) -> &'static str {
    match way {
        Way::Key => {
            "This page talks to the server URL directly and joins with the colony private key."
        }
        Way::Link => {
            "This page joins through the server that it came from, which lets it in: no key is \
             needed."
        }
        Way::Invite => "This page joins through the server that it came from, by your invitation.",
    }
}

impl Place {
    /// Takes the colony's name and the server's address as they stand in the form.
    pub fn new(colony: &str, server_url: &str) -> Self {
        let url = server_url.trim();
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        let host = host.trim_end_matches('/').trim_end_matches("/api");
        Self { colony: colony.trim().to_owned(), host: host.to_owned(), way: Way::Key }
    }

    /// The same, reached by this way.
    #[must_use]
    pub fn by(self, way: Way) -> Self {
        Self { way, ..self }
    }

    fn colony(&self) -> &str {
        if self.colony.is_empty() { "the colony" } else { &self.colony }
    }

    fn host(&self) -> &str {
        if self.host.is_empty() { "the server" } else { &self.host }
    }
}

/// What stands under the field for the key.
pub const fn key_hint(way: Way) -> &'static str {
    match way {
        Way::Key => "64 hexadecimal digits. Emptied once used; empty means unchanged",
        Way::Link | Way::Invite => "Only another ColonyOS server needs it: 64 hexadecimal digits",
    }
}

/// Says what the pool as a whole does; `had_run` is whether it was started before.
pub fn pool(snapshot: &Snapshot, place: &Place, had_run: bool, now_ms: f64) -> String {
    match snapshot.state {
        PoolState::Stopped | PoolState::Failed if snapshot.renewal.is_some() => {
            "Loading the newest version of this page, which then goes on.".to_owned()
        }
        PoolState::Finishing if snapshot.renewal.is_some() => renewing(busy(snapshot)),
        PoolState::Stopped => {
            blame(snapshot, place).unwrap_or_else(|| stopped(snapshot, place.way, had_run))
        }
        PoolState::Starting => {
            let slots = u32::try_from(snapshot.slots.len()).unwrap_or(u32::MAX);
            let workers = counted(slots, "worker", "workers");
            let what = format!("Starting {workers} and joining {}.", place.colony());
            with_ailing(what, snapshot, now_ms)
        }
        PoolState::Running => with_ailing(running(snapshot, place), snapshot, now_ms),
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

fn renewing(busy: u32) -> String {
    let why = "The colony needs a function that only a newer version of this page has.";
    match busy {
        0 => format!("{why} It is loaded once the last results are delivered, and goes on."),
        busy => format!("{why} It is loaded after {}, and goes on.", processes(busy)),
    }
}

fn stopped(snapshot: &Snapshot, way: Way, had_run: bool) -> String {
    match (had_run, snapshot.given_back, way) {
        (false, _, Way::Invite) => {
            "Nothing runs yet, and nothing begins before you click.".to_owned()
        }
        (false, _, Way::Key | Way::Link) => {
            "Nothing runs yet. Choose how many workers, then start.".to_owned()
        }
        (true, 0, _) => "Stopped. Nothing runs, and nothing was left unfinished.".to_owned(),
        (true, 1, _) => "Stopped. 1 unfinished process was given back to the colony.".to_owned(),
        (true, many, _) => {
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

/// Adds how many workers do not work now though others do, and when they try again.
fn with_ailing(what: String, snapshot: &Snapshot, now_ms: f64) -> String {
    let is_ailing = |slot: &&SlotView| {
        slot.retry_at_ms.is_some() || matches!(slot.state, SlotState::Offline | SlotState::Failed)
    };
    let ailing: Vec<&SlotView> = snapshot.slots.iter().filter(is_ailing).collect();
    let number = u32::try_from(ailing.len()).unwrap_or(u32::MAX);
    if number == 0 {
        return what;
    }
    let workers = counted(number, "worker", "workers");
    let (cannot, says) =
        if number == 1 { ("does", "its line says") } else { ("do", "their lines say") };
    let next_ms = ailing.iter().filter_map(|slot| slot.retry_at_ms).reduce(f64::min);
    let next = next_ms.map_or_else(
        || "Stop and start again to try once more".to_owned(),
        |next_ms| format!("The next attempt comes in {}", left(next_ms - now_ms)),
    );
    format!("{what} {workers} {cannot} not work now: {says} why. {next}.")
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

/// Says what a slot does; the name of the function while it computes.
pub fn slot(slot: &SlotView, now_ms: f64) -> String {
    let function = slot.function.as_str();
    match slot.state {
        SlotState::Starting => slot.retry_at_ms.map_or_else(
            || "starting".to_owned(),
            |retry_ms| format!("starts again in {}", left(retry_ms - now_ms)),
        ),
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

/// Says why a slot does not work, and what to do where it does not go on by itself.
pub fn slot_reason(slot: &SlotView) -> String {
    let reason = slot.reason.trim().trim_end_matches('.');
    match slot.state {
        _ if reason.is_empty() => String::new(),
        SlotState::Failed => format!("{reason}. Stop and start again to try once more."),
        SlotState::Starting => format!("the worker before ended: {reason}"),
        SlotState::Joining
        | SlotState::Idle
        | SlotState::Running
        | SlotState::Paused
        | SlotState::Offline
        | SlotState::Finishing
        | SlotState::Stopped => reason.to_owned(),
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
