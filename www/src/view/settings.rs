//! The five fields that say which colony, at which server, as whom.

use leptos::prelude::*;

use super::desk::desk;
use super::field::Field;
use super::kept::{kept, text};
use crate::words;

/// The settings: open while only the person can fill them, else folded.
#[component]
pub(super) fn Settings() -> impl IntoView {
    let form = desk().form;
    view! {
        <details
            class="panel settings"
            class:needed=kept(move || form.is_needed.get())
            prop:open=form.is_open
            on:toggle:target=move |event| form.is_open.set(event.target().open())
        >
            <summary><h2>"Settings"</h2></summary>
            <form on:submit=|event| event.prevent_default()>
                <p class="way quiet">{text(move || words::way(form.way()))}</p>
                <Field id="server-url" label="Server URL" value=form.server_url
                    hint="Where the colony is, such as http://localhost:50080"/>
                <Field id="colony-name" label="Colony" value=form.colony
                    hint="Whom to work for, such as dev"/>
                <Field id="executor-name" label="Executor name" value=form.executor_name
                    hint="Each worker adds its number and the start of its id"/>
                <Field id="executor-type" label="Executor type" value=form.executor_type
                    hint="Only work for this type comes here, such as wasm"/>
                <Field id="colony-key" label="Colony private key" value=form.colony_key
                    hint=text(move || words::key_hint(form.way())) is_secret=true/>
            </form>
        </details>
    }
}
