//! Leaving: by one's own word, by silence, and by the operator's.

use std::time::Duration;

use tokio::time::sleep;
use webpool_colony::Id;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_gateway::presence::Session;
use webpool_gateway::reading::Letter;
use webpool_gateway::{Action, Ending, Profile};
use webpool_registrar::{Error, Member, MemberState, Outcome};

use super::office::Office;
use crate::backend::Answer;

/// How long it takes until somebody who could not be taken off is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What is said to those who have to go.
const REVOKED: &str = "the operator has ended this visit, or revoked the invite";

impl Office {
    /// After a restart: who had joined may come back, the others are taken off.
    pub(super) fn restore(&self) -> Result<(), Error> {
        let (members, former) = {
            let registrar = self.registrar();
            let colony = self.owner().colony();
            (registrar.members(colony)?, registrar.former(colony)?)
        };
        let (joined, others): (Vec<Member>, Vec<Member>) =
            members.into_iter().partition(|member| member.state == MemberState::Joined);
        let held = |member: Member| {
            let process = member.holds.as_ref().map(|held| held.process_id.clone());
            (to_profile(member), process)
        };
        self.books().gateway.restore(self.now(), joined.into_iter().map(held), former);
        let leave = others.into_iter().map(|member| Action::Remove(to_profile(member)));
        self.carry_out(leave.collect());
        Ok(())
    }

    /// A session has ended.
    pub(super) fn exit(&self, session: Session, id: &Id, ending: Ending) {
        if self.is_member(id) {
            let silent = match ending {
                Ending::Goodbye | Ending::Broken => Duration::ZERO,
                Ending::Silent { since } => self.now().saturating_sub(since),
            };
            let silent_ms = i64::try_from(silent.as_millis()).unwrap_or(i64::MAX);
            self.note(|registrar, now| registrar.parted(id, now.saturating_sub(silent_ms)));
        }
        let actions = {
            let mut books = self.books();
            books.forget(session);
            let actions = books.gateway.close(self.now(), session, id, ending);
            if books.gateway.session(id).is_none() {
                books.admissions.remove(id);
                books.origins.remove(id);
            }
            actions
        };
        self.carry_out(actions);
        self.hurry();
    }

    /// Lets somebody go who has said so.
    pub(super) async fn dismiss(&self, letter: &Letter) -> Answer {
        let action = self.books().gateway.leave(&letter.signer);
        if let Some(Action::Remove(profile)) = action {
            self.take_off(&profile).await;
        }
        let body = ReplyEnvelope::success(&letter.kind, "{}").to_body();
        Answer { status: 200, body }
    }

    /// Takes somebody off the colony, however long it takes to reach it.
    pub(super) async fn take_off(&self, profile: &Profile) {
        self.note(|registrar, _| registrar.leaving(&profile.id));
        loop {
            match self.remove(profile).await {
                Err(error) if error.server_sentence().is_none() => {
                    tracing::warn!(name = profile.name, "not taken off yet: {error}");
                    sleep(RETRY).await;
                }
                Err(error) => {
                    tracing::debug!(name = profile.name, "was not there: {error}");
                    break;
                }
                Ok(()) => break,
            }
        }
        let given_back = {
            let mut books = self.books();
            let member = books.gateway.member(&profile.id);
            let held = member.map_or(0, webpool_gateway::Member::held_count);
            books.gateway.removed(&profile.id);
            if self.polls().has_open(&profile.id) {
                books.leavers.insert(profile.id.clone(), profile.clone());
            }
            held
        };
        for _ in 0..given_back {
            self.note(|registrar, now| registrar.count(&profile.id, Outcome::GivenBack, now));
        }
        self.note(|registrar, _| registrar.gone(&profile.id));
    }

    /// A request for work of somebody who has left has come back, perhaps with work: that is to wait
    /// again.
    pub(super) async fn return_work(&self, id: &Id, has_answer: bool) {
        let profile = self.books().leavers.remove(id);
        if let Some(profile) = profile.filter(|_| has_answer)
            && let Err(error) = self.remove(&profile).await
        {
            tracing::debug!(name = profile.name, "not taken off again: {error}");
        }
    }

    /// Sends those off whom a command has sent off.
    pub(super) fn send_off_the_revoked(&self) {
        let changed = self.registrar().has_changed();
        match changed {
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => return tracing::error!("the registrar's file: {error}"),
        }
        let members = self.registrar().members(self.owner().colony());
        let leaving = members.unwrap_or_default().into_iter();
        for member in leaving.filter(|member| member.state == MemberState::Leaving) {
            self.send_off(&member.id, REVOKED);
        }
    }

    /// Sends somebody off by the operator's word.
    pub(super) fn send_off(&self, id: &Id, reason: &str) {
        let action = {
            let mut books = self.books();
            if let Some(session) = books.gateway.session(id) {
                books.send_off(session, reason);
            }
            books.gateway.dismiss(id)
        };
        self.carry_out(action.into_iter().collect());
    }
}

fn to_profile(member: Member) -> Profile {
    Profile {
        id: member.id,
        name: member.name,
        executor_type: member.executor_type,
        colony: member.colony,
        role: member.role,
    }
}
