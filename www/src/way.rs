//! By which way the page gets to a server: with the colony's key, or through its own server.

use webpool_wire::Pass;

/// The ways to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Any ColonyOS server, by its colony's private key.
    #[default]
    Key,
    /// The page's own server, which lets in without a key.
    Link,
    /// The same, by an invite.
    Invite,
}

/// The page's own server, and how it lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    /// Its address, as the settings have it.
    pub own_server: String,
    /// What it is shown instead of a key; none if it wants one.
    pub pass: Option<Pass>,
    /// Whether it lets visitors submit without a key.
    pub takes_work: bool,
    /// After so long without a request for work it takes an executor off, in s.
    pub stale_after_s: Option<u32>,
    /// Whether the pool was given a key, which it goes on using.
    pub is_keyed: bool,
}

impl Door {
    /// What is shown to the server at this address.
    pub fn pass(&self, server_url: &str) -> Option<&Pass> {
        self.pass.as_ref().filter(|_| self.is_own(server_url))
    }

    /// What is known of how long the server at this address bears silence, in s.
    pub fn stale_after_s(&self, server_url: &str) -> Option<u32> {
        self.stale_after_s.filter(|_| self.is_own(server_url))
    }

    fn is_own(&self, server_url: &str) -> bool {
        plain(server_url) == plain(&self.own_server)
    }

    /// Whether the page may submit with what stands in the settings: with a key that is the
    /// colony's business.
    pub fn may_submit(&self, server_url: &str, key: &str) -> bool {
        self.takes_work || self.way(server_url, key) == Way::Key
    }

    /// The way that what stands in the settings leads.
    pub fn way(&self, server_url: &str, key: &str) -> Way {
        let is_keyed = self.is_keyed || !key.trim().is_empty();
        match self.pass(server_url) {
            Some(pass) if !is_keyed && pass.invite.is_empty() => Way::Link,
            Some(_) if !is_keyed => Way::Invite,
            Some(_) | None => Way::Key,
        }
    }
}

fn plain(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    url.strip_suffix("/api").unwrap_or(url).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use webpool_wire::Secret;

    const OWN: &str = "http://localhost:50080";

    fn door(invite: &str) -> Door {
        let pass = Some(Pass { invite: Secret::new(invite), visit: Secret::new("v") });
        Door {
            own_server: OWN.to_owned(),
            pass,
            takes_work: false,
            stale_after_s: Some(60),
            is_keyed: false,
        }
    }

    #[test]
    fn the_own_server_needs_no_key() {
        for url in [OWN, " http://LOCALHOST:50080/ ", "http://localhost:50080/api"] {
            assert_eq!(door("").way(url, " "), Way::Link, "{url}");
        }
        assert_eq!(door("secret").way(OWN, ""), Way::Invite);
    }

    #[test]
    fn another_server_or_a_key_goes_without_a_pass() {
        assert_eq!(door("secret").way("http://localhost:50081", ""), Way::Key);
        assert_eq!(door("secret").pass("http://localhost:50081"), None);
        assert_eq!(door("").way(OWN, "ab"), Way::Key);
        assert_eq!(Door { is_keyed: true, ..door("") }.way(OWN, ""), Way::Key);
        assert_eq!(Door::default().way("", ""), Way::Key);
    }

    #[test]
    fn what_the_own_server_bears_says_nothing_about_another() {
        assert_eq!(door("").stale_after_s("http://localhost:50080/api"), Some(60));
        assert_eq!(door("").stale_after_s("http://localhost:50081"), None);
    }

    #[test]
    fn submitting_without_a_key_is_the_servers_to_allow() {
        assert!(!door("").may_submit(OWN, ""));
        assert!(!door("secret").may_submit(OWN, ""));
        assert!(Door { takes_work: true, ..door("") }.may_submit(OWN, ""));
        assert!(door("").may_submit(OWN, "ab"));
        assert!(door("").may_submit("http://localhost:50081", ""));
    }
}
