//! What is typed into the form for an invite, and what may be made of it.

use std::collections::HashMap;

use webpool_registrar::NewInvite;
use webpool_registrar::invite::{MOST_AT_ONCE, MOST_USES};

use crate::authority::ServerUrl;
use crate::cli::AT_ONCE;
use crate::error::{Error, sentence};

/// After how many hours no visit may begin any more, as text; empty is never.
pub(super) const ENDS: [(&str, &str); 5] = [
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
    pub(super) label: String,
    pub(super) uses: String,
    pub(super) at_once: String,
    pub(super) ends: String,
    pub(super) url: String,
    pub(super) executor_type: String,
    pub(super) name_prefix: String,
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
