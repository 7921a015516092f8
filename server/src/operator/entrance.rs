//! The page of who is not signed in: one field for the operator key.

use maud::{Markup, html};

use super::{PATH, frame};

/// The form, and why it is there again.
pub(super) fn page(trouble: Option<&str>) -> Markup {
    let content = html! {
        div .narrow {
            h1 { "Operator’s view" }
            p { "See who works for this colony, invite others, and send away whom you do not want." }
            @if let Some(sentence) = trouble { (frame::trouble(sentence)) }
            form .fields method="post" action={ (PATH) "/session" } {
                label for="operator-key" { "Operator key" }
                input #operator-key type="password" name="key" required autofocus
                    autocomplete="current-password" autocapitalize="off" spellcheck="false"
                    aria-describedby="key-hint";
                p #key-hint .hint {
                    "Where webpool runs, " code { "webpool env --secrets" } " prints it."
                }
                button #sign-in .primary type="submit" { "Sign in" }
            }
        }
    };
    frame::page("Operator’s view", &html! {}, &content)
}
