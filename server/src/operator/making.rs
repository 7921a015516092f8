//! Making an invite: its form, what is typed into it, and the link that comes of it.
//!
//! The form is a page of its own, so that the list may refresh itself without losing what somebody
//! types. The secret is shown on the answer to the form, and never again.

mod draft;

use std::collections::HashMap;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};
use tokio::task::block_in_place;
use webpool_registrar::{Invite, Token};

use super::entrance::Operator;
use super::{Desks, PATH, Shared, answer, broken, frame, picture};
use crate::authority::ServerUrl;
use crate::clock::now_ms;
use crate::config::own_url;
use crate::invite::{limits, link};
use draft::{Draft, ENDS};

pub(super) async fn propose(State(shared): Desks, _: Operator, headers: HeaderMap) -> Response {
    answer(StatusCode::OK, form(&blank(&shared, &headers), None))
}

pub(super) async fn make(
    State(shared): Desks,
    _: Operator,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    let draft = blank(&shared, &headers).filled(fields);
    let (url, new) = match draft.read(shared.desk.office.colony(), now_ms()) {
        Ok(read) => read,
        Err(sentence) => {
            return answer(StatusCode::BAD_REQUEST, form(&draft, Some(&sentence)));
        }
    };
    match block_in_place(|| shared.desk.office.invite(&new)) {
        Ok((invite, token)) => answer(StatusCode::OK, made(&url, &invite, &token)),
        Err(error) => broken(&error),
    }
}

/// A form with what is proposed.
fn blank(shared: &Shared, headers: &HeaderMap) -> Draft {
    Draft::blank(own_url(headers), shared.desk.suggested_type.clone())
}

/// What stands under the fields.
mod hints {
    pub(super) const LABEL: &str = "Volunteers read it, for example: The lab invites Ada.";
    pub(super) const USES: &str =
        "How many pages may be opened by it; a reload is the same visit. Empty: any number.";
    pub(super) const AT_ONCE: &str = "Over all who come by it.";
    pub(super) const URL: &str =
        "As volunteers reach it; 127.0.0.1 and localhost are this machine only.";
    pub(super) const TYPE: &str = "The only type that its executors may have.";
    pub(super) const PREFIX: &str = "Empty: with anything.";
}

/// The form, and what is wrong with what was typed.
fn form(draft: &Draft, trouble: Option<&str>) -> Markup {
    let content = html! {
        div .narrow {
            h1 { "Make an invite" }
            p { "Whoever opens its link lends you executors with one click, and needs no key." }
            @if let Some(sentence) = trouble {
                (frame::trouble(&format!("No invite was made: {sentence}.")))
            }
            form .fields method="post" action={ (PATH) "/invites" } {
                (field("label", "Who invites whom", &draft.label, hints::LABEL))
                (field("uses", "Visits", &draft.uses, hints::USES))
                (field("at_once", "Executors at the same time", &draft.at_once, hints::AT_ONCE))
                (ends(&draft.ends))
                (field("url", "Address of the page", &draft.url, hints::URL))
                details {
                    summary { "More" }
                    (field("executor_type", "Executor type", &draft.executor_type, hints::TYPE))
                    (field("name_prefix", "Names begin with", &draft.name_prefix, hints::PREFIX))
                }
                p .row {
                    button #make .primary type="submit" { "Make the invite" }
                    a .button href=(PATH) { "Back" }
                }
            }
        }
    };
    frame::page("Make an invite", &html! { nav { (frame::sign_out()) } }, &content)
}

fn field(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    let is_number = matches!(name, "uses" | "at_once");
    let hint_id = format!("{name}-hint");
    html! {
        div {
            label for=(name) { (label) }
            input id=(name) name=(name) value=(value) autocomplete="off"
                inputmode=[is_number.then_some("numeric")] aria-describedby=(hint_id);
            p .hint id=(hint_id) { (hint) }
        }
    }
}

fn ends(chosen: &str) -> Markup {
    html! {
        div {
            label for="ends" { "Ends" }
            select #ends name="ends" aria-describedby="ends-hint" {
                @for (hours, text) in ENDS {
                    option value=(hours) selected[hours == chosen] { (text) }
                }
            }
            p #ends-hint .hint { "Afterwards nobody new comes by it; who is there may stay." }
        }
    }
}

/// The link of an invite that was just made.
fn made(url: &ServerUrl, invite: &Invite, token: &Token) -> Markup {
    let link = link(url, token);
    let content = html! {
        div .narrow {
            h1 { "Here is the link" }
            p { "Send it to whom you invite. " strong { "It is shown this once only." } }
            label for="link" { "Link of the invite " code { (invite.id) } }
            textarea #link .link readonly rows="2" spellcheck="false" autofocus { (link) }
            (picture::of(&link, "The link as a QR code"))
            p #limits { (limits(invite)) }
            @if url.is_loopback() {
                p .notice.warn {
                    "This address is of this machine only: others cannot open it. Name the one by \
                     which they reach the page, and make another."
                }
            }
            p .row {
                a #done .button.primary href=(PATH) { "Done" }
                a .button href={ (PATH) "/invites/new" } { "Make another" }
            }
        }
    };
    frame::page("The link of an invite", &html! { nav { (frame::sign_out()) } }, &content)
}
