//! Joining: what the colony's owner does for those who were let in.

use std::time::Duration;

use axum::body::Bytes;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    AddExecutor, AddUser, ApproveExecutor, GetExecutor, RemoveExecutor, RemoveUser, Request,
};
use webpool_colony::types::{Executor, User};
use webpool_colony::{Error, Id};
use webpool_gateway::{Joining, Profile};
use webpool_registrar::{Admission, Error as RegistrarError, NewMember, Reader};
use webpool_wire::link::{LinkRole, RefusalCode, Refused};

use super::office::{Office, now_ms, refuse};
use crate::backend::Answer;
use crate::clock;

/// The state of an executor that may work, and of one that was taken off.
pub(super) const APPROVED: i64 = 1;
const UNREGISTERED: i64 = 3;

impl Office {
    /// Decides whether somebody may join now who has come by an invite; who has come back may.
    ///
    /// # Errors
    ///
    /// [`RefusalCode::TooFast`].
    pub(super) fn admit_pace(&self, id: &Id, admission: &Admission) -> Result<(), Refused> {
        let Some(invite) = admission.invite().filter(|_| !self.is_member(id)) else {
            return Ok(());
        };
        let joined = self.throttle().join(invite, admission.terms().at_once);
        joined.map_err(|wait| {
            let seconds = wait.to_seconds();
            Refused {
                code: RefusalCode::TooFast,
                reason: format!("too many have joined by this invite; try again in {seconds} s"),
                retry_after_s: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
            }
        })
    }

    /// Lets somebody in. What is begun is gone through with, so that nobody is a member whom nobody
    /// knows.
    ///
    /// # Cancellation
    ///
    /// It goes on.
    pub(super) async fn let_in(&self, id: Id, joining: Joining) -> Answer {
        if !self.books().gateway.begin_join(&id) {
            return refuse(503, "the colony is being asked to let this executor in already");
        }
        let office = self.clone();
        let asking = tokio::spawn(async move {
            let profile = office.to_profile(&id, &joining);
            let answer = office.enlist_and_add(profile, joining).await;
            if answer.status >= 400 {
                office.books().gateway.rejected(&id);
            }
            office.hurry();
            answer
        });
        asking.await.unwrap_or_else(|_| refuse(500, "the executor was not let in"))
    }

    fn to_profile(&self, id: &Id, joining: &Joining) -> Profile {
        let (name, executor_type, role) = match joining {
            Joining::Executor(executor) => {
                (&executor.executorname, executor.executortype.clone(), LinkRole::Executor)
            }
            Joining::Visitor { name } => (name, String::new(), LinkRole::Visitor),
        };
        let colony = self.owner().colony().to_owned();
        Profile { id: id.clone(), name: name.clone(), executor_type, colony, role }
    }

    async fn enlist_and_add(&self, profile: Profile, joining: Joining) -> Answer {
        if let Err(refusal) = self.enlist(&profile) {
            return refusal;
        }
        if self.is_taken(&profile).await {
            self.note(|registrar, _| registrar.gone(&profile.id));
            return refuse(403, "Access denied, another executor of the colony has this name");
        }
        let added = match joining {
            Joining::Executor(executor) => self.add_executor(*executor).await,
            Joining::Visitor { .. } => self.add_visitor(&profile).await,
        };
        match added {
            Ok(answer) => {
                self.note(|registrar, _| registrar.settled(&profile.id));
                self.books().gateway.joined(self.now(), profile);
                answer
            }
            Err(error) => {
                tracing::warn!(name = profile.name, "not let in: {error}");
                // Nothing may be left of what was begun.
                self.take_off(&profile).await;
                to_answer(&error)
            }
        }
    }

    /// Writes down who is to be let in, if it may be.
    fn enlist(&self, profile: &Profile) -> Result<(), Answer> {
        let admission = self.books().admissions.get(&profile.id).cloned();
        let Some(admission) = admission else {
            return Err(refuse(403, "Access denied, joining takes a link"));
        };
        let new = NewMember {
            id: profile.id.clone(),
            name: profile.name.clone(),
            executor_type: profile.executor_type.clone(),
            colony: profile.colony.clone(),
            role: profile.role,
        };
        let enlisted = self.registrar().enlist(&admission, &new, now_ms());
        enlisted.map(drop).map_err(|error| {
            if !matches!(error, RegistrarError::Refused(_)) {
                tracing::error!("nobody is let in: {error}");
            }
            let refused = error.to_refused();
            // What passes by itself is tried again by who asks.
            let status = if refused.code.is_passing() { 503 } else { 403 };
            refuse(status, &format!("Access denied, {}", refused.reason))
        })
    }

