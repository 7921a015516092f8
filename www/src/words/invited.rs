//! What the page says to who comes by an invite, before anything begins.

use webpool_wire::invite::Invitation;

use super::Place;
use super::troubles::{barred, joined};
use crate::guest::Guest;
use crate::numbers::{MOST_WORKERS, counted};

/// What somebody agrees to who follows an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it is about.
    pub title: &'static str,
    /// What is true of it.
    pub text: String,
}

/// The terms of an invite for so many workers on so many cores; `until` is its end in the person's
/// own calendar.
pub fn terms(workers: Option<u32>, cores: u32, until: Option<&str>) -> Vec<Terms> {
    let busy = workers.map_or_else(|| "some".to_owned(), |workers| workers.min(cores).to_string());
    let costs = format!(
        "{busy} of {} while this page is open and there is work, and battery on a portable \
         computer. Almost no traffic: arguments come, results go.",
        counted(cores, "core", "cores")
    );
    let until = until.map_or_else(
        || "This invitation has no end.".to_owned(),
        |until| format!("You can join until {until}."),
    );
    vec![
        Terms {
            title: "What runs",
            text: "Only the functions below, which are part of this page, no programs from \
                   elsewhere. They compute in this tab, without access to your files or to the \
                   network."
                .to_owned(),
        },
        Terms { title: "What it costs", text: costs },
        Terms { title: "Until when", text: until },
        Terms {
            title: "What the colony learns",
            text: "The number of cores, the memory and the platform, as your browser states them, \
                   and its name for itself and your language if a function asks."
                .to_owned(),
        },
        Terms {
            title: "How to stop",
            text: "Click Stop or close the tab: unfinished work goes back to the colony at once. \
                   Nothing is installed; this browser keeps the number of workers."
                .to_owned(),
        },
    ]
}

/// Who invites, up to the colony's name.
pub fn headline(guest: &Guest) -> (String, &'static str) {
    match guest {
        Guest::Uninvited => (String::new(), "Lend some of this computer to "),
        Guest::Invited(Invitation { label, .. }) if !label.trim().is_empty() => {
            (label.trim().to_owned(), " invites you to lend some of this computer to ")
        }
        Guest::Invited(_) => (String::new(), "You are invited to lend some of this computer to "),
        Guest::Asking => (String::new(), "You are invited to "),
        Guest::Barred(..) | Guest::Unanswered(_) => (String::new(), "You were invited to "),
    }
}

/// Where somebody stands who cannot start yet, or not at all; nothing if nothing is in the way.
pub fn arrival(guest: &Guest, place: &Place) -> Option<String> {
    match guest {
        Guest::Uninvited | Guest::Invited(_) => None,
        Guest::Asking => Some(format!("Asking {} what you are invited to.", place.host())),
        Guest::Barred(code, reason) => Some(barred(*code, reason, place)),
        Guest::Unanswered(reason) => Some(joined(
            &format!("{} does not say what you are invited to", place.host()),
            reason,
            "Check your connection and try again; if that does not help, tell whoever invited you.",
        )),
    }
}

/// The colour that goes with it: a name of `style.css`.
pub const fn arrival_tone(guest: &Guest) -> &'static str {
    match guest {
        Guest::Uninvited | Guest::Asking | Guest::Invited(_) => "wait",
        Guest::Barred(code, _) if !code.is_passing() => "bad",
        Guest::Barred(..) | Guest::Unanswered(_) => "warn",
    }
}

/// The words of the button that starts so many workers.
pub fn lend(workers: Option<u32>) -> String {
    let count = |workers| format!("Lend {}", counted(workers, "core", "cores"));
    workers.map_or_else(|| "Lend some cores".to_owned(), count)
}

/// What stands beside the worker count; `most` is how many there may be.
pub fn cores(cores: u32, most: u32) -> String {
    let of = format!("of {}", counted(cores, "core", "cores"));
    if most < MOST_WORKERS { format!("{of}, {most} at most") } else { of }
}

#[cfg(test)]
mod tests;
