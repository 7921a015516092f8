//! What came of it all: processes done and failed, and how many a minute.

use leptos::prelude::*;

use super::desk::desk;
use crate::numbers::{counted, grouped};
use crate::rate::Rate;

/// The counts of the whole pool.
#[component]
pub(super) fn Totals() -> impl IntoView {
    let desk = desk();
    let done = Memo::new(move |_| desk.snapshot.with(|now| now.succeeded));
    let failed = Memo::new(move |_| desk.snapshot.with(|now| now.failed));
    let pending = Memo::new(move |_| desk.snapshot.with(|now| now.pending));
    let rate = RwSignal::new(Rate::default());
    Effect::new(move |_| {
        let total = done.get().saturating_add(failed.get());
        let now_ms = desk.now_ms.get();
        rate.update(|rate| rate.add(now_ms, total));
    });
    let per_minute = Memo::new(move |_| {
        let now_ms = desk.now_ms.get();
        rate.with(|rate| format!("{:.0}", rate.per_minute(now_ms)))
    });
    let waiting = move || match pending.get() {
        0 => String::new(),
        some => format!("{} not yet delivered", counted(some, "result", "results")),
    };
    view! {
        <dl class="totals">
            <div><dt>"done"</dt><dd>{move || grouped(done.get())}</dd></div>
            <div data-tone=move || (failed.get() > 0).then_some("bad")>
                <dt>"failed"</dt><dd>{move || grouped(failed.get())}</dd>
            </div>
            <div><dt>"per minute"</dt><dd>{per_minute}</dd></div>
        </dl>
        <Minute rate=rate/>
        <p class="quiet pending">{waiting}</p>
    }
}

/// The last minute in bars of 5 s.
#[component]
fn Minute(rate: RwSignal<Rate>) -> impl IntoView {
    let desk = desk();
    let bars = Memo::new(move |_| {
        let now_ms = desk.now_ms.get();
        rate.with(|rate| rate.bars(now_ms))
    });
    let height = move |bar: usize| {
        bars.with(|bars| {
            let most = bars.iter().copied().max().unwrap_or(0).max(1);
            let count = bars.get(bar).copied().unwrap_or(0);
            format!("{:.0}%", 100.0 * f64::from(count) / f64::from(most))
        })
    };
    view! {
        <div class="minute" aria-hidden="true">
            {(0..usize::from(crate::rate::BARS))
                .map(|bar| view! { <i style:height=move || height(bar)></i> })
                .collect_view()}
        </div>
    }
}
