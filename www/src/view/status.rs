//! What the pool does, in a sentence; a short one is read out when the state changes.

use leptos::prelude::*;

use super::desk::desk;
use super::kept::text;
use crate::words;

/// The sentence about the pool's state.
#[component]
pub(super) fn Status() -> impl IntoView {
    let desk = desk();
    let state = desk.state();
    let sentence = text(move || {
        let (place, had_run, now_ms) = (desk.place(), desk.had_run.get(), desk.now_ms.get());
        desk.snapshot.with(|now| words::pool(now, &place, had_run, now_ms))
    });
    view! {
        <p class="status" data-tone=text(move || words::pool_tone(state.get()))>{sentence}</p>
        // The sentence counts seconds and processes; only a change of state is worth reading out.
        <p class="heard" role="status">{text(move || words::pool_brief(state.get()))}</p>
    }
}
