//! What came of the last submission: where it stands, what it put out, a picture beside it.

use leptos::prelude::*;
use webpool::snapshot::{Snapshot, Submission};
use webpool_wire::CallState;

use super::desk::{Desk, desk};
use super::picture::Picture;
use crate::numbers::span;
use crate::words;

/// The submission that is shown, if there is one.
fn shown<T>(desk: Desk, read: impl Fn(&Submission, &Snapshot) -> T) -> Option<T> {
    let ticket = desk.ticket.get()?;
    desk.snapshot.with(|now| {
        let submission = now.submissions.iter().find(|it| it.ticket == ticket)?;
        Some(read(submission, now))
    })
}

/// The result; before the first, one line and a button that makes it appear.
#[component]
pub(super) fn Outcome(example: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let desk = desk();
    let state = Memo::new(move |_| shown(desk, |it, _| it.state.clone()));
    let is_open = Memo::new(move |_| {
        matches!(state.get(), Some(None | Some(CallState::Waiting | CallState::Running)))
    });
    let id = Memo::new(move |_| shown(desk, |it, _| it.process_id.clone()).unwrap_or_default());
    let text = Memo::new(move |_| {
        state.with(|state| state.as_ref().map(|it| words::call_text(it.as_ref())))
    });
    let word = move || state.with(|state| state.as_ref().map(|it| words::call_word(it.as_ref())));
    view! {
        <Show when=move || desk.ticket.get().is_none()>
            <p class="invitation">
                <span class="quiet">"What a process puts out appears here, a picture too. "</span>
                <button type="button" class="link" on:click=move |_| example()>
                    "Draw the Mandelbrot set"
                </button>
            </p>
        </Show>
        <div class="outcome" hidden=move || desk.ticket.get().is_none()>
            <p class="said">
                <span role="status">{sentence(desk, state)}</span>
                <Show when=move || is_open.get()>
                    <button type="button" id="cancel" on:click=move |_| desk.cancel()>
                        "Cancel"
                    </button>
                </Show>
            </p>
            <Picture text=text/>
            <pre id="result" data-process-id=id data-state=word tabindex="0">{text}</pre>
        </div>
    }
}

/// Where the submission stands, and how long it took once it is over.
fn sentence(desk: Desk, state: Memo<Option<Option<CallState>>>) -> Memo<String> {
    let ready = Memo::new(move |_| desk.snapshot.with(|now| now.ready));
    let took = Memo::new(move |before: Option<&Option<(u32, String)>>| {
        let ticket = desk.ticket.get()?;
        if let Some(Some((of, text))) = before
            && *of == ticket
        {
            return Some((ticket, text.clone()));
        }
        let is_done = state.with(|it| matches!(it, Some(Some(CallState::Success { .. }))));
        let at_ms = shown(desk, |it, _| it.at_ms)?;
        is_done.then(|| (ticket, span(super::browser::now_ms() - at_ms)))
    });
    Memo::new(move |_| {
        let call = state.get().unwrap_or_default();
        let executor_type = desk.form.executor_type.get();
        match (&call, took.get()) {
            (Some(CallState::Success { executor_id, .. }), Some((_, took))) => {
                format!("Done in {took} by {}.", who(desk, executor_id))
            }
            (call, _) => words::call(call.as_ref(), executor_type.trim(), ready.get()),
        }
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
