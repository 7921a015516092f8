//! What came of the last submission: where it stands, what it put out, a picture beside it.

use leptos::prelude::*;
use webpool::snapshot::Submission;
use webpool_wire::CallState;

use super::browser;
use super::desk::Desk;
use super::kept::{kept, text};
use super::picture::picture;
use crate::numbers::span;
use crate::words;

/// The result; before the first, one line and a button that makes it appear.
pub(super) fn outcome(desk: Desk, example: impl Fn() + 'static) -> impl IntoView {
    let shown = kept(move || desk.shown());
    let is_closed = kept(move || {
        shown.with(|it| it.as_ref().is_none_or(|it| words::is_closed(it.state.as_deref())))
    });
    let of = move |read: fn(&Submission) -> String| {
        text(move || shown.with(|it| it.as_ref().map(read).unwrap_or_default()))
    };
    let id = of(|it| it.process_id.clone());
    let put_out = of(|it| words::call_text(it.state.as_deref()));
    let word = of(|it| words::call_word(it.state.as_deref()).to_owned());
    let is_none = kept(move || desk.ticket.get().is_none());
    view! {
        <p class="invitation" hidden=kept(move || !is_none.get())>
            <span class="quiet">"What a process puts out appears here, a picture too. "</span>
            <button type="button" class="link" on:click=move |_| example()>
                "Draw the Mandelbrot set"
            </button>
        </p>
        <div class="outcome" hidden=is_none>
            <p class="said">
                <span role="status">{sentence(desk, shown)}</span>
                <button
                    type="button"
                    id="cancel"
                    hidden=is_closed
                    on:click=move |_| desk.cancel()
                >
                    "Cancel"
                </button>
            </p>
            {picture(put_out)}
            <pre id="result" data-process-id=id data-state=word tabindex="0">{put_out}</pre>
        </div>
    }
}

/// Where the submission stands, and how long it took once it is done.
fn sentence(desk: Desk, shown: Memo<Option<Submission>>) -> Memo<String> {
    let ready = kept(move || desk.snapshot.with(|now| now.ready));
    // Worked out once, when the submission is done.
    let done = text(move || {
        let Some(Submission { state: Some(state), at_ms, .. }) = shown.get() else {
            return String::new();
        };
        let CallState::Success { executor_id, .. } = &*state else { return String::new() };
        let took = span(browser::now_ms() - at_ms);
        format!("Done in {took} by {}.", who(desk, executor_id))
    });
    text(move || {
        let done = done.get();
        if !done.is_empty() {
            return done;
        }
        let executor_type = desk.form.executor_type.get();
        shown.with(|it| {
            let state = it.as_ref().and_then(|it| it.state.as_deref());
            words::call(state, executor_type.trim(), ready.get())
        })
    })
}

/// Who did it: a worker of this page, or an executor elsewhere.
fn who(desk: Desk, executor_id: &str) -> String {
    let slot = desk
        .snapshot
        .with_untracked(|now| now.slots.iter().position(|slot| slot.executor_id == executor_id));
    match slot {
        Some(slot) => format!("worker {} of this page", slot.saturating_add(1)),
        None if executor_id.is_empty() => "somebody in the colony".to_owned(),
        None => format!("executor {}…", executor_id.chars().take(8).collect::<String>()),
    }
}
