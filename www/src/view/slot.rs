//! What lanes and cells have in common: a slot's values, and its attributes for scripts.

use leptos::prelude::*;
use webpool::snapshot::{SlotState, SlotView};

use super::desk::Desk;
use super::kept::{kept, text};
use crate::words;

/// A slot without its past, so that it changes only when its line does.
pub(super) fn face(desk: Desk, slot: usize) -> Memo<SlotView> {
    kept(move || {
        desk.snapshot.with(|now| {
            now.slots.get(slot).map_or_else(SlotView::default, |slot| SlotView {
                executor_name: slot.executor_name.clone(),
                executor_id: slot.executor_id.clone(),
                function: slot.function.clone(),
                process_id: slot.process_id.clone(),
                reason: slot.reason.clone(),
                blocks: Vec::new(),
                ..*slot
            })
        })
    })
}

/// The words about a slot, which count seconds while it is offline.
pub(super) fn wording(desk: Desk, face: Memo<SlotView>) -> Memo<String> {
    text(move || {
        let counts = face.with(|slot| slot.state == SlotState::Offline);
        let now_ms = if counts { desk.now_ms.get() } else { 0.0 };
        face.with(|slot| words::slot(slot, now_ms))
    })
}

/// How far the running process is, for a bar that is drawn in full and scaled.
pub(super) fn scale(face: Memo<SlotView>) -> Memo<String> {
    text(move || format!("scaleX({:.3})", face.with(|slot| slot.progress)))
}

/// The sign of a slot's state.
pub(super) fn glyph(face: Memo<SlotView>) -> Memo<String> {
    text(move || face.with(|slot| words::slot_glyph(slot.state)))
}

/// The colour that goes with a slot's state.
pub(super) fn tone(face: Memo<SlotView>) -> Memo<String> {
    text(move || face.with(|slot| words::slot_tone(slot.state)))
}

/// An item of a list with the attributes of the automation contract.
pub(super) fn slot_item(
    slot: usize,
    face: Memo<SlotView>,
    class: &'static str,
    inside: AnyView,
) -> AnyView {
    let of = move |read: fn(&SlotView) -> String| text(move || face.with(read));
    view! {
        <li
            class=class
            data-slot=slot.to_string()
            data-state=of(|slot| slot.state.as_word().to_owned())
            data-executor-name=of(|slot| slot.executor_name.clone())
            data-executor-id=of(|slot| slot.executor_id.clone())
            data-function=of(|slot| slot.function.clone())
            data-progress=of(|slot| format!("{:.3}", slot.progress))
            data-succeeded=of(|slot| slot.succeeded.to_string())
            data-failed=of(|slot| slot.failed.to_string())
            data-reason=of(|slot| slot.reason.clone())
            data-retry-at=of(|slot| {
                slot.retry_at_ms.map_or_else(String::new, |at_ms| format!("{at_ms:.0}"))
            })
            data-tone=tone(face)
        >
            {inside}
        </li>
    }
    .into_any()
}
