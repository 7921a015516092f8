//! What somebody agrees to who comes by an invite: what will run here, what it costs, until when.

use leptos::prelude::*;

use super::browser;
use super::desk::{Desk, desk};
use super::kept::{Row, kept, rows};
use crate::examples::{self, Example};
use crate::words::{self, Terms};

/// The terms: open before anything runs, folded from then on.
#[component]
pub(super) fn Invite() -> impl IntoView {
    let desk = desk();
    let is_none = kept(move || desk.guest.with(|guest| guest.invitation().is_none()));
    view! {
        <details class="panel terms" hidden=is_none prop:open=kept(move || !desk.had_run.get())>
            <summary><h2>"What you agree to"</h2></summary>
            {rows(move || terms(desk).into_iter().map(paragraph).collect())}
            <h3>"The functions"</h3>
            <ul class="offered">{rows(|| examples::ALL.iter().map(function).collect())}</ul>
        </details>
    }
}

fn terms(desk: Desk) -> Vec<Terms> {
    let until_ms = desk.guest.with(|guest| guest.invitation().and_then(|it| it.expires_at_ms));
    let until = until_ms.map(browser::exact_time);
    words::terms(desk.form.count().ok(), browser::cores(), until.as_deref())
}

fn function(example: &'static Example) -> Row {
    let Example { function, about, .. } = example;
    let show = || view! { <li><code>{*function}</code>" "<span>{*about}</span></li> }.into_any();
    Row::new((*function).to_owned(), show)
}

fn paragraph(terms: Terms) -> Row {
    let Terms { title, text } = terms;
    let key = format!("{title} {text}");
    Row::new(key, move || view! { <h3>{title}</h3><p>{text}</p> }.into_any())
}
