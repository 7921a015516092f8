//! The line on top: what this is, and the connection.

use leptos::prelude::*;

use super::desk::{Desk, desk};
use super::kept::text;
use crate::way::Way;
use crate::words;

/// Name and connection: `● dev at localhost:50080`.
#[component]
pub(super) fn Header() -> impl IntoView {
    let desk = desk();
    let state = desk.state();
    view! {
        <header>
            <h1>"webpool"</h1>
            <p class="connection" data-tone=text(move || words::pool_tone(state.get()))>
                <span aria-hidden="true">{text(move || words::pool_glyph(state.get()))}</span>
                " "
                <strong>{text(move || place(desk))}</strong>
                " "
                <span>{text(move || words::pool_brief(state.get()))}</span>
            </p>
        </header>
    }
}

fn place(desk: Desk) -> String {
    let place = desk.place();
    match (place.colony.is_empty(), place.host.is_empty()) {
        (true, _) if place.way == Way::Invite => place.host,
        (true, _) => "no colony chosen".to_owned(),
        (false, true) => place.colony,
        (false, false) => format!("{} at {}", place.colony, place.host),
    }
}
