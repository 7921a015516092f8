//! Everything together: members, their sessions, and the judge.
//!
//! A driver tells what happens ([`Gateway::open`], [`Gateway::close`], [`Gateway::joined`],
//! [`Gateway::observe`] …) and asks ([`Gateway::judge`], [`Gateway::due`]); what it has to do comes
//! back as [`Action`]s.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use webpool_colony::request::{GetProcessHist, Submit};
use webpool_colony::{Assigned, Id, Process, ProcessState, Request as _, reply};
use webpool_wire::link::LinkRole;

use crate::member::{Member, Profile};
use crate::permission::{Meaning, Offer, Verdict, judge_former, judge_member, judge_stranger};
use crate::presence::{BROKEN, Ending, MUTE, Presence, RESTARTED, Session, grace};
use crate::reading::Letter;

/// What a gateway is made from.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What visitors may submit; none if they may not.
    pub offer: Option<Offer>,
    /// The longest that one request for work may wait at the server behind, in s; none if as long as
    /// it likes.
    pub longest_poll_s: Option<u32>,
}

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take somebody off the colony: what it holds waits again. Then call [`Gateway::removed`], or
    /// try again later.
    Remove(Profile),
    /// End a session: somebody else has proved the same key, or its time is over.
    End(Session),
}

/// How things stand with who has opened a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Whether it is a member.
    pub is_known: bool,
    /// The process it holds.
    pub holds: Option<String>,
    /// The session that this one takes the place of.
    pub replaced: Option<Session>,
}

/// The gateway: see the module.
#[derive(Debug, Default)]
pub struct Gateway {
    settings: Settings,
    members: HashMap<Id, Member>,
    /// Who was a member once: its key opens no door.
    former: HashSet<Id>,
    /// Who has a session and is no member yet.
    strangers: HashMap<Id, (Session, LinkRole)>,
    /// Whom the colony is asked to let in, and whether it has said meanwhile that it leaves.
    joining: HashMap<Id, bool>,
}

impl Gateway {
    /// A gateway that knows nobody.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// After a restart: these were members, and may come back; those were members once.
    pub fn restore(
        &mut self,
        now: Duration,
        members: impl IntoIterator<Item = (Profile, Option<String>)>,
        former: impl IntoIterator<Item = Id>,
    ) {
        self.former.extend(former);
        for (profile, held) in members {
            let mut member = Member::new(profile, Presence::Away(now + RESTARTED));
            if let Some(process) = held {
                member.take(now, &process);
            }
            self.members.insert(member.profile.id.clone(), member);
        }
    }

    /// Somebody has proved its key.
    pub fn open(&mut self, session: Session, id: &Id, role: LinkRole) -> Opened {
        let Some(member) = self.members.get_mut(id) else {
            let before = self.strangers.insert(id.clone(), (session, role));
            let replaced = before.map(|(session, _)| session);
            return Opened { is_known: false, holds: None, replaced };
        };
        let holds = member.held().map(str::to_owned);
        match member.presence {
            Presence::Leaving => Opened { is_known: false, holds: None, replaced: None },
            Presence::Away(_) => {
                member.presence = Presence::Here(session);
                Opened { is_known: true, holds, replaced: None }
            }
            Presence::Here(before) => {
                member.presence = Presence::Here(session);
                Opened { is_known: true, holds, replaced: Some(before) }
            }
        }
    }

    /// A session has ended.
    pub fn close(
        &mut self,
        now: Duration,
        session: Session,
        id: &Id,
        ending: Ending,
    ) -> Vec<Action> {
        if self.strangers.get(id).is_some_and(|(its, _)| *its == session) {
            self.strangers.remove(id);
        }
        let Some(member) = self.members.get_mut(id) else { return Vec::new() };
        // one that was replaced says nothing about its member
        if member.presence != Presence::Here(session) {
            return Vec::new();
        }
        member.presence = Presence::Away(grace(now, ending, member.busy_for(now)));
        self.tick(now)
    }

    /// The colony is about to be asked to let somebody in; false if it is being asked already.
    /// Either [`Gateway::joined`] or [`Gateway::rejected`] has to follow, whatever happens.
    pub fn begin_join(&mut self, id: &Id) -> bool {
        if self.joining.contains_key(id) {
            return false;
        }
        self.joining.insert(id.clone(), false);
        true
    }

    /// The colony has let somebody in.
    pub fn joined(&mut self, now: Duration, profile: Profile) {
        let id = profile.id.clone();
        let has_left = self.joining.remove(&id).unwrap_or_default();
        let presence = match self.strangers.remove(&id) {
            _ if has_left => Presence::Away(now),
            Some((session, _)) => Presence::Here(session),
            // its session has ended meanwhile
            None => Presence::Away(now + BROKEN),
        };
        self.members.entry(id).or_insert_with(|| Member::new(profile, presence));
    }

    /// The colony has not let somebody in.
    pub fn rejected(&mut self, id: &Id) {
        self.joining.remove(id);
    }

