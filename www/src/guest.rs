//! Who comes by an invite: what the server says about it, and what the page makes of that.
//!
//! A page whose address has an invite behind its `#` is for lending and nothing else until it has
//! begun: no form, no key. Absent on purpose: the invite's secret.

use webpool_wire::invite::Invitation;
use webpool_wire::link::RefusalCode;

use crate::numbers::MOST_WORKERS;

/// What executor names begin with where the invite leaves it open.
const USUAL_NAME: &str = "webpool";

/// Where somebody stands who opens the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Guest {
    /// Not invited: the address has no invite.
    #[default]
    Uninvited,
    /// The server is being asked what the invite is about.
    Asking,
    /// The invite is good.
    Invited(Invitation),
    /// The server will not let anybody in by it.
    Barred(RefusalCode, String),
    /// The server gave no answer that can be read; why not.
    Unanswered(String),
}

/// What a person can do about an invite that is no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Ask the server once more.
    AskAgain,
    /// Load the page anew.
    Reload,
}

impl Remedy {
    /// The words of its button, and what that does in five words.
    pub const fn as_words(self) -> (&'static str, &'static str) {
        match self {
            Self::AskAgain => ("Try again", "Asks the server once more."),
            Self::Reload => ("Reload", "Loads this page anew."),
        }
    }
}

impl Guest {
    /// Takes what the server says. Who was let in by this very page load is not kept out by an
    /// invite that is used up: one use is one visit.
    pub fn told(invitation: Invitation, was_let_in: bool) -> Self {
        match invitation.refusal {
            None => Self::Invited(invitation),
            Some(RefusalCode::UsedUpInvite)
                if was_let_in && !invitation.executor_type.is_empty() =>
            {
                Self::Invited(invitation)
            }
            Some(code) => Self::Barred(code, invitation.reason),
        }
    }

    /// Whether the page was opened with an invite.
    pub const fn is_guest(&self) -> bool {
        !matches!(self, Self::Uninvited)
    }

    /// Whether nothing stands in the way of a start.
    pub const fn may_start(&self) -> bool {
        matches!(self, Self::Uninvited | Self::Invited(_))
    }

    /// What can be done about it.
    pub const fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Unanswered(_) => Some(Remedy::AskAgain),
            Self::Barred(RefusalCode::TooOld | RefusalCode::BadHello, _) => Some(Remedy::Reload),
            Self::Barred(code, _) if code.is_passing() => Some(Remedy::AskAgain),
            Self::Uninvited | Self::Asking | Self::Invited(_) | Self::Barred(..) => None,
        }
    }

    /// The invite, if it is good.
    pub const fn invitation(&self) -> Option<&Invitation> {
        match self {
            Self::Invited(invitation) => Some(invitation),
            Self::Uninvited | Self::Asking | Self::Barred(..) | Self::Unanswered(_) => None,
        }
    }
}

/// What executor names begin with; slot and id are appended after a `-`.
pub fn executor_name(prefix: &str) -> String {
    if prefix.ends_with(|last: char| !last.is_alphanumeric()) {
        return format!("{prefix}{USUAL_NAME}");
    }
    if prefix.is_empty() { USUAL_NAME.to_owned() } else { prefix.to_owned() }
}

/// The most workers that an invite lets a page have.
pub fn most_workers(invitation: &Invitation) -> u32 {
    invitation.at_once.clamp(1, MOST_WORKERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(refusal: Option<RefusalCode>, was_let_in: bool) -> Guest {
        let executor_type = "wasm".to_owned();
        Guest::told(Invitation { refusal, executor_type, ..Invitation::default() }, was_let_in)
    }

    #[test]
    fn a_good_invite_may_start() {
        assert!(told(None, false).may_start());
        assert!(Guest::Uninvited.may_start() && !Guest::Uninvited.is_guest());
        assert!(!Guest::Asking.may_start() && Guest::Asking.remedy().is_none());
    }

    #[test]
    fn a_reload_is_the_same_visit() {
        let used_up = Some(RefusalCode::UsedUpInvite);
        assert!(!told(used_up, false).may_start());
        assert!(told(used_up, true).may_start());
        assert!(!told(Some(RefusalCode::RevokedInvite), true).may_start());
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        for (code, remedy) in [
            (RefusalCode::UnknownInvite, None),
            (RefusalCode::RevokedInvite, None),
            (RefusalCode::ExpiredInvite, None),
            (RefusalCode::TooOld, Some(Remedy::Reload)),
            (RefusalCode::TooMany, Some(Remedy::AskAgain)),
            (RefusalCode::Unavailable, Some(Remedy::AskAgain)),
        ] {
            assert_eq!(told(Some(code), false).remedy(), remedy, "{code:?}");
        }
        assert_eq!(Guest::Unanswered(String::new()).remedy(), Some(Remedy::AskAgain));
    }

    #[test]
    fn names_begin_with_the_prefix() {
        for (prefix, name) in [("", "webpool"), ("lab", "lab"), ("lab-", "lab-webpool")] {
            assert_eq!(executor_name(prefix), name);
        }
    }

    #[test]
    fn an_invite_limits_the_workers() {
        for (at_once, most) in [(0, 1), (4, 4), (500, 64)] {
            assert_eq!(most_workers(&Invitation { at_once, ..Invitation::default() }), most);
        }
    }
}
