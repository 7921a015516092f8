//! The list: each invite with those who came by it, and those of this machine.
//!
//! Invites that are over, and by which nobody is here any more, are folded away. What is unfolded, and
//! whether the page refreshes itself, stands in its address, so that a refresh loses nothing.

mod rows;

use maud::{Markup, html};
use webpool_registrar::{Invite, Standing, Tally};

use super::words::{around, count, number};
use super::{PATH, frame};
use crate::invite::state;
use crate::link::{Roster, Seen};

/// How the list is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// With invites that are over.
    pub(super) is_all: bool,
    /// Without refreshing itself.
    pub(super) is_held: bool,
}

impl Look {
    /// What an address says after the `?`.
    pub(super) fn from_query(query: &str) -> Self {
        let has = |name| query.split('&').any(|part| part == name);
        Self { is_all: has("all"), is_held: has("hold") }
    }

    fn to_address(self) -> String {
        let names = [(self.is_all, "all"), (self.is_held, "hold")];
        let parts: Vec<_> = names.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        let mark = if parts.is_empty() { "" } else { "?" };
        format!("{PATH}{mark}{}", parts.join("&"))
    }
}

/// What the list shows.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) colony: &'a str,
    /// What stands behind webpool, in words.
    pub(super) behind: &'a str,
    pub(super) roster: &'a Roster,
    /// What came of the last click.
    pub(super) said: Option<&'a str>,
    pub(super) look: Look,
    pub(super) refresh_s: u32,
    pub(super) now_ms: i64,
}

type Group = (Standing, Vec<Seen>);

/// The whole page.
pub(super) fn page(scene: &Scene<'_>) -> Markup {
    let Scene { roster, look, now_ms, .. } = *scene;
    let is_over =
        |(standing, members): &&Group| state(standing, now_ms) != "open" && members.is_empty();
    let (over, current): (Vec<&Group>, Vec<&Group>) =
        roster.invited.iter().rev().partition(is_over);
    let content = html! {
        h1 .unseen { "Operator’s view" }
        (summary(scene))
        @if let Some(sentence) = scene.said { (frame::notice(sentence)) }
        @if roster.invited.is_empty() { (nobody_invited()) }
        @for (standing, members) in current { (invited(standing, members, now_ms)) }
        (local(roster, now_ms))
        (folded(&over, look, now_ms))
    };
    let head = html! {
        nav {
            a #new-invite .button.primary href={ (PATH) "/invites/new" } { "Make an invite" }
            (frame::sign_out())
        }
    };
    frame::page("Operator’s view", &head, &content)
}

/// Where this is, who is here in all, and how to keep the page still.
fn summary(scene: &Scene<'_>) -> Markup {
    let all = scene.roster.invited.iter().flat_map(|(_, members)| members);
    let all: Vec<&Seen> = all.chain(&scene.roster.local).collect();
    let here = all.iter().filter(|seen| rows::is_executor(seen) && seen.is_here).count();
    let busy = all.iter().filter(|seen| seen.member.holds.is_some()).count();
    let Look { is_held, .. } = scene.look;
    let other = Look { is_held: !is_held, ..scene.look }.to_address();
    html! {
        div .summary {
            p {
                "Colony " strong { (scene.colony) } ", " (scene.behind) ". "
                span #here data-here=(here) {
                    (count(here, "executor is", "executors are")) " here"
                }
                ", " (count(busy, "process runs", "processes run")) "."
            }
            p .quiet {
                @if is_held {
                    "This page holds still. "
                    a #refresh href=(other) { "Refresh it by itself" }
                } @else {
                    "Refreshes every " (scene.refresh_s) " s. "
                    a #hold href=(other) { "Hold it still" }
                }
            }
        }
    }
}

fn nobody_invited() -> Markup {
    html! {
        p #nobody .empty {
            "Nobody is invited yet: make an invite, and send its link to somebody who lends you a \
             computer."
        }
    }
}

/// One invite, and who came by it.
fn invited(standing: &Standing, members: &[Seen], now_ms: i64) -> Markup {
    let Invite { id, label, .. } = &standing.invite;
    let state = state(standing, now_ms);
    let heading = format!("invite-{id}");
    html! {
        section .panel aria-labelledby=(heading) data-invite=(id) data-state=(state) {
            div .head {
                h2 id=(heading) {
                    @if label.is_empty() { "Invite " code { (id) } } @else { (label) }
                }
                span .state.{ "is-" (state) } { (state.replace('-', " ")) }
            }
            div .facts {
                (facts(standing, now_ms))
                @if standing.invite.revoked_ms.is_none() { (revoke(id.as_str())) }
            }
            (rows::table(members, now_ms))
        }
    }
}

fn facts(standing: &Standing, now_ms: i64) -> Markup {
    let Standing { invite, used, present, tally } = standing;
    html! {
        dl {
            (fact("Invite", &html! { code { (invite.id) } }))
            (fact("Visits", &html! {
                (number(*used)) @if let Some(uses) = invite.uses { " of " (number(uses)) }
            }))
            (fact("Executors", &html! {
                (number(*present)) " of " (number(invite.terms.at_once))
            }))
            (sums(tally))
            @match (invite.revoked_ms, invite.expires_ms) {
                (Some(revoked), _) => (fact("Revoked", &around(revoked, now_ms))),
                (None, Some(end)) if end <= now_ms => (fact("Expired", &around(end, now_ms))),
                (None, Some(end)) => (fact("Expires", &around(end, now_ms))),
                (None, None) => (fact("Expires", &html! { "never" })),
            }
        }
    }
}

fn sums(tally: &Tally) -> Markup {
    html! {
        (fact("Done", &html! { (number(tally.done)) }))
        (fact("Failed", &html! { (number(tally.failed)) }))
        (fact("Given back", &html! { (number(tally.given_back)) }))
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn revoke(id: &str) -> Markup {
    html! {
        form .act method="post" action={ (PATH) "/invites/" (id) "/revoke" } {
            button type="submit" data-revoke=(id) { "Revoke" }
            small { "all who came by it leave" }
        }
    }
}

/// Those of this machine, if there are or were any.
fn local(roster: &Roster, now_ms: i64) -> Markup {
    if roster.local.is_empty() && roster.local_tally == Tally::default() {
        return html! {};
    }
    html! {
        section #local .panel aria-labelledby="local-heading" {
            div .head { h2 #local-heading { "This machine" } }
            p .quiet { "Who opens the page where webpool runs needs no invite." }
            div .facts { dl { (sums(&roster.local_tally)) } }
            (rows::table(&roster.local, now_ms))
        }
    }
}

/// The invites that are over.
fn folded(over: &[&Group], look: Look, now_ms: i64) -> Markup {
    if over.is_empty() {
        return html! {};
    }
    let other = Look { is_all: !look.is_all, ..look }.to_address();
    html! {
        p .fold {
            @if look.is_all { a #fold href=(other) { "Hide the invites that are over" } }
            @else {
                a #unfold href=(other) {
                    "Show " (count(over.len(), "invite that is over", "invites that are over"))
                }
            }
        }
        @if look.is_all {
            @for (standing, members) in over { (invited(standing, members, now_ms)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_the_list_is_looked_at() {
        for (query, address) in [
            ("", "/operator"),
            ("all", "/operator?all"),
            ("hold&all", "/operator?all&hold"),
            ("call=1", "/operator"),
        ] {
            assert_eq!(Look::from_query(query).to_address(), address, "{query}");
        }
    }
}
