//! The buttons: start, pause, finish, stop; one of them is the primary one. Where an invite is no
//! use one other button stands for them, or none.
//!
//! A button that makes no sense now is hidden. The focus goes on to the primary button when
//! the button that had it goes away.

use leptos::prelude::*;
use webpool::snapshot::PoolState;

use super::browser;
use super::desk::{Desk, desk};
use super::kept::{kept, text};
use crate::guest::{Guest, Remedy};
use crate::words;

/// A button: what it is called, what it does in five words, when it is of use.
#[derive(Clone, Copy)]
struct Offer {
    id: &'static str,
    label: &'static str,
    says: &'static str,
    press: fn(Desk),
    is_primary: fn(PoolState) -> bool,
    is_shown: fn(PoolState) -> bool,
}

const START: Offer = Offer {
    id: "start",
    label: "Start",
    says: "Joins and waits for work.",
    press: Desk::start,
    is_primary: |_| true,
    is_shown: is_over,
};

const FINISH: Offer = Offer {
    id: "finish",
    label: "Finish",
    says: "Ends what runs, then stops.",
    press: Desk::finish,
    is_primary: |state| state != PoolState::Paused,
    is_shown: is_on,
};

const PAUSE: Offer = Offer {
    id: "pause",
    label: "Pause",
    says: "Holds everything until you resume.",
    press: Desk::pause_or_resume,
    is_primary: |state| state == PoolState::Paused,
    is_shown: is_on,
};

const STOP: Offer = Offer {
    id: "stop",
    label: "Stop",
    says: "Gives unfinished work back now.",
    press: Desk::stop,
    is_primary: |state| state == PoolState::Finishing,
    is_shown: |state| !is_over(state),
};

/// Words of the button `pause` while the pool is paused.
const RESUME: (&str, &str) = ("Resume", "Goes on where it stopped.");

/// The four buttons.
#[component]
pub(super) fn Controls() -> impl IntoView {
    let desk = desk();
    let state = desk.state();
    let buttons = [START, FINISH, PAUSE, STOP].map(|offer| button(desk, state, offer));
    keep_focus(state);
    let is_empty =
        kept(move || desk.guest.with(|guest| !guest.may_start() && guest.remedy().is_none()));
    view! {
        <div class="controls" role="group" aria-label="Start and stop" hidden=is_empty>
            {buttons.into_iter().collect_view()}
            {remedy(desk)}
        </div>
    }
}

/// What can be done about an invite that is no use.
fn remedy(desk: Desk) -> impl IntoView {
    let remedy = kept(move || desk.guest.with(Guest::remedy));
    let words = move || remedy.get().map(Remedy::as_words).unwrap_or_default();
    view! {
        <div class="control primary" hidden=kept(move || remedy.get().is_none())>
            <button
                type="button"
                id="mend"
                aria-describedby="mend-says"
                on:click=move |_| desk.mend()
            >
                {text(move || words().0)}
            </button>
            <small id="mend-says">{text(move || words().1)}</small>
        </div>
    }
}

/// One button and the words under it.
fn button(desk: Desk, state: Memo<PoolState>, offer: Offer) -> impl IntoView {
    let says_id = format!("{}-says", offer.id);
    let worded = move || match (offer.id, state.get()) {
        ("pause", PoolState::Paused) => RESUME,
        _ => (offer.label, offer.says),
    };
    let label = text(move || match offer.id {
        "start" if desk.guest.with(Guest::is_guest) => words::lend(desk.form.count().ok()),
        _ => worded().0.to_owned(),
    });
    let is_shown = kept(move || (offer.is_shown)(state.get()) && desk.guest.with(Guest::may_start));
    view! {
        <div
            class="control"
            hidden=kept(move || !is_shown.get())
            class:primary=kept(move || (offer.is_primary)(state.get()))
        >
            <button
                type="button"
                id=offer.id
                aria-describedby=says_id.clone()
                on:click=move |_| (offer.press)(desk)
            >
                {label}
            </button>
            <small id=says_id.clone()>{text(move || worded().1)}</small>
        </div>
    }
}

/// Whether there is nothing to finish or stop.
fn is_over(state: PoolState) -> bool {
    match state {
        PoolState::Stopped | PoolState::Failed => true,
        PoolState::Starting
        | PoolState::Running
        | PoolState::Paused
        | PoolState::Finishing
        | PoolState::Offline => false,
    }
}

/// Whether there is something to pause and to finish.
fn is_on(state: PoolState) -> bool {
    !is_over(state) && state != PoolState::Finishing
}

/// Moves the focus on when its button is hidden.
fn keep_focus(state: Memo<PoolState>) {
    Effect::new(move |_| {
        let primary = match state.get() {
            state if is_over(state) => START.id,
            state if is_on(state) => FINISH.id,
            _ => STOP.id,
        };
        let focused = browser::focused_id().unwrap_or_default();
        let is_ours = [START.id, FINISH.id, PAUSE.id, STOP.id].contains(&focused.as_str());
        if is_ours && browser::is_hidden(&focused) {
            browser::focus(primary);
        }
    });
}
