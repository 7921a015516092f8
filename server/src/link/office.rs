//! Who is here, what they may do, and what is due.
//!
//! What the gateway decides is kept in memory; who came by what right, and what they hold, is
//! written down by the registrar, so that a restart forgets nobody.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};
use webpool_colony::request::CloseSuccessful;
use webpool_colony::{Id, Request as _};
use webpool_gateway::presence::Session;
use webpool_gateway::reading::{Body, Letter, read};
use webpool_gateway::{Action, Meaning, Opened, Settings, Verdict};
use webpool_registrar::{Admission, Error, Look, Outcome, Owner, Reader, Registrar, Terms};
use webpool_wire::link::LinkRole;

use super::books::{Books, Order};
use super::build::{self, Build};
use super::followers::Followers;
use super::polls::Polls;
use crate::backend::{Answer, Backend, Event, Unreachable};
use crate::clock;
use crate::throttle::Throttle;

/// How often it is looked whether a command has changed something.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the gateway acts with.
#[derive(Debug)]
pub(crate) struct Rights {
    /// The colony's owner, who lets executors in and sends them off.
    pub(crate) owner: Owner,
    /// A user of its own, who may read, as the owner may not.
    pub(crate) reader: Reader,
    /// Who is invited, and who was let in.
    pub(crate) registrar: Registrar,
    /// What those may do who come from this machine, and need no invite.
    pub(crate) local: Terms,
    /// The files of the page that is served.
    pub(crate) dist: PathBuf,
    /// Whether visitors may submit who come from elsewhere.
    pub(crate) visitors_submit: bool,
    /// How long what stands behind bears the silence of an executor, in s, if that is known.
    pub(crate) stale_after_s: Option<u32>,
    /// What visitors may submit, and all other rules.
    pub(crate) settings: Settings,
    /// How often somebody may join.
    pub(crate) throttle: Throttle,
}

/// The gateway's office; clones are handles to the same one.
#[derive(Clone)]
pub(crate) struct Office {
    shared: Arc<Shared>,
}

struct Shared {
    backend: Backend,
    owner: Owner,
    reader: Reader,
    registrar: Mutex<Registrar>,
    local: Terms,
    visitors_submit: bool,
    stale_after_s: Option<u32>,
    build: Build,
    throttle: Throttle,
    began: Instant,
    books: Mutex<Books>,
    polls: Polls,
    followers: Followers,
    /// Something is due earlier than before.
    is_changed: Notify,
    numbers: AtomicU64,
}

impl Office {
    /// Opens the office: who was a member may come back, who was on the way in or out is taken off.
    /// Its clock runs until the last handle is dropped.
    ///
    /// # Errors
    ///
    /// If the registrar's file cannot be read.
    pub(crate) fn open(backend: Backend, rights: Rights) -> Result<Self, Error> {
        let Rights { visitors_submit, stale_after_s, .. } = rights;
        let Rights { owner, reader, registrar, local, dist, settings, throttle, .. } = rights;
        let shared = Shared {
            polls: Polls::new(&backend),
            followers: Followers::default(),
            backend,
            owner,
            reader,
            registrar: Mutex::new(registrar),
            local,
            visitors_submit,
            stale_after_s,
            build: Build::of(&dist),
            throttle,
            began: Instant::now(),
            books: Mutex::new(Books::new(settings)),
            is_changed: Notify::new(),
            numbers: AtomicU64::new(0),
        };
        let office = Self { shared: Arc::new(shared) };
        office.restore()?;
        tokio::spawn(keep_time(office.clone()));
        tokio::spawn(build::watch(office.clone()));
        Ok(office)
    }

    /// A way back here, as long as somebody else holds the office.
    pub(super) fn way_back(&self) -> impl Fn() -> Option<Self> + use<> {
        let weak = Arc::downgrade(&self.shared);
        move || weak.upgrade().map(|shared| Self { shared })
    }

    /// The backend behind.
    pub(crate) fn backend(&self) -> &Backend {
        &self.shared.backend
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.shared.owner
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.shared.reader
    }

    pub(super) fn local(&self) -> &Terms {
        &self.shared.local
    }

    /// Whether visitors may submit who come from elsewhere.
    pub(super) fn visitors_submit(&self) -> bool {
        self.shared.visitors_submit
    }

    /// How long what stands behind bears the silence of an executor, in s, if that is known.
    pub(super) fn stale_after_s(&self) -> Option<u32> {
        self.shared.stale_after_s
    }

