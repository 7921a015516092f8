//! What came of it all: processes done and failed, and how many in the last minute.

use leptos::prelude::*;

use super::desk::{Desk, desk};
use super::kept::{kept, text};
use crate::numbers::{counted, grouped};
use crate::rate::{BARS, Rate};

/// The counts of the whole pool.
#[component]
pub(super) fn Totals() -> impl IntoView {
    let desk = desk();
    let done = kept(move || desk.snapshot.with(|now| now.succeeded));
    let failed = kept(move || desk.snapshot.with(|now| now.failed));
    let pending = kept(move || desk.snapshot.with(|now| now.pending));
    let rate = rate(desk, done, failed);
    let recent = text(move || {
        let now_ms = desk.now_ms.get();
        rate.with(|rate| grouped(rate.last_minute(now_ms)))
    });
    let waiting = text(move || match pending.get() {
        0 => String::new(),
        some => format!("{} not yet delivered", counted(some, "result", "results")),
    });
    view! {
        <dl class="totals">
            <div><dt>"done"</dt><dd>{text(move || grouped(done.get()))}</dd></div>
            <div data-tone=text(move || if failed.get() > 0 { "bad" } else { "" })>
                <dt>"failed"</dt><dd>{text(move || grouped(failed.get()))}</dd>
            </div>
            <div><dt>"last minute"</dt><dd>{recent}</dd></div>
        </dl>
        <div class="minute" aria-hidden="true">{minute(desk, rate)}</div>
        <p class="quiet pending">{waiting}</p>
    }
}

/// The counts of the last minute, kept up to date.
fn rate(desk: Desk, done: Memo<u32>, failed: Memo<u32>) -> RwSignal<Rate> {
    let rate = RwSignal::new(Rate::default());
    Effect::new(move |_| {
        let total = done.get().saturating_add(failed.get());
        let now_ms = desk.now_ms.get();
        rate.update(|rate| rate.add(now_ms, total));
    });
    rate
}

/// The last minute in bars of 5 s.
fn minute(desk: Desk, rate: RwSignal<Rate>) -> impl IntoView {
    let bars = kept(move || {
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
    (0..usize::from(BARS))
        .map(|bar| view! { <i style:height=text(move || height(bar))></i> })
        .collect_view()
}
