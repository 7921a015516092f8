//! What the page says when something stands in the way: what it is, the server's own words, and
//! what to do.

use webpool::snapshot::Snapshot;
use webpool_wire::Trouble;
use webpool_wire::link::RefusalCode;

use super::Place;
use crate::way::Way;

/// Says what stands in the way of the pool, if anything does.
pub fn blame(snapshot: &Snapshot, place: &Place) -> Option<String> {
    let error = snapshot.error.as_ref()?;
    let (what, then) = advice(error.trouble, place);
    Some(joined(&what, &error.sentence, then))
}

/// Says why a gateway does not let the page in; `reason` is its own sentence.
pub fn barred(code: RefusalCode, reason: &str, place: &Place) -> String {
    let (what, then) = refusal(code, place);
    joined(&what, reason, then)
}

/// What it is, what was said about it, what to do.
pub(super) fn joined(what: &str, reason: &str, then: &str) -> String {
    match reason.trim().trim_end_matches('.') {
        "" => format!("{what}. {then}"),
        reason => format!("{what}: {reason}. {then}"),
    }
}

/// What a trouble means and what to do about it.
fn advice(trouble: Trouble, place: &Place) -> (String, &'static str) {
    let host = place.host();
    match trouble {
        Trouble::Unreachable => (format!("Cannot reach {host}"), check_address(place.way)),
        Trouble::Forbidden => (
            format!("The browser does not let this page reach {host}"),
            "Change the server URL and start again.",
        ),
        Trouble::Refused => refused(place),
        Trouble::NoColony => no_colony(place),
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
        Trouble::Barred(code) => refusal(code, place),
    }
}

const fn check_address(way: Way) -> &'static str {
    match way {
        Way::Key => "Check the server URL and start again.",
        Way::Link | Way::Invite => "Check your connection and start again.",
    }
}

fn refused(place: &Place) -> (String, &'static str) {
    match place.way {
        Way::Key => (
            "The colony refused this key".to_owned(),
            "Check the colony private key and start again.",
        ),
        Way::Link | Way::Invite => (
            format!("{} refused what this page asked for", place.host()),
            "Start again; if that does not help, tell whoever runs it.",
        ),
    }
}

fn no_colony(place: &Place) -> (String, &'static str) {
    let what = format!("There is no colony {} at {}", place.colony, place.host());
    match place.way {
        Way::Key | Way::Link => (what, "Check its name and start again."),
        Way::Invite => (what, "Ask whoever invited you."),
    }
}

/// Why a gateway does not let the page in, and what to do about it.
fn refusal(code: RefusalCode, place: &Place) -> (String, &'static str) {
    let host = place.host();
    let what = match code {
        RefusalCode::BadHello => format!("This page could not prove to {host} who it is"),
        RefusalCode::NoInvite => format!("{host} lets in only who was invited"),
        RefusalCode::UnknownInvite => format!("{host} does not know this invitation"),
        RefusalCode::RevokedInvite => "This invitation was withdrawn".to_owned(),
        RefusalCode::ExpiredInvite => "This invitation has expired".to_owned(),
        RefusalCode::UsedUpInvite => "This invitation was used as often as it may be".to_owned(),
        RefusalCode::TooMany => format!("{host} has as many workers as may come this way"),
        RefusalCode::TooFast => format!("{host} was asked too often"),
        RefusalCode::NameTaken => {
            "Another executor has the name that this page asked for".to_owned()
        }
        RefusalCode::TooOld => format!("This page is too old for {host}"),
        RefusalCode::NoVisitors => format!("{host} takes no work from visitors"),
        RefusalCode::Unavailable => format!("{host} cannot let anybody in at the moment"),
    };
    (what, remedy(code, place.way))
}

/// What to do when a gateway does not let the page in.
const fn remedy(code: RefusalCode, way: Way) -> &'static str {
    match code {
        RefusalCode::BadHello => {
            "Reload it. If that does not help, something on the way changes what it says."
        }
        RefusalCode::NoInvite => "Open the whole link that you were sent; it has #invite= in it.",
        RefusalCode::UnknownInvite => "Open the whole link that you were sent, or ask for another.",
        RefusalCode::RevokedInvite | RefusalCode::ExpiredInvite | RefusalCode::UsedUpInvite => {
            "Ask whoever invited you for another link."
        }
        RefusalCode::TooMany => "Try again in a while, or with fewer workers.",
        RefusalCode::TooFast => "Wait a minute, then try again.",
        RefusalCode::NameTaken => match way {
            Way::Key | Way::Link => "Choose another executor name and start again.",
            Way::Invite => "Start again: every start takes other names.",
        },
        RefusalCode::TooOld => "Reload it to get the present one.",
        RefusalCode::NoVisitors => "Submit it as a user of the colony, with a client of your own.",
        RefusalCode::Unavailable => "Try again in a while.",
    }
}

#[cfg(test)]
mod tests;
