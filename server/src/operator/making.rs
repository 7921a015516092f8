//! Making an invite: its form, what is typed into it, and the link that comes of it.
//!
//! The form is a page of its own, so that the list may refresh itself without losing what somebody
//! types. The secret is shown on the answer to the form, and never again.

use std::collections::HashMap;

use maud::{Markup, html};
use webpool_registrar::invite::{MOST_AT_ONCE, MOST_USES};
use webpool_registrar::{Invite, NewInvite, Token};

use super::{PATH, frame, picture};
use crate::authority::ServerUrl;
use crate::cli::AT_ONCE;
use crate::error::{Error, sentence};
use crate::invite::{limits, link};

/// After how many hours no visit may begin any more, as text; empty is never.
const ENDS: [(&str, &str); 5] = [
    ("1", "in an hour"),
    ("24", "in a day"),
    ("168", "in a week"),
    ("720", "in 30 days"),
    ("", "never"),
];

const HOUR_MS: i64 = 60 * 60 * 1000;

/// What stands in the form, as it was typed.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    label: String,
    uses: String,
    at_once: String,
    ends: String,
    url: String,
    executor_type: String,
    name_prefix: String,
}

impl Draft {
    /// What is proposed: a link to the address at which the operator has the page, for executors of
    /// the type that a page suggests.
    pub(super) fn blank(url: String, executor_type: String) -> Self {
        Self {
            label: String::new(),
            uses: String::new(),
            at_once: AT_ONCE.to_string(),
            ends: "168".to_owned(),
            url,
            executor_type,
            name_prefix: String::new(),
        }
    }

    /// What came with the form; what is missing in it is as before.
    pub(super) fn filled(mut self, mut fields: HashMap<String, String>) -> Self {
        let places = [
            ("label", &mut self.label),
            ("uses", &mut self.uses),
            ("at_once", &mut self.at_once),
            ("ends", &mut self.ends),
            ("url", &mut self.url),
            ("executor_type", &mut self.executor_type),
            ("name_prefix", &mut self.name_prefix),
        ];
        for (name, place) in places {
            if let Some(text) = fields.remove(name) {
                text.trim().clone_into(place);
            }
        }
        self
    }

    /// Where volunteers find the page, and the invite that is to be made.
    ///
    /// # Errors
    ///
    /// A sentence that says what is allowed.
    pub(super) fn read(&self, colony: &str, now_ms: i64) -> Result<(ServerUrl, NewInvite), String> {
        let url = self.url.parse().map_err(|error| sentence(&error))?;
        let uses = match self.uses.as_str() {
            "" => None,
            text => Some(whole("visits", text, MOST_USES)?),
        };
        let new = NewInvite {
            label: self.label.clone(),
            colony: colony.to_owned(),
            executor_type: self.executor_type.clone(),
            name_prefix: self.name_prefix.clone(),
            uses,
            at_once: whole("executors at the same time", &self.at_once, MOST_AT_ONCE)?,
            expires_ms: self.expires_ms(now_ms)?,
        };
        new.check(now_ms).map_err(|bad| sentence(&Error::BadInvite(bad)))?;
        Ok((url, new))
    }

    fn expires_ms(&self, now_ms: i64) -> Result<Option<i64>, String> {
        if !ENDS.iter().any(|(hours, _)| *hours == self.ends) {
            return Err("the invite ends at one of the times on offer".to_owned());
        }
        let hours: Option<i64> = self.ends.parse().ok();
        Ok(hours.map(|hours| now_ms.saturating_add(hours.saturating_mul(HOUR_MS))))
    }
}

fn whole(what: &str, text: &str, most: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("the number of {what} is a whole one from 1 to {most}"))
}

/// The form, and what is wrong with what was typed.
pub(super) fn form(draft: &Draft, trouble: Option<&str>) -> Markup {
    let content = html! {
        div .narrow {
            h1 { "Make an invite" }
            p { "Whoever opens its link lends you executors with one click, and needs no key." }
            @if let Some(sentence) = trouble {
                (frame::trouble(&format!("No invite was made: {sentence}.")))
            }
            form .fields method="post" action={ (PATH) "/invites" } {
                (field("label", "Who invites whom", &draft.label, "Volunteers read it, for example: The lab invites Ada."))
                (field("uses", "Visits", &draft.uses, "How many pages may be opened by it; a reload is the same visit. Empty: any number."))
                (field("at_once", "Executors at the same time", &draft.at_once, "Over all who come by it."))
                (ends(&draft.ends))
                (field("url", "Address of the page", &draft.url, "As volunteers reach it: without a name for it, others than this machine cannot come."))
                details {
                    summary { "More" }
                    (field("executor_type", "Executor type", &draft.executor_type, "The only type that its executors may have."))
                    (field("name_prefix", "Names begin with", &draft.name_prefix, "Empty: with anything."))
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
pub(super) fn made(url: &ServerUrl, invite: &Invite, token: &Token) -> Markup {
    let link = link(url, token);
    let content = html! {
        div .narrow {
            h1 { "Here is the link" }
            p { "Send it to whom you invite. " strong { "It is shown this once only." } }
            label for="link" { "Link of the invite " code { (invite.id) } }
            textarea #link .link readonly rows="3" spellcheck="false" autofocus { (link) }
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn read(changes: &[(&str, &str)]) -> Result<NewInvite, String> {
        let draft = Draft::blank("http://a.test".to_owned(), "wasm".to_owned());
        let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        draft.filled(changes.iter().map(pair).collect()).read("dev", NOW).map(|(_, new)| new)
    }

    #[test]
    fn what_is_proposed_can_be_made() {
        let new = read(&[]).unwrap();
        assert_eq!((new.uses, new.at_once, new.expires_ms), (None, 64, Some(NOW + 168 * HOUR_MS)));
        let new = read(&[("uses", " 3 "), ("ends", ""), ("label", "Für Ada")]).unwrap();
        assert_eq!((new.uses, new.expires_ms, new.label.as_str()), (Some(3), None, "Für Ada"));
    }

    #[test]
    fn nonsense_is_refused_with_what_is_allowed() {
        let cases = [
            (("uses", "0"), "number of visits is a whole one from 1 to 1000000"),
            (("uses", "many"), "number of visits"),
            (("at_once", ""), "executors at the same time is a whole one from 1 to 10000"),
            (("ends", "2"), "one of the times on offer"),
            (("url", "pool.example.org"), "allowed is http://NAME[:PORT]"),
            (("executor_type", ""), "executor type has 1 to 64 characters"),
            (("name_prefix", "a:b"), "beginning of names"),
        ];
        for (change, part) in cases {
            let refused = read(&[change]).unwrap_err();
            assert!(refused.contains(part), "{change:?}: {refused}");
        }
    }
}
