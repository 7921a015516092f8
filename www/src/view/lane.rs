//! One slot as a line: number, state, function, progress, time, counts and the last minute.

use leptos::prelude::*;
use webpool::snapshot::{SlotState, SlotView};

use super::desk::{Desk, desk};
use super::history::History;
use crate::numbers::{grouped, percent, span};
use crate::words;

/// A slot without its past, so that it changes only when its line does.
pub(super) fn face(desk: Desk, number: usize) -> Memo<SlotView> {
    Memo::new(move |_| {
        desk.snapshot.with(|now| {
            now.slots.get(number).map_or_else(SlotView::default, |slot| SlotView {
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
    Memo::new(move |_| {
        let counts = face.with(|slot| slot.state == SlotState::Offline);
        let now_ms = if counts { desk.now_ms.get() } else { 0.0 };
        face.with(|slot| words::slot(slot, now_ms))
    })
}

/// A line; a copy of a cell carries nothing for scripts.
#[component]
pub(super) fn Lane(number: usize, #[prop(optional)] is_copy: bool) -> impl IntoView {
    let desk = desk();
    let face = face(desk, number);
    let of = move |read: fn(&SlotView) -> String| {
        let text = Memo::new(move |_| face.with(read));
        move || (!is_copy).then(|| text.get())
    };
    let is_busy = Memo::new(move |_| face.with(|slot| !slot.process_id.is_empty()));
    // What all of them suffer from is said once, for the pool.
    let is_alone = Memo::new(move |_| desk.snapshot.with(|now| now.error.is_none()));
    view! {
        <li
            class="lane"
            data-slot=(!is_copy).then(|| number.to_string())
            data-state=of(|slot| slot.state.as_word().to_owned())
            data-executor-name=of(|slot| slot.executor_name.clone())
            data-executor-id=of(|slot| slot.executor_id.clone())
            data-function=of(|slot| slot.function.clone())
            data-progress=of(|slot| format!("{:.3}", slot.progress))
            data-succeeded=of(|slot| slot.succeeded.to_string())
            data-failed=of(|slot| slot.failed.to_string())
            data-tone=move || face.with(|slot| words::slot_tone(slot.state))
            title=move || face.with(|slot| slot.executor_name.clone())
        >
            <b class="number">{number.saturating_add(1)}</b>
            <span class="glyph" aria-hidden="true">
                {move || face.with(|slot| words::slot_glyph(slot.state))}
            </span>
            <span class="words">{wording(desk, face)}</span>
            <Progress face=face is_busy=is_busy/>
            <span class="counts">{move || face.with(counts)}</span>
            <History number=number/>
            <Show when=move || is_alone.get() && face.with(|slot| !slot.reason.is_empty())>
                <span class="reason">{move || face.with(|slot| slot.reason.clone())}</span>
            </Show>
        </li>
    }
}

/// How far the running process is, and for how long it runs.
#[component]
fn Progress(face: Memo<SlotView>, is_busy: Memo<bool>) -> impl IntoView {
    let desk = desk();
    let share = Memo::new(move |_| face.with(|slot| slot.progress));
    let time = Memo::new(move |_| match face.with(|slot| slot.running_since_ms) {
        Some(since_ms) => span(desk.now_ms.get() - since_ms),
        None => String::new(),
    });
    let text = move || if is_busy.get() { percent(share.get()) } else { String::new() };
    view! {
        <span class="progress" class:empty=move || !is_busy.get() aria-hidden="true">
            <i style:transform=move || format!("scaleX({:.3})", share.get())></i>
        </span>
        <span class="percent">{text}</span>
        <span class="time">{time}</span>
    }
}

fn counts(slot: &SlotView) -> String {
    match slot.failed {
        0 => format!("{} done", grouped(slot.succeeded)),
        failed => format!("{} done, {} failed", grouped(slot.succeeded), grouped(failed)),
    }
}
