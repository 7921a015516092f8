//! Who may come in, and how often visitors submit who are not on this machine.

use webpool_colony::Id;
use webpool_registrar::{Admission, Terms};
use webpool_wire::link::{LinkRole, RefusalCode, Refused};

use super::Visit;
use super::books::Origin;
use super::office::{Office, refuse};
use crate::backend::Answer;
use crate::link::office::now_ms;
use crate::rates::RetryAfter;

/// How many visitors may be there at the same time where they come from elsewhere too.
const VISITORS_AT_ONCE: u32 = 200;

impl Office {
    /// Decides whether a visit may begin, or go on: `token` and `mark` are what it shows.
    ///
    /// # Errors
    ///
    /// What is said to who may not come in.
    pub(super) fn admit_visit(
        &self,
        visit: &Visit,
        role: LinkRole,
        token: &str,
        mark: &str,
    ) -> Result<Admission, Refused> {
        let is_free = visit.is_local && token.is_empty();
        let is_visitor = role == LinkRole::Visitor;
        let admitted = if is_free {
            self.registrar().admit_local(self.local(), mark)
        } else if is_visitor {
            self.admit_visitor(visit)?;
            let terms = Terms { at_once: VISITORS_AT_ONCE, ..self.local().clone() };
            self.registrar().admit_local(&terms, mark)
        } else {
            self.registrar().admit(self.owner().colony(), token, mark, now_ms())
        };
        admitted.map_err(|error| {
            let refused = error.to_refused();
            if refused.code == RefusalCode::Unavailable {
                tracing::error!("nobody is let in: {error}");
            }
            refused
        })
    }

    /// Whether a visitor may come from elsewhere, which counts as a submission.
    fn admit_visitor(&self, visit: &Visit) -> Result<(), Refused> {
        if !self.visitors_submit() {
            let reason = "visitors submit on the machine that serves the page alone; who was \
                          invited may run processes, not submit them";
            return Err(Refused {
                code: RefusalCode::NoVisitors,
                reason: reason.to_owned(),
                retry_after_s: None,
            });
        }
        self.throttle().submit(visit.client).map_err(|wait| {
            let seconds = u32::try_from(wait.to_seconds()).unwrap_or(u32::MAX);
            let (code, reason) = (RefusalCode::TooFast, too_often(wait));
            Refused { code, reason, retry_after_s: Some(seconds) }
        })
    }

    /// Remembers where somebody is who comes in now.
    pub(super) fn locate(&self, id: &Id, visit: &Visit) {
        let elsewhere = Origin::Elsewhere(visit.client);
        let origin = if visit.is_local { Origin::Here } else { elsewhere };
        self.books().origins.insert(id.clone(), origin);
    }

    /// Decides whether a visitor may submit now, whichever way it asks.
    ///
    /// # Errors
    ///
    /// What is answered instead.
    pub(super) fn admit_submission(&self, id: &Id) -> Result<(), Answer> {
        let origin = self.books().origins.get(id).copied();
        let client = match origin {
            Some(Origin::Here) => return Ok(()),
            Some(Origin::Elsewhere(client)) => client,
            None => None,
        };
        self.throttle().submit(client).map_err(|wait| refuse(429, &too_often(wait)))
    }
}

fn too_often(wait: RetryAfter) -> String {
    let seconds = wait.to_seconds();
    format!(
        "too many submissions from your address, allowed are 30 at once and 60 a minute; try again \
         in {seconds} s"
    )
}
