//! How many workers: `–`, a field, `+`; a change while the pool runs takes effect at once.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::browser;
use super::desk::{Desk, desk};
use super::kept::text;
use crate::numbers::{self, MOST_WORKERS};

/// How long after the last key a typed count takes effect, in ms.
const TYPING_MS: u32 = 700;

/// The worker count.
#[component]
pub(super) fn WorkerCount() -> impl IntoView {
    let desk = desk();
    let workers = desk.form.workers;
    let error = desk.form.error("worker-count");
    let typing = StoredValue::new_local(None::<Timeout>);
    let apply_soon = move || {
        typing.set_value(Some(Timeout::new(TYPING_MS, move || apply(desk))));
    };
    let step = move |up: bool| {
        let count = workers.with_untracked(|text| numbers::workers(text)).unwrap_or(1);
        let next = if up { count.saturating_add(1) } else { count.saturating_sub(1) };
        workers.set(next.clamp(1, MOST_WORKERS).to_string());
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
            <span id="worker-count-hint" class="quiet">{cores()}</span>
            <p id="worker-count-error" class="error">{error}</p>
        </div>
    }
}

/// Tells the pool, once the text is a count that the pool does not have.
fn apply(desk: Desk) {
    let count = desk.form.workers.with_untracked(|text| numbers::workers(text));
    desk.form.errors.update(|errors| errors.retain(|error| error.field != "worker-count"));
    if let Ok(count) = count {
        desk.resize(count);
    }
}

fn cores() -> String {
    format!("of {}", numbers::counted(browser::cores(), "core", "cores"))
}
