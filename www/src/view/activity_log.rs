//! What happened, newest first.

use leptos::prelude::*;
use webpool::snapshot::LogEntry;

use super::browser;
use super::desk::desk;
use crate::numbers::ago;
use crate::words;

/// The most lines shown.
const LINES: usize = 60;

/// The log.
#[component]
pub(super) fn ActivityLog() -> impl IntoView {
    let desk = desk();
    let lines = Memo::new(move |_| {
        desk.snapshot.with(|now| now.log.iter().rev().take(LINES).cloned().collect::<Vec<_>>())
    });
    view! {
        <section class="panel log" aria-labelledby="log-title">
            <h2 id="log-title">"Activity"</h2>
            <Show when=move || lines.with(Vec::is_empty)>
                <p class="quiet">"Nothing has happened yet."</p>
            </Show>
            <ol>
                <For each=move || lines.get() key={|line| line.number} let:line>
                    <Line line=line/>
                </For>
            </ol>
        </section>
    }
}

/// One line.
#[component]
fn Line(line: LogEntry) -> impl IntoView {
    let desk = desk();
    let age = Memo::new(move |_| ago(desk.now_ms.get() - line.at_ms));
    let (sign, word) = words::level(line.level);
    let slot = line.slot.map(|slot| format!("worker {} ", slot.saturating_add(1)));
    view! {
        <li data-level=word>
            <time title=browser::exact_time(line.at_ms)>{age}</time>
            <span class="glyph" title=word aria-label=word role="img">{sign}</span>
            <span><span class="quiet">{slot}</span>{line.text}</span>
        </li>
    }
}