    /// Whether the colony has an executor of this name with another key, which a server might replace.
    async fn is_taken(&self, profile: &Profile) -> bool {
        if profile.role == LinkRole::Visitor {
            return false;
        }
        let found = self.look_up::<GetExecutor>(|reader| reader.executor(&profile.name)).await;
        found.is_ok_and(|executor| {
            executor.executorid != profile.id && executor.state != UNREGISTERED
        })
    }

    /// Adds an executor and approves it.
    async fn add_executor(&self, asked: Executor) -> Result<Answer, Error> {
        let mut executor = Executor { state: 0, ..asked };
        match self.ask::<AddExecutor>(self.owner().add_executor(executor.clone())).await {
            Ok(added) => executor.commissiontime = added.commissiontime,
            // it asks again, since the answer was lost
            Err(error) if error.is_already_there() => executor.commissiontime = clock::now(),
            Err(error) => return Err(error),
        }
        let approve = self.owner().approve_executor(&executor.executorname);
        self.ask::<ApproveExecutor>(approve).await?;
        executor.state = APPROVED;
        Ok(success::<AddExecutor>(&serde_json::to_string(&executor).unwrap_or_default()))
    }

    /// Adds a user.
    async fn add_visitor(&self, profile: &Profile) -> Result<Answer, Error> {
        let user = User {
            colonyname: profile.colony.clone(),
            userid: profile.id.clone(),
            name: profile.name.clone(),
            ..User::default()
        };
        match self.ask::<AddUser>(self.owner().add_user(user.clone())).await {
            Ok(_) => {}
            Err(error) if error.is_already_there() => {}
            Err(error) => return Err(error),
        }
        Ok(success::<AddUser>(&serde_json::to_string(&user).unwrap_or_default()))
    }

    /// Asks the colony to take somebody off.
    pub(super) async fn remove(&self, profile: &Profile) -> Result<(), Error> {
        match profile.role {
            LinkRole::Executor => {
                let body = self.owner().remove_executor(&profile.name);
                self.ask::<RemoveExecutor>(body).await.map(drop)
            }
            LinkRole::Visitor => {
                let body = self.owner().remove_user(&profile.name);
                self.ask::<RemoveUser>(body).await.map(drop)
            }
        }
    }

    /// Reads in the colony, as a user that is added when it is none yet.
    pub(super) async fn look_up<R: Request>(
        &self,
        to_body: impl Fn(&Reader) -> String,
    ) -> Result<R::Reply, Error> {
        match self.ask::<R>(to_body(self.reader())).await {
            Err(Error::Refused { status: 403, .. }) => {
                let body = self.owner().add_user(self.reader().to_user());
                if let Err(error) = self.ask::<AddUser>(body).await {
                    tracing::debug!("the registrar is no user of the colony: {error}");
                }
                self.ask::<R>(to_body(self.reader())).await
            }
            found => found,
        }
    }

    async fn ask<R: Request>(&self, body: String) -> Result<R::Reply, Error> {
        let answer = self.backend().call(Bytes::from(body), Duration::ZERO).await;
        let answer = answer.map_err(|error| Error::Unreachable { reason: error.to_string() })?;
        R::read(answer.status, answer.body.as_bytes())
    }
}

fn to_answer(error: &Error) -> Answer {
    match error {
        Error::Refused { status, message } => refuse(*status, message),
        Error::Unreachable { .. } | Error::Malformed { .. } | Error::TooLarge { .. } => {
            refuse(502, "the colony cannot be reached")
        }
    }
}

pub(super) fn success<R: Request>(payload: &str) -> Answer {
    Answer { status: 200, body: ReplyEnvelope::success(R::TYPE, payload).to_body() }
}
