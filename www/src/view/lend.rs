//! The panel in which a person decides: what this is, how many workers, start and stop.

use leptos::prelude::*;

use super::controls::Controls;
use super::desk::desk;
use super::kept::text;
use super::status::Status;
use super::totals::Totals;
use super::worker_count::WorkerCount;

/// Everything that one decision needs.
#[component]
pub(super) fn Lend() -> impl IntoView {
    let desk = desk();
    let colony = text(move || match desk.place().colony {
        colony if colony.is_empty() => "a colony".to_owned(),
        colony => colony,
    });
    view! {
        <section class="panel lend" aria-labelledby="lend-title">
            <h2 id="lend-title">"Lend some of this computer to " <em>{colony}</em></h2>
            <p class="quiet">
                "A " <dfn>"colony"</dfn> " is a group of computers that share work. Each worker here
                joins it as an " <dfn>"executor"</dfn> ": it takes one " <dfn>"process"</dfn>
                " at a time, a function with its arguments, computes it in this tab and sends the
                result back."
            </p>
            <WorkerCount/>
            <Controls/>
            <Status/>
            <Totals/>
        </section>
    }
}
