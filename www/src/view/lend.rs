//! The panel in which a person decides: who asks for what, how many workers, start and stop.

use leptos::prelude::*;

use super::controls::Controls;
use super::desk::{Desk, desk};
use super::kept::{kept, text};
use super::status::Status;
use super::totals::Totals;
use super::worker_count::WorkerCount;
use crate::guest::Guest;
use crate::words;

/// Everything that one decision needs.
#[component]
pub(super) fn Lend() -> impl IntoView {
    let desk = desk();
    let colony = text(move || match desk.place().colony {
        colony if colony.is_empty() => "a colony".to_owned(),
        colony => colony,
    });
    let who = text(move || desk.guest.with(words::headline).0);
    let asks = text(move || desk.guest.with(words::headline).1);
    let is_shut = kept(move || !desk.guest.with(Guest::may_start));
    view! {
        <section class="panel lend" aria-labelledby="lend-title">
            <h2 id="lend-title"><em>{who}</em>{asks}<em>{colony}</em></h2>
            <p class="quiet">
                "A " <dfn>"colony"</dfn> " is a group of computers that share work. Each worker here
                joins it as an " <dfn>"executor"</dfn> ": it takes one " <dfn>"process"</dfn>
                " at a time, a function with its arguments, computes it in this tab and sends the
                result back."
            </p>
            <div class="count" hidden=is_shut><WorkerCount/></div>
            <Controls/>
            <Status/>
            <p class="error">{unseen(desk)}</p>
            <div class="sums"><Totals/></div>
        </section>
    }
}

/// What is wrong with what an invite says: there are no fields that could say it.
fn unseen(desk: Desk) -> Memo<String> {
    text(move || {
        let is_guest = desk.guest.with(Guest::is_guest);
        desk.form.errors.with(|errors| {
            let unseen = errors.iter().filter(|it| is_guest && it.field != "worker-count");
            unseen.map(|error| error.sentence.as_str()).collect::<Vec<_>>().join(" ")
        })
    })
}
