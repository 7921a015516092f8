//! What happened, newest first.

use leptos::prelude::*;
use webpool::snapshot::LogEntry;

use super::browser;
use super::desk::{Desk, desk};
use super::kept::{Row, kept, rows, text};
use crate::numbers::ago;
use crate::words;

/// The most lines shown.
const LINES: usize = 60;

/// The log.
#[component]
pub(super) fn ActivityLog() -> impl IntoView {
    let desk = desk();
    // Lines are never changed, so the newest number tells whether there is anything new.
    let newest = kept(move || desk.snapshot.with(|now| now.log.last().map(|line| line.number)));
    let lines = move || {
        newest.track();
        desk.snapshot.with_untracked(|now| {
            let recent = now.log.iter().rev().take(LINES).cloned();
            recent
                .map(|entry| Row::new(entry.number.to_string(), move || line(desk, entry)))
                .collect()
        })
    };
    view! {
        <section class="panel log" aria-labelledby="log-title">
            <h2 id="log-title">"Activity"</h2>
            <p class="quiet" hidden=kept(move || newest.get().is_some())>
                "Nothing has happened yet."
            </p>
            <ol>{rows(lines)}</ol>
        </section>
    }
}

/// One line.
fn line(desk: Desk, entry: LogEntry) -> AnyView {
    let age = text(move || ago(desk.now_ms.get() - entry.at_ms));
    let (sign, word) = words::level(entry.level);
    let slot = entry.slot.map(|slot| format!("worker {}: ", slot.saturating_add(1)));
    view! {
        <li data-level=word>
            <time title=browser::exact_time(entry.at_ms)>{age}</time>
            <span class="glyph" title=word aria-label=word role="img">{sign}</span>
            <span>
                <span class="quiet">{slot.unwrap_or_default()}</span>
                {entry.text}
            </span>
        </li>
    }
    .into_any()
}
