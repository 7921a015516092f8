//! What each slot does: up to 16 as lanes, more as a grid with one lane under it.

use leptos::prelude::*;

use super::cell::cell;
use super::desk::desk;
use super::kept::{Row, kept, rows};
use super::lane::lane;

/// The most slots that are shown as lanes.
const LANES: usize = 16;

/// All slots.
#[component]
pub(super) fn Lanes() -> impl IntoView {
    let desk = desk();
    let count = kept(move || desk.snapshot.with(|now| now.slots.len()));
    let is_grid = kept(move || count.get() > LANES);
    let picked = RwSignal::new(0_usize);
    let looked_at = kept(move || picked.get().min(count.get().saturating_sub(1)));
    let slots = move || {
        let is_grid = is_grid.get();
        let row = |slot| {
            if is_grid {
                Row::new(format!("cell {slot}"), move || cell(desk, slot, picked, looked_at))
            } else {
                Row::new(format!("lane {slot}"), move || lane(desk, slot, false))
            }
        };
        (0..count.get()).map(row).collect()
    };
    let copy = move || {
        let slot = looked_at.get();
        let row = || Row::new(slot.to_string(), move || lane(desk, slot, true));
        is_grid.get().then(row).into_iter().collect()
    };
    view! {
        <section class="panel lanes" aria-labelledby="lanes-title">
            <h2 id="lanes-title">"Now"</h2>
            <p class="quiet" hidden=kept(move || count.get() > 0)>
                "Here stands a line for each worker, with what it computes and how far it is, once
                you have started some."
            </p>
            <ol class="slots" class:grid=is_grid>{rows(slots)}</ol>
            <ol class="copy">{rows(copy)}</ol>
        </section>
    }
}
