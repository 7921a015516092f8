//! The last minute of a slot as a strip of blocks: a block a process, hollow while it waits.
//!
//! Blocks stand at a fixed place on a long axis and only the axis moves, so a tick of the
//! clock costs one style of one element. A running block reaches beyond the strip's end.

use leptos::prelude::*;

use super::desk::desk;
use crate::strip::{self, Bar, WINDOW_MS};

/// The strip.
#[component]
pub(super) fn History(number: usize) -> impl IntoView {
    let desk = desk();
    // The axis begins where the view does: small numbers stay exact.
    let origin_ms = desk.now_ms.get_untracked();
    let bars = Memo::new(move |_| {
        let now_ms = desk.now_ms.get_untracked();
        desk.snapshot.with(|now| {
            now.slots.get(number).map(|slot| strip::bars(&slot.blocks, now_ms)).unwrap_or_default()
        })
    });
    let place = move |ms: f64| format!("{:.3}%", 100.0 * (ms - origin_ms) / WINDOW_MS + 100.0);
    let shift =
        move || format!("translateX({:.3}%)", -100.0 * (desk.now_ms.get() - origin_ms) / WINDOW_MS);
    let block = move |bar: Bar| {
        let width = bar.to_ms.map_or(WINDOW_MS, |to_ms| to_ms - bar.from_ms);
        view! {
            <i
                data-hue=bar.hue
                class:failed=bar.is_failed
                style:left=place(bar.from_ms)
                style:width=format!("{:.3}%", 100.0 * width / WINDOW_MS)
            ></i>
        }
    };
    view! {
        <span class="history" aria-hidden="true">
            <span style:transform=shift>
                <For each=move || bars.get() key=Bar::key children=block/>
            </span>
        </span>
    }
}
