//! What each slot does: up to 16 as lanes, more as a grid with one lane under it.

use leptos::prelude::*;

use super::cell::Cell;
use super::desk::desk;
use super::lane::Lane;

/// The most slots that are shown as lanes.
const LANES: usize = 16;

/// All slots.
#[component]
pub(super) fn Lanes() -> impl IntoView {
    let desk = desk();
    let count = Memo::new(move |_| desk.snapshot.with(|now| now.slots.len()));
    let is_grid = Memo::new(move |_| count.get() > LANES);
    let picked = RwSignal::new(0_usize);
    let looked_at = Memo::new(move |_| picked.get().min(count.get().saturating_sub(1)));
    let slots = move || 0..count.get();
    view! {
        <section class="panel lanes" aria-labelledby="lanes-title">
            <h2 id="lanes-title">"Now"</h2>
            <Show when=move || count.get() == 0>
                <p class="quiet">
                    "Here stands a line for each worker, with what it computes and how far it is,
                    once you have started some."
                </p>
            </Show>
            <Show
                when=move || is_grid.get()
                fallback=move || view! {
                    <ol class="lane-list">
                        <For each=slots key={|slot| *slot} let:slot><Lane number=slot/></For>
                    </ol>
                }
            >
                <ol class="cell-grid">
                    <For each=slots key={|slot| *slot} let:slot>
                        <Cell number=slot picked=picked looked_at=looked_at/>
                    </For>
                </ol>
                <ol class="lane-list">
                    <For each=move || [looked_at.get()] key={|slot| *slot} let:slot>
                        <Lane number=slot is_copy=true/>
                    </For>
                </ol>
            </Show>
        </section>
    }
}
