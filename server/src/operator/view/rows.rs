//! Executors and visitors, a row each, and what can be done about them.

use maud::{Markup, html};
use webpool_registrar::{Held, Member, MemberState};
use webpool_wire::link::LinkRole;

use super::super::PATH;
use super::super::words::{ago, count, number, since};
use crate::link::Seen;

/// How many rows one group has: more are a matter for `webpool invite show`.
const MOST_ROWS: usize = 200;

/// How much of a process's id is shown; all of it is its title.
const SHORT: usize = 8;

const COLUMNS: [&str; 8] =
    ["Executor", "State", "Holds", "Done", "Failed", "Given back", "Last heard", "Send away"];

/// Whether it computes; a visitor only submits.
pub(super) fn is_executor(seen: &Seen) -> bool {
    match seen.member.role {
        LinkRole::Executor => true,
        LinkRole::Visitor => false,
    }
}

/// Those of one group.
pub(super) fn table(members: &[Seen], now_ms: i64) -> Markup {
    if members.is_empty() {
        return html! { p .quiet { "Nobody is here." } };
    }
    let more = members.len().saturating_sub(MOST_ROWS);
    html! {
        // The roles are said for narrow screens: there the style makes cards of the rows.
        table role="table" {
            thead role="rowgroup" {
                tr role="row" {
                    @for name in COLUMNS { th role="columnheader" scope="col" { (name) } }
                }
            }
            tbody role="rowgroup" {
                @for seen in members.iter().take(MOST_ROWS) { (row(seen, now_ms)) }
            }
        }
        @if more > 0 { p .quiet { "and " (count(more, "more", "more")) } }
    }
}

fn row(seen: &Seen, now_ms: i64) -> Markup {
    let Member { id, name, tally, holds, .. } = &seen.member;
    let word = word(seen.member.state);
    let presence = if seen.is_here { "here" } else { "away" };
    html! {
        tr role="row" data-member=(id) data-name=(name) data-state=(word) data-presence=(presence) {
            th role="rowheader" scope="row" { span .name { (name) } small { (kind(seen)) } }
            td role="cell" data-label=(COLUMNS[1]) {
                (word)
                @if seen.member.state == MemberState::Joined { ", " (presence) }
            }
            td role="cell" data-label=(COLUMNS[2]) { (held(holds.as_ref(), now_ms)) }
            td role="cell" data-label=(COLUMNS[3]) { (number(tally.done)) }
            td role="cell" data-label=(COLUMNS[4]) { (number(tally.failed)) }
            td role="cell" data-label=(COLUMNS[5]) { (number(tally.given_back)) }
            td role="cell" data-label=(COLUMNS[6]) {
                @if seen.is_here { "now" } @else { (ago(seen.member.heard_ms, now_ms)) }
            }
            td .acts role="cell" {
                @if seen.member.state != MemberState::Leaving { (acts(&seen.member)) }
            }
        }
    }
}

const fn word(state: MemberState) -> &'static str {
    match state {
        MemberState::Joining => "joining",
        MemberState::Joined => "joined",
        MemberState::Leaving => "leaving",
    }
}

fn kind(seen: &Seen) -> String {
    if is_executor(seen) {
        format!("type {}", seen.member.executor_type)
    } else {
        "submits processes".to_owned()
    }
}

fn held(held: Option<&Held>, now_ms: i64) -> Markup {
    let Some(Held { process_id, since_ms }) = held else { return html! { "–" } };
    let short = process_id.get(..SHORT).unwrap_or(process_id);
    html! { code title=(process_id) { (short) } " " (since(*since_ms, now_ms)) }
}

fn acts(member: &Member) -> Markup {
    let Member { id, name, .. } = member;
    let act = |verb: &str, word: &str, what: &str| {
        html! {
            form .act method="post" action={ (PATH) "/members/" (id) "/" (verb) } {
                button type="submit" data-act=(verb) aria-label={ (word) " " (name) } { (word) }
                small { (what) }
            }
        }
    };
    html! {
        (act("remove", "Remove", "its page may send another"))
        (act("ban", "Ban", "its visit is over"))
    }
}
