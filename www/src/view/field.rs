//! One labelled field of the settings, with a hint and what is wrong with it.

use leptos::prelude::*;

use super::desk::desk;
use super::kept::text;

/// A text field, or a password field if `is_secret`.
#[component]
pub(super) fn Field(
    id: &'static str,
    label: &'static str,
    #[prop(into)] hint: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional)] is_secret: bool,
) -> impl IntoView {
    let error = desk().form.error(id);
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type=if is_secret { "password" } else { "text" }
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=format!("{hint_id} {error_id}")
                aria-invalid=text(move || (!error.get().is_empty()).to_string())
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
            />
            <small id=hint_id.clone()>{hint}</small>
            <p id=error_id.clone() class="error">{error}</p>
        </div>
    }
}