    /// The build of the page that is served.
    pub(super) fn build(&self) -> &Build {
        &self.shared.build
    }

    pub(super) fn polls(&self) -> &Polls {
        &self.shared.polls
    }

    pub(super) fn throttle(&self) -> &Throttle {
        &self.shared.throttle
    }

    pub(super) fn followers(&self) -> &Followers {
        &self.shared.followers
    }

    /// The time since the office was opened.
    pub(super) fn now(&self) -> Duration {
        self.shared.began.elapsed()
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.shared.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The registrar; what it is asked may wait for the disk.
    pub(super) fn registrar(&self) -> MutexGuard<'_, Registrar> {
        self.shared.registrar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the registrar something; that it cannot be written down is no reason to stop.
    pub(super) fn note(&self, tell: impl FnOnce(&Registrar, i64) -> Result<(), Error>) {
        if let Err(error) = tell(&self.registrar(), now_ms()) {
            tracing::error!("not written down: {error}");
        }
    }

    /// A number that was never given out.
    pub(super) fn number(&self) -> u64 {
        self.shared.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Something is due earlier than before.
    pub(super) fn hurry(&self) {
        self.shared.is_changed.notify_one();
    }

    /// Whether a key belongs to somebody who came by link, now or once.
    pub(crate) fn is_stranger(&self, id: &Id) -> bool {
        self.books().gateway.is_stranger(id)
    }

    /// Whether somebody who has said nothing since then has fallen silent, though pings are answered.
    pub(super) fn is_mute(&self, id: &Id, said: Duration) -> bool {
        self.books().gateway.is_mute(self.now(), id, said)
    }

    /// Whether somebody is a member who may come back, or is here.
    pub(super) fn is_member(&self, id: &Id) -> bool {
        self.books().gateway.member(id).is_some()
    }

    /// Says what an invite is about.
    ///
    /// # Errors
    ///
    /// If the registrar's file cannot be read.
    pub(super) fn look(&self, token: &str) -> Result<Look, Error> {
        self.registrar().look(self.owner().colony(), token, now_ms())
    }

    /// Somebody has proved its key: how things stand with it.
    pub(super) fn enter(
        &self,
        id: &Id,
        role: LinkRole,
        admission: Admission,
        say: mpsc::UnboundedSender<Order>,
    ) -> (Session, Opened) {
        let session = self.number();
        let mut books = self.books();
        let opened = books.gateway.open(session, id, role);
        books.begin(session, say);
        books.admissions.insert(id.clone(), admission);
        if let Some(before) = opened.replaced {
            books.end(before);
        }
        (session, opened)
    }

    /// Handles a body that came by `POST /api`, or by the link of `by`, whose key has to have signed
    /// it.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// # Cancellation
    ///
    /// A request for work is withdrawn; any other may be carried out all the same.
    pub(crate) async fn handle(&self, by: Option<&Id>, body: Bytes) -> Result<Answer, Unreachable> {
        let letter = match read(&body) {
            Body::Letter(letter) => letter,
            Body::Public => return self.send_on(body).await,
            Body::Unsigned(flaw) => return Ok(refuse(403, &flaw)),
            Body::Broken(flaw) => return Ok(refuse(400, &flaw)),
        };
        if by.is_some_and(|id| *id != letter.signer) {
            let sentence = "Access denied, this is signed with another key than the link's";
            return Ok(refuse(403, sentence));
        }
        let verdict = self.books().gateway.judge(&letter);
        match verdict {
            Verdict::Pass if by.is_some() => Ok(refuse(403, "Access denied, join first")),
            Verdict::Pass => self.send_on(body).await,
            Verdict::Refuse { status, sentence } => {
                tracing::debug!(kind = letter.kind, "refused: {sentence}");
                Ok(refuse(status, &sentence))
            }
            Verdict::Forward(Meaning::Submit) => match self.admit_submission(&letter.signer) {
                Ok(()) => self.forward(&letter, &Meaning::Submit, body).await,
                Err(refusal) => Ok(refusal),
            },
            Verdict::Forward(Meaning::Poll) => Ok(self.wait_for_work(&letter, body).await),
            Verdict::Forward(meaning) => self.forward(&letter, &meaning, body).await,
            Verdict::Join(joining) => Ok(self.let_in(letter.signer, joining).await),
            Verdict::Leave => Ok(self.dismiss(&letter).await),
        }
    }

    /// Judges a frame that came over `/pubsub`; who has signed it, if nobody who came by link.
    ///
    /// # Errors
    ///
    /// What is said instead of it.
    pub(crate) fn judge_frame(&self, frame: &[u8]) -> Result<Option<Id>, Event> {
        let letter = match read(frame) {
            Body::Letter(letter) => letter,
            Body::Public => return Ok(None),
            Body::Unsigned(_) | Body::Broken(_) => return Err(Event::Close),
        };
        let (status, sentence) = match self.books().gateway.judge(&letter) {
            Verdict::Pass => return Ok(Some(letter.signer)),
            Verdict::Forward(Meaning::Other) => return Ok(None),
            Verdict::Refuse { status, sentence } => (status, sentence),
            Verdict::Forward(_) | Verdict::Join(_) | Verdict::Leave => {
                (403, "Access denied, this is no subscription".to_owned())
            }
        };
        Err(Event::Frame(Verdict::to_body(status, &sentence).into()))
    }

    /// Whether a subscription that came by the link of `by` may be begun.
    pub(super) fn may_follow(&self, by: &Id, frame: &[u8]) -> bool {
        let Body::Letter(letter) = read(frame) else { return false };
        letter.signer == *by
            && matches!(self.books().gateway.judge(&letter), Verdict::Forward(Meaning::Other))
    }

    async fn send_on(&self, body: Bytes) -> Result<Answer, Unreachable> {
        let wait = self.backend().wait(&body);
        self.backend().call(body, wait).await
    }

    async fn forward(
        &self,
        letter: &Letter,
        meaning: &Meaning,
        body: Bytes,
    ) -> Result<Answer, Unreachable> {
        let answer = self.send_on(body).await?;
        self.observe(&letter.signer, meaning, &answer);
        if matches!(meaning, Meaning::Close(_)) && answer.status == 200 {
            let is_done = letter.kind == CloseSuccessful::TYPE;
            let outcome = if is_done { Outcome::Done } else { Outcome::Failed };
            self.note(|registrar, now| registrar.count(&letter.signer, outcome, now));
        }
        Ok(answer)
    }

    /// Learns from an answer; the process that was given with it.
    pub(super) fn observe(&self, id: &Id, meaning: &Meaning, answer: &Answer) -> Option<String> {
        let (now, body) = (self.now(), answer.body.as_bytes());
        let given = self.books().gateway.observe(now, id, meaning, answer.status, body);
        if let Some(process) = &given {
            self.note(|registrar, now| registrar.hold(id, Some(process), now));
        }
        given
    }

    async fn wait_for_work(&self, letter: &Letter, body: Bytes) -> Answer {
        let kind = {
            let books = self.books();
            let member = books.gateway.member(&letter.signer);
            member.map(|member| member.profile.executor_type.clone()).unwrap_or_default()
        };
        self.polls().wait(self, &letter.signer, &kind, body).await
    }

    pub(super) fn carry_out(&self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Remove(profile) => {
                    let office = self.clone();
                    tokio::spawn(async move { office.take_off(&profile).await });
                }
                Action::End(session) => self.books().end(session),
            }
        }
    }
}

/// Does what is due, as long as there is an office.
async fn keep_time(office: Office) {
    let way_back = office.way_back();
    drop(office);
    while let Some(office) = way_back() {
        let now = office.now();
        let actions = office.books().gateway.tick(now);
        office.carry_out(actions);
        office.polls().tick(&office);
        office.send_off_the_revoked();
        let due = [office.books().gateway.due(), office.polls().due()];
        let next = due.into_iter().flatten().min().unwrap_or(now + LOOK_EVERY);
        let at = office.shared.began + next.min(now + LOOK_EVERY).max(now);
        tokio::select! {
            () = sleep_until(at) => {}
            () = office.shared.is_changed.notified() => {}
        }
    }
}

/// The wall clock, in ms since 1970.
pub(super) fn now_ms() -> i64 {
    let ns = clock::now().to_unix_ns().unwrap_or_default();
    i64::try_from(ns / 1_000_000).unwrap_or(i64::MAX)
}

/// An answer in the shape of a ColonyOS server.
pub(super) fn refuse(status: u16, sentence: &str) -> Answer {
    Answer { status, body: Verdict::to_body(status, sentence) }
}
