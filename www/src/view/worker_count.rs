//! How many workers: `–`, a field, `+`; a change while the pool runs takes effect at once.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::browser;
use super::desk::{Desk, desk};
use super::kept::text;
use crate::words;

/// How long after the last key a typed count takes effect, in ms.
const TYPING_MS: u32 = 700;

/// The worker count.
#[component]
pub(super) fn WorkerCount() -> impl IntoView {
    let desk = desk();
    let workers = desk.form.workers;
    let error = desk.form.error("worker-count");
    let typing = StoredValue::new_local(None::<Timeout>);
    let hint = text(move || words::cores(browser::cores(), desk.form.most.get()));
    let apply_soon = move || {
        typing.set_value(Some(Timeout::new(TYPING_MS, move || apply(desk))));
    };
    let step = move |up: bool| {
        let count = untrack(|| desk.form.count()).unwrap_or(1);
        let next = if up { count.saturating_add(1) } else { count.saturating_sub(1) };
        workers.set(next.clamp(1, desk.form.most.get_untracked()).to_string());
        apply(desk);
        apply_soon();
    };
    view! {
        <div class="workers">
            <label for="worker-count">"Workers"</label>
            <div class="stepper">
                <button type="button" aria-label="one worker less" on:click=move |_| step(false)>
                    "–"
                </button>
                <input
                    id="worker-count"
                    inputmode="numeric"
                    autocomplete="off"
                    maxlength="3"
                    aria-describedby="worker-count-hint worker-count-error"
                    aria-invalid=text(move || (!error.get().is_empty()).to_string())
                    prop:value=workers
                    on:input:target=move |event| {
                        workers.set(event.target().value());
                        apply_soon();
                    }
                    on:change=move |_| apply(desk)
                />
                <button type="button" aria-label="one worker more" on:click=move |_| step(true)>
                    "+"
                </button>
            </div>
            <span id="worker-count-hint" class="quiet">{hint}</span>
            <p id="worker-count-error" class="error">{error}</p>
        </div>
    }
}

/// Tells the pool, once the text is a count that the pool does not have; the browser keeps it for
/// the next visit.
fn apply(desk: Desk) {
    let count = untrack(|| desk.form.count());
    desk.form.errors.update(|errors| errors.retain(|error| error.field != "worker-count"));
    if let Ok(count) = count {
        browser::keep_workers(count);
        desk.resize(count);
    }
}
