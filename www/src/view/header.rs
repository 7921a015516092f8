//! The line on top: what this is, and the connection.

use leptos::prelude::*;

use super::desk::desk;
use crate::words;

/// Name and connection: `● dev at localhost:50080`.
#[component]
pub(super) fn Header() -> impl IntoView {
    let desk = desk();
    let state = desk.state();
    let place = move || {
        let place = desk.place();
        match (place.colony.is_empty(), place.host.is_empty()) {
            (true, _) => "no colony chosen".to_owned(),
            (false, true) => place.colony,
            (false, false) => format!("{} at {}", place.colony, place.host),
        }
    };
    view! {
        <header>
            <h1>"webpool"</h1>
            <p class="connection" data-tone=move || words::pool_tone(state.get())>
                <span aria-hidden="true">{move || words::pool_glyph(state.get())}</span>
                " "
                <strong>{place}</strong>
                " "
                <span>{move || words::pool_brief(state.get())}</span>
            </p>
        </header>
    }
}
