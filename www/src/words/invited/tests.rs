//! What an invite is said to be about.

use webpool_wire::link::RefusalCode;

use super::*;
use crate::way::Way;

fn place() -> Place {
    Place::new("", "https://pool.example.org").by(Way::Invite)
}

fn text_of(terms: &[Terms], title: &str) -> String {
    let found = terms.iter().find(|terms| terms.title == title);
    found.map(|terms| terms.text.clone()).unwrap_or_default()
}

#[test]
fn the_terms_name_cores_and_end() {
    let open = terms(Some(7), 8, None);
    assert!(text_of(&open, "What it costs").starts_with("7 of 8 cores while"));
    assert_eq!(text_of(&open, "Until when"), "This invitation has no end.");
    let short = terms(Some(9), 1, Some("1 May 2031, 12:00"));
    assert!(text_of(&short, "What it costs").starts_with("1 of 1 core while"));
    assert_eq!(text_of(&short, "Until when"), "You can join until 1 May 2031, 12:00.");
    assert!(text_of(&terms(None, 8, None), "What it costs").starts_with("some of 8 cores"));
}

#[test]
fn the_headline_says_who_invites() {
    let invited = |label: &str| {
        Guest::Invited(Invitation { label: label.to_owned(), ..Invitation::default() })
    };
    let said = |guest: &Guest| {
        let (who, then) = headline(guest);
        format!("{who}{then}")
    };
    assert!(said(&invited(" Ada ")).starts_with("Ada invites you to lend"));
    assert!(said(&invited("")).starts_with("You are invited to lend"));
    assert!(said(&Guest::Uninvited).starts_with("Lend some of this computer"));
}

#[test]
fn who_cannot_start_is_told_why() {
    assert_eq!(arrival(&Guest::Invited(Invitation::default()), &place()), None);
    assert_eq!(arrival(&Guest::Uninvited, &place()), None);
    let barred = Guest::Barred(RefusalCode::ExpiredInvite, "It ended on Monday.".to_owned());
    let said = arrival(&barred, &place()).unwrap_or_default();
    assert!(said.starts_with("This invitation has expired: It ended on Monday. Ask"), "{said}");
    let unanswered = Guest::Unanswered("Failed to fetch".to_owned());
    let said = arrival(&unanswered, &place()).unwrap_or_default();
    assert!(said.contains("pool.example.org does not say") && said.contains("Failed to fetch"));
    assert_eq!([arrival_tone(&barred), arrival_tone(&unanswered)], ["bad", "warn"]);
}

#[test]
fn the_button_says_how_many() {
    assert_eq!(lend(Some(1)), "Lend 1 core");
    assert_eq!(lend(Some(7)), "Lend 7 cores");
    assert_eq!(lend(None), "Lend some cores");
    assert_eq!(cores(8, 64), "of 8 cores");
    assert_eq!(cores(8, 4), "of 8 cores, 4 at most");
}
