//! Who may follow processes before ColonyOS servers, which show them to anybody: the colony's owner, its
//! users and its approved executors. They are looked up there, and remembered for a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use webpool_colony::request::{GetExecutorById, GetUserById};
use webpool_colony::{Error, Id};
use webpool_gateway::Verdict;

use super::entry::APPROVED;
use super::office::Office;

/// How long somebody is remembered.
const MEMORY: Duration = Duration::from_mins(1);

/// How many are remembered at most.
const MOST: usize = 1024;

/// Those who were looked up and found, and until when that counts.
#[derive(Debug, Default)]
pub(super) struct Followers(Mutex<HashMap<Id, Duration>>);

impl Followers {
    fn knows(&self, id: &Id, now: Duration) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).is_some_and(|until| now < *until)
    }

    fn remember(&self, id: &Id, now: Duration) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, until| now < *until);
        if known.len() < MOST {
            known.insert(id.clone(), now + MEMORY);
        }
    }
}

impl Office {
    /// Whether somebody who did not come by link may follow processes.
    ///
    /// # Errors
    ///
    /// What is said to who may not, in the shape of a ColonyOS server.
    pub(crate) async fn admit_follower(&self, id: &Id) -> Result<(), String> {
        if self.followers().knows(id, self.now()) || self.owner().id() == *id {
            return Ok(());
        }
        match self.is_of_the_colony(id).await {
            Ok(true) => {
                self.followers().remember(id, self.now());
                Ok(())
            }
            Ok(false) => {
                let sentence = "Access denied, only members of the colony may follow its processes";
                Err(Verdict::to_body(403, sentence))
            }
            Err(error) => {
                tracing::warn!("nobody can be looked up in the colony: {error}");
                Err(Verdict::to_body(502, "the colony cannot be reached"))
            }
        }
    }

    async fn is_of_the_colony(&self, id: &Id) -> Result<bool, Error> {
        let user = found(self.look_up::<GetUserById>(|reader| reader.user_of(id)).await)?;
        if user.is_some_and(|user| user.userid == *id) {
            return Ok(true);
        }
        let ask = self.look_up::<GetExecutorById>(|reader| reader.executor_of(id));
        let is_ours = |colony: &str| colony == self.owner().colony();
        Ok(found(ask.await)?.is_some_and(|executor| {
            executor.executorid == *id
                && executor.state == APPROVED
                && is_ours(&executor.colonyname)
        }))
    }
}

/// What was found; none if the server knows nothing of it, or does not show it.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
