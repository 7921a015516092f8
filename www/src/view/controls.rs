//! The buttons: start, pause, finish, stop; one of them is the primary one.
//!
//! A button that makes no sense now is hidden. The focus goes on to the primary button when
//! the button that had it goes away.

use leptos::prelude::*;
use webpool::snapshot::PoolState;

use super::browser;
use super::desk::desk;

/// The four buttons, each with what it does in five words.
#[component]
pub(super) fn Controls() -> impl IntoView {
    let desk = desk();
    let state = desk.state();
    let is_over = Memo::new(move |_| is_over(state.get()));
    let is_ending = move || is_over.get() || state.get() == PoolState::Finishing;
    let is_paused = Memo::new(move |_| state.get() == PoolState::Paused);
    let pause = move || if is_paused.get() { "Resume" } else { "Pause" };
    let pausing = move || match is_paused.get() {
        true => "Goes on where it stopped.",
        false => "Holds everything until you resume.",
    };
    keep_focus(is_over, state);
    view! {
        <div class="controls" role="group" aria-label="Start and stop">
            <Button id="start" label=|| "Start" says=|| "Joins and waits for work."
                is_primary=|| true is_hidden=move || !is_over.get() press=move || desk.start()/>
            <Button id="finish" label=|| "Finish" says=|| "Ends what runs, then stops."
                is_primary=move || !is_paused.get() is_hidden=is_ending
                press=move || desk.finish()/>
            <Button id="pause" label=pause says=pausing is_primary=move || is_paused.get()
                is_hidden=is_ending press=move || desk.pause_or_resume()/>
            <Button id="stop" label=|| "Stop" says=|| "Gives unfinished work back now."
                is_primary=move || state.get() == PoolState::Finishing
                is_hidden=move || is_over.get() press=move || desk.stop()/>
        </div>
    }
}

/// One button and the words under it.
#[component]
fn Button(
    id: &'static str,
    label: impl Fn() -> &'static str + Send + 'static,
    says: impl Fn() -> &'static str + Send + 'static,
    is_primary: impl Fn() -> bool + Send + 'static,
    is_hidden: impl Fn() -> bool + Send + 'static,
    press: impl Fn() + 'static,
) -> impl IntoView {
    let words = format!("{id}-says");
    view! {
        <div class="control" hidden=is_hidden class:primary=is_primary>
            <button type="button" id=id aria-describedby=words.clone() on:click=move |_| press()>
                {label}
            </button>
            <small id=words.clone()>{says}</small>
        </div>
    }
}

/// Whether there is nothing to finish or stop.
fn is_over(state: PoolState) -> bool {
    match state {
        PoolState::Stopped | PoolState::Failed => true,
        PoolState::Starting
        | PoolState::Running
        | PoolState::Paused
        | PoolState::Finishing
        | PoolState::Offline => false,
    }
}

/// Moves the focus on when its button is hidden.
fn keep_focus(is_over: Memo<bool>, state: Memo<PoolState>) {
    Effect::new(move |_| {
        let primary = match (is_over.get(), state.get()) {
            (true, _) => "start",
            (false, PoolState::Finishing) => "stop",
            (false, _) => "finish",
        };
        let focused = browser::focused_id().unwrap_or_default();
        if matches!(focused.as_str(), "start" | "finish" | "pause" | "stop")
            && browser::is_hidden(&focused)
        {
            browser::focus(primary);
        }
    });
}
