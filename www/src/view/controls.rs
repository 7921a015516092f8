//! The buttons: start, pause, finish, stop; one of them is the primary one.
//!
//! A button that makes no sense now is hidden. The focus goes on to the primary button when
//! the button that had it goes away.

use leptos::prelude::*;
use webpool::snapshot::PoolState;

use super::browser;
use super::desk::{Desk, desk};
use super::kept::{kept, text};

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
    view! {
        <div class="controls" role="group" aria-label="Start and stop">
            {buttons.into_iter().collect_view()}
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
    view! {
        <div
            class="control"
            hidden=kept(move || !(offer.is_shown)(state.get()))
            class:primary=kept(move || (offer.is_primary)(state.get()))
        >
            <button
                type="button"
                id=offer.id
                aria-describedby=says_id.clone()
                on:click=move |_| (offer.press)(desk)
            >
                {text(move || worded().0)}
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
