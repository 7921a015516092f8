//! One slot of many as a cell: number and sign; its lane is shown on hover, focus or tap.

use leptos::prelude::*;

use super::desk::Desk;
use super::kept::text;
use super::slot::{face, glyph, scale, slot_item, wording};

/// A cell; it picks itself when it is looked at.
pub(super) fn cell(
    desk: Desk,
    slot: usize,
    picked: RwSignal<usize>,
    looked_at: Memo<usize>,
) -> AnyView {
    let face = face(desk, slot);
    let words = wording(desk, face);
    let number = slot.saturating_add(1);
    let pick = move || picked.set(slot);
    let inside = view! {
        <button
            type="button"
            aria-pressed=text(move || (looked_at.get() == slot).to_string())
            aria-label=text(move || format!("worker {number}: {}", words.get()))
            on:click=move |_| pick()
            on:focus=move |_| pick()
            on:pointerenter=move |_| pick()
        >
            <b>{number.to_string()}</b>
            <span>{glyph(face)}</span>
            <i style:transform=scale(face)></i>
        </button>
    };
    slot_item(slot, face, "cell", inside.into_any())
}
