//! What somebody agrees to who comes by an invite: what will run here, what it costs, until when.

use leptos::prelude::*;
use webpool_wire::invite::{Invitation, Offered};

use super::browser;
use super::desk::{Desk, desk};
use super::kept::{Row, kept, rows};
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
            <h3 hidden=kept(move || offered(desk).is_empty())>"The functions"</h3>
            <ul class="offered">{rows(move || offered(desk).into_iter().map(function).collect())}</ul>
        </details>
    }
}

fn offered(desk: Desk) -> Vec<Offered> {
    let functions = |it: &Invitation| it.functions.clone();
    desk.guest.with(|guest| guest.invitation().map(functions).unwrap_or_default())
}

fn terms(desk: Desk) -> Vec<Terms> {
    let until_ms = desk.guest.with(|guest| guest.invitation().and_then(|it| it.expires_at_ms));
    let until = until_ms.map(browser::exact_time);
    words::terms(desk.form.count().ok(), browser::cores(), until.as_deref())
}

fn function(offered: Offered) -> Row {
    let Offered { name, description } = offered;
    let key = name.clone();
    let show = || view! { <li><code>{name}</code>" "<span>{description}</span></li> }.into_any();
    Row::new(key, show)
}

fn paragraph(terms: Terms) -> Row {
    let Terms { title, text } = terms;
    let key = format!("{title} {text}");
    Row::new(key, move || view! { <h3>{title}</h3><p>{text}</p> }.into_any())
}