    /// Somebody leaves, or is sent away: from now on it counts for nothing.
    pub fn leave(&mut self, id: &Id) -> Option<Action> {
        if let Some(has_left) = self.joining.get_mut(id) {
            *has_left = true;
        }
        let member = self.members.get_mut(id)?;
        member.presence = Presence::Leaving;
        Some(Action::Remove(member.profile.clone()))
    }

    /// The operator sends somebody away; nothing if it is on its way out already. Whom the colony is
    /// just being asked to let in leaves as soon as it has.
    pub fn dismiss(&mut self, id: &Id) -> Option<Action> {
        let member = self.members.get(id);
        let is_leaving = member.is_some_and(|member| member.presence == Presence::Leaving);
        if is_leaving { None } else { self.leave(id) }
    }

    /// The colony has taken somebody off.
    pub fn removed(&mut self, id: &Id) {
        if self.members.remove(id).is_some() {
            self.former.insert(id.clone());
        }
    }

    /// Who is known.
    pub fn member(&self, id: &Id) -> Option<&Member> {
        self.members.get(id)
    }

    /// All who are known.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Whether a key belongs to somebody who came by link, now or once.
    pub fn is_stranger(&self, id: &Id) -> bool {
        self.members.contains_key(id)
            || self.strangers.contains_key(id)
            || self.joining.contains_key(id)
            || self.former.contains(id)
    }

    /// The session of a member, or of who is about to become one, if it has one.
    pub fn session(&self, id: &Id) -> Option<Session> {
        if let Some((session, _)) = self.strangers.get(id) {
            return Some(*session);
        }
        match self.members.get(id)?.presence {
            Presence::Here(session) => Some(session),
            Presence::Away(_) | Presence::Leaving => None,
        }
    }

    /// Whether somebody who has said nothing since `said`, but answers pings, has fallen silent all the
    /// same.
    pub fn is_mute(&self, now: Duration, id: &Id, said: Duration) -> bool {
        let silence = now.saturating_sub(said);
        self.members.get(id).is_some_and(|member| silence.min(member.busy_for(now)) > MUTE)
    }

    /// Judges a request, whichever way it came.
    pub fn judge(&self, letter: &Letter) -> Verdict {
        if let Some(member) = self.members.get(&letter.signer) {
            if member.presence == Presence::Leaving {
                return judge_former(letter);
            }
            return judge_member(member, &self.settings, letter);
        }
        if let Some((_, role)) = self.strangers.get(&letter.signer) {
            let was_member = self.former.contains(&letter.signer);
            return judge_stranger(&letter.signer, *role, was_member, letter);
        }
        let is_known = self.is_stranger(&letter.signer);
        if is_known { judge_former(letter) } else { Verdict::Pass }
    }

    /// Learns from the answer to a request that was sent on. The process that who asked was given
    /// by it, if any.
    pub fn observe(
        &mut self,
        now: Duration,
        id: &Id,
        meaning: &Meaning,
        status: u16,
        body: &[u8],
    ) -> Option<String> {
        match meaning {
            Meaning::Poll | Meaning::Life => {
                let Ok(Assigned::Process(process)) = reply::read_assigned(status, body) else {
                    return None;
                };
                self.take(now, id, &process);
                Some(process.processid)
            }
            Meaning::Close(process) => {
                if (200..300).contains(&status) || is_over(status) {
                    self.members.get_mut(id)?.end(process);
                }
                None
            }
            Meaning::Submit => {
                let process = Submit::read(status, body).ok()?;
                self.members.get_mut(id)?.remember(&process.processid);
                None
            }
            Meaning::Recover => {
                let found = GetProcessHist::read(status, body).ok()?.unwrap_or_default();
                for process in found.iter().filter(|process| process.assignedexecutorid == *id) {
                    self.take(now, id, process);
                }
                None
            }
            Meaning::Other => None,
        }
    }

    fn take(&mut self, now: Duration, id: &Id, process: &Process) {
        if let Some(member) = self.members.get_mut(id)
            && !member.holds(&process.processid)
            && process.state() == Some(ProcessState::Running)
        {
            member.take(now, &process.processid);
        }
    }

    /// Does what is due: whose time to come back is over, is taken off.
    pub fn tick(&mut self, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        for member in self.members.values_mut() {
            if matches!(member.presence, Presence::Away(until) if until <= now) {
                member.presence = Presence::Leaving;
                actions.push(Action::Remove(member.profile.clone()));
            }
        }
        actions
    }

    /// When something is due.
    pub fn due(&self) -> Option<Duration> {
        let until = |member: &Member| match member.presence {
            Presence::Away(until) => Some(until),
            Presence::Here(_) | Presence::Leaving => None,
        };
        self.members.values().filter_map(until).min()
    }
}

/// Whether a refused close says that the process is over, or somebody else's.
const fn is_over(status: u16) -> bool {
    matches!(status, 400 | 403 | 404)
}

#[cfg(test)]
mod tests;
