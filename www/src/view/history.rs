//! The last minute of a slot as a strip of blocks: a block a process, hollow while it waits.
//!
//! Blocks stand at a fixed place on a long axis and only the axis moves, so a tick of the
//! clock costs one style of one element. A running block reaches beyond the strip's end.

use leptos::prelude::*;

use super::desk::Desk;
use super::kept::{Row, kept, rows, text};
use crate::strip::{self, Bar, WINDOW_MS};

/// The strip.
pub(super) fn history(desk: Desk, slot: usize) -> impl IntoView {
    // The axis begins where the view does: small numbers stay exact.
    let origin_ms = desk.now_ms.get_untracked();
    let bars = kept(move || {
        let now_ms = desk.now_ms.get_untracked();
        desk.snapshot.with(|now| {
            now.slots.get(slot).map(|slot| strip::bars(&slot.blocks, now_ms)).unwrap_or_default()
        })
    });
    let shift = text(move || {
        format!("translateX({:.3}%)", -100.0 * (desk.now_ms.get() - origin_ms) / WINDOW_MS)
    });
    let row = move |bar: &Bar| {
        let bar = bar.clone();
        Row::new(bar.key(), move || block(&bar, origin_ms))
    };
    view! {
        <span class="history" aria-hidden="true">
            <span style:transform=shift>{rows(move || bars.with(|bars| bars.iter().map(row).collect()))}</span>
        </span>
    }
}

fn block(bar: &Bar, origin_ms: f64) -> AnyView {
    let left = 100.0 * (bar.from_ms - origin_ms) / WINDOW_MS + 100.0;
    let width = bar.to_ms.map_or(100.0, |to_ms| 100.0 * (to_ms - bar.from_ms) / WINDOW_MS);
    view! {
        <i
            class=if bar.is_failed { "failed" } else { "" }
            data-hue=bar.hue.to_string()
            style:left=format!("{left:.3}%")
            style:width=format!("{width:.3}%")
        ></i>
    }
    .into_any()
}
