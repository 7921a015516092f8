//! What all pages of the operator's view have in common.

use maud::{DOCTYPE, Markup, html};

use super::{PATH, STYLE};

/// A page with a heading of its own; `head` stands in its first line, on the right.
pub(super) fn page(title: &str, head: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) " – webpool" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href=(STYLE);
            }
            body {
                header .top {
                    a .name href=(PATH) { "webpool" }
                    (head)
                }
                main { (content) }
            }
        }
    }
}

/// The button that signs out.
pub(super) fn sign_out() -> Markup {
    html! {
        form method="post" action={ (PATH) "/session/end" } {
            button #sign-out type="submit" { "Sign out" }
        }
    }
}

/// A sentence that is read out when it appears.
pub(super) fn notice(sentence: &str) -> Markup {
    html! { p #said .notice role="status" { (sentence) } }
}

/// The same about something that went wrong.
pub(super) fn trouble(sentence: &str) -> Markup {
    html! { p #said .notice.bad role="alert" { (sentence) } }
}
