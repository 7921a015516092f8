//! One slot as a line: number, state, function, progress, time, counts and the last minute.

use leptos::prelude::*;
use webpool::snapshot::SlotView;

use super::desk::Desk;
use super::history::history;
use super::kept::{kept, text};
use super::slot::{face, glyph, scale, slot_item, tone, wording};
use crate::numbers::{grouped, percent, span};
use crate::words;

/// A line; `is_copy` if a cell stands for the slot already, so scripts find it only once.
pub(super) fn lane(desk: Desk, slot: usize, is_copy: bool) -> AnyView {
    let face = face(desk, slot);
    let inside = line(desk, slot, face);
    if is_copy {
        let tone = tone(face);
        view! { <li class="lane" data-tone=tone>{inside}</li> }.into_any()
    } else {
        slot_item(slot, face, "lane", inside)
    }
}

fn line(desk: Desk, slot: usize, face: Memo<SlotView>) -> AnyView {
    let is_idle = kept(move || face.with(|slot| slot.process_id.is_empty()));
    let time = text(move || match face.with(|slot| slot.running_since_ms) {
        Some(since_ms) => span(desk.now_ms.get() - since_ms),
        None => String::new(),
    });
    let share =
        text(
            move || {
                if is_idle.get() { String::new() } else { percent(face.with(|slot| slot.progress)) }
            },
        );
    // What all of them suffer from is said once, for the pool.
    let reason = text(move || {
        let is_alone = desk.snapshot.with(|now| now.error.is_none());
        if is_alone { face.with(words::slot_reason) } else { String::new() }
    });
    view! {
        <b class="number">{slot.saturating_add(1).to_string()}</b>
        <span class="glyph" aria-hidden="true">{glyph(face)}</span>
        <span class="words" title=text(move || face.with(|slot| slot.executor_name.clone()))>
            {wording(desk, face)}
        </span>
        <span class="progress" class:empty=is_idle aria-hidden="true">
            <i style:transform=scale(face)></i>
        </span>
        <span class="percent">{share}</span>
        <span class="time">{time}</span>
        <span class="counts">{text(move || face.with(counts))}</span>
        {history(desk, slot)}
        <span class="reason">{reason}</span>
    }
    .into_any()
}

fn counts(slot: &SlotView) -> String {
    match slot.failed {
        0 => format!("{} done", grouped(slot.succeeded)),
        failed => format!("{} done, {} failed", grouped(slot.succeeded), grouped(failed)),
    }
}
