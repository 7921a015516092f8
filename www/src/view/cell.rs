//! One slot of many as a cell: number and sign; its lane is shown on hover, focus or tap.

use leptos::prelude::*;
use webpool::snapshot::SlotView;

use super::desk::desk;
use super::lane::{face, wording};
use crate::words;

/// A cell.
#[component]
pub(super) fn Cell(
    number: usize,
    picked: RwSignal<usize>,
    looked_at: Memo<usize>,
) -> impl IntoView {
    let desk = desk();
    let face = face(desk, number);
    let words = wording(desk, face);
    let of = move |read: fn(&SlotView) -> String| Memo::new(move |_| face.with(read));
    let pick = move || picked.set(number);
    view! {
        <li
            class="cell"
            data-slot=number
            data-state=of(|slot| slot.state.as_word().to_owned())
            data-executor-name=of(|slot| slot.executor_name.clone())
            data-executor-id=of(|slot| slot.executor_id.clone())
            data-function=of(|slot| slot.function.clone())
            data-progress=of(|slot| format!("{:.3}", slot.progress))
            data-succeeded=of(|slot| slot.succeeded.to_string())
            data-failed=of(|slot| slot.failed.to_string())
            data-tone=move || face.with(|slot| words::slot_tone(slot.state))
        >
            <button
                type="button"
                aria-pressed=move || (looked_at.get() == number).to_string()
                aria-label=move || format!("worker {}: {}", number + 1, words.get())
                on:click=move |_| pick()
                on:focus=move |_| pick()
                on:pointerenter=move |_| pick()
            >
                <b>{number + 1}</b>
                <span>{move || face.with(|slot| words::slot_glyph(slot.state))}</span>
                <i style:transform=move || format!("scaleX({:.3})", face.with(|it| it.progress))></i>
            </button>
        </li>
    }
}
