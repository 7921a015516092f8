//! What the pool does, in a sentence; a short one is read out when the state changes.

use leptos::prelude::*;

use super::desk::desk;
use super::kept::text;
use crate::guest::Guest;
use crate::words;

/// The sentence about the pool's state.
#[component]
pub(super) fn Status() -> impl IntoView {
    let desk = desk();
    let state = desk.state();
    let sentence = text(move || {
        let (place, had_run, now_ms) = (desk.place(), desk.had_run.get(), desk.now_ms.get());
        let arrival = desk.guest.with(|guest| words::arrival(guest, &place));
        arrival
            .unwrap_or_else(|| desk.snapshot.with(|now| words::pool(now, &place, had_run, now_ms)))
    });
    let tone = text(move || {
        let may_start = desk.guest.with(Guest::may_start);
        if may_start { words::pool_tone(state.get()) } else { desk.guest.with(words::arrival_tone) }
    });
    let brief = text(move || {
        let is_open = desk.guest.with(Guest::may_start);
        if is_open { words::pool_brief(state.get()).to_owned() } else { sentence.get() }
    });
    view! {
        <p class="status" data-tone=tone>{sentence}</p>
        // The sentence counts seconds and processes; only a change of state is worth reading out.
        <p class="heard" role="status">{brief}</p>
    }
}
