//! The components of the page, and where it begins.
//!
//! - `browser`: the few questions that the page asks its window
//! - `desk`: what all components share: pool, snapshot, clock, form
//! - `form`: the fields of the settings as signals
//! - `invite`: what somebody agrees to who comes by an invite
//! - `header`, `lend`, `status`, `worker_count`, `controls`, `totals`, `settings`, `field`: whom
//!   to lend to and how much
//! - `lanes`, `lane`, `cell`, `slot`, `history`: what each slot does
//! - `run_form`, `outcome`, `picture`: computing something oneself
//! - `activity_log`: what happened
//! - `kept`: values and lists that tell their changes, small in the module

mod activity_log;
mod browser;
mod cell;
mod controls;
mod desk;
mod field;
mod form;
mod header;
mod history;
mod invite;
mod kept;
mod lane;
mod lanes;
mod lend;
mod outcome;
mod picture;
mod run_form;
mod settings;
mod slot;
mod status;
mod totals;
mod worker_count;

use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;
use webpool::snapshot::Snapshot;

use activity_log::ActivityLog;
use desk::Desk;
use header::Header;
use invite::Invite;
use kept::{kept, text};
use lanes::Lanes;
use lend::Lend;
use run_form::RunForm;
use settings::Settings;

use crate::guest::Guest;

/// Begins: replaces the words about loading by the page.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(browser::report_panic));
    browser::hide_boot();
    mount_to_body(Page);
}

/// The whole page.
#[component]
fn Page() -> impl IntoView {
    let desk = Desk::new();
    provide_context(desk);
    let snapshot = desk.snapshot;
    let word = move |read: fn(&Snapshot) -> &'static str| text(move || snapshot.with(read));
    let is_guest = desk.guest.with_untracked(Guest::is_guest);
    let is_before = kept(move || is_guest && !desk.had_run.get());
    let number = move |read: fn(&Snapshot) -> u32| text(move || snapshot.with(read).to_string());
    view! {
        <Header/>
        <main
            id="pool"
            class:before=is_before
            data-state=word(|now| now.state.as_word())
            data-workers=number(|now| u32::try_from(now.slots.len()).unwrap_or(u32::MAX))
            data-ready=number(|now| now.ready)
            data-succeeded=number(|now| now.succeeded)
            data-failed=number(|now| now.failed)
            data-pending=number(|now| now.pending)
            data-error=word(|now| now.error.as_ref().map_or("", |error| error.trouble.as_code()))
        >
            <div class="side">
                <Lend/>
                {(!is_guest).then(|| view! { <Settings/> })}
            </div>
            <div class="work">
                {is_guest.then(|| view! { <Invite/> })}
                <Lanes/>
                <RunForm/>
                <ActivityLog/>
            </div>
        </main>
    }
}
