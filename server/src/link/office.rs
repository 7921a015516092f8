//! Who is here, what they may do, and what is due.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until};
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{AddExecutor, AddUser, ApproveExecutor, RemoveExecutor, RemoveUser};
use webpool_colony::types::{Executor, User};
use webpool_colony::{Error, Id, PrivateKey, Request, Timestamp};
use webpool_gateway::presence::Session;
use webpool_gateway::reading::{Body, Letter, read};
use webpool_gateway::{
    Action, Ending, Gateway, Joining, Meaning, Opened, Profile, Settings, Verdict,
};
use webpool_wire::link::{FromGateway, LinkRole};

use super::polls::Polls;
use crate::backend::{Answer, Backend, Event, Unreachable};
use crate::clock;

/// The states of an executor that may work.
const APPROVED: i64 = 1;

/// How long it takes until somebody who could not be taken off is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What the gateway acts with.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    /// The colony's owner, who lets executors in and sends them off.
    pub(crate) owner: PrivateKey,
    /// The colony.
    pub(crate) colony: String,
    /// The build of the page that is served.
    pub(crate) build: String,
    /// What visitors may submit, and all other rules.
    pub(crate) settings: Settings,
}

/// The gateway's office; clones are handles to the same one.
#[derive(Clone)]
pub(crate) struct Office {
    shared: Arc<Shared>,
}

/// What a session is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Say this.
    Say(FromGateway),
    /// End: another session has taken its place.
    End,
}

struct Shared {
    backend: Backend,
    rights: Rights,
    began: Instant,
    books: Mutex<Books>,
    polls: Polls,
    /// Something is due earlier than before.
    is_changed: Notify,
    numbers: AtomicU64,
}

/// What is known about those who came.
struct Books {
    gateway: Gateway,
    sessions: HashMap<Session, mpsc::UnboundedSender<Order>>,
    /// Who has left, as long as a request of theirs may be at the backend.
    leavers: HashMap<Id, Profile>,
}

impl Office {
    /// Opens the office; its clock runs until the last handle is dropped.
    pub(crate) fn open(backend: Backend, rights: Rights) -> Self {
        let gateway = Gateway::new(rights.settings.clone());
        let shared = Shared {
            polls: Polls::new(&backend),
            backend,
            rights,
            began: Instant::now(),
            books: Mutex::new(Books { gateway, sessions: HashMap::new(), leavers: HashMap::new() }),
            is_changed: Notify::new(),
            numbers: AtomicU64::new(0),
        };
        let office = Self { shared: Arc::new(shared) };
        tokio::spawn(keep_time(office.clone()));
        office
    }

    /// The backend behind.
    pub(crate) fn backend(&self) -> &Backend {
        &self.shared.backend
    }

    /// What it acts with.
    pub(super) fn rights(&self) -> &Rights {
        &self.shared.rights
    }

    pub(super) fn polls(&self) -> &Polls {
        &self.shared.polls
    }

    /// The time since the office was opened.
    pub(super) fn now(&self) -> Duration {
        self.shared.began.elapsed()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.shared.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that was never given out.
    pub(super) fn number(&self) -> u64 {
        self.shared.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a key belongs to somebody who came by link, now or once.
    pub(crate) fn is_stranger(&self, id: &Id) -> bool {
        self.books().gateway.is_stranger(id)
    }

    /// Whether somebody is a member who may come back, or is here.
    pub(super) fn is_member(&self, id: &Id) -> bool {
        self.books().gateway.member(id).is_some()
    }

    /// Somebody has proved its key: how things stand with it.
    pub(super) fn enter(
        &self,
        id: &Id,
        role: LinkRole,
        say: mpsc::UnboundedSender<Order>,
    ) -> (Session, Opened) {
        let session = self.number();
        let mut books = self.books();
        let opened = books.gateway.open(session, id, role);
        books.sessions.insert(session, say);
        if let Some(before) = opened.replaced.and_then(|before| books.sessions.remove(&before)) {
            // Its socket may be gone already.
            before.send(Order::End).unwrap_or_default();
        }
        (session, opened)
    }

    /// A session has ended.
    pub(super) fn exit(&self, session: Session, id: &Id, ending: Ending) {
        let actions = {
            let mut books = self.books();
            books.sessions.remove(&session);
            books.gateway.close(self.now(), session, id, ending)
        };
        self.carry_out(actions);
        self.shared.is_changed.notify_one();
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
            // nobody speaks for another over a link: its own key is a stranger's
            Verdict::Pass => self.send_on(body).await,
            Verdict::Refuse { status, sentence } => {
                tracing::debug!(kind = letter.kind, "refused: {sentence}");
                Ok(refuse(status, &sentence))
            }
            Verdict::Forward(Meaning::Poll) => Ok(self.wait_for_work(&letter, body).await),
            Verdict::Forward(meaning) => self.forward(&letter, &meaning, body).await,
            Verdict::Join(Joining::Executor(executor)) => Ok(self.admit(*executor).await),
            Verdict::Join(Joining::Visitor { name }) => {
                Ok(self.welcome(&letter.signer, name).await)
            }
            Verdict::Leave => Ok(self.dismiss(&letter).await),
        }
    }

    /// Judges a frame that came over `/pubsub`.
    ///
    /// # Errors
    ///
    /// What is said instead of it.
    pub(crate) fn judge_frame(&self, frame: &[u8]) -> Result<(), Event> {
        let letter = match read(frame) {
            Body::Letter(letter) => letter,
            Body::Public => return Ok(()),
            Body::Unsigned(_) | Body::Broken(_) => return Err(Event::Close),
        };
        let (status, sentence) = match self.books().gateway.judge(&letter) {
            Verdict::Pass | Verdict::Forward(Meaning::Other) => return Ok(()),
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
        Ok(answer)
    }

    /// Learns from an answer; the process that was given with it.
    pub(super) fn observe(&self, id: &Id, meaning: &Meaning, answer: &Answer) -> Option<String> {
        let (now, body) = (self.now(), answer.body.as_bytes());
        self.books().gateway.observe(now, id, meaning, answer.status, body)
    }

    async fn wait_for_work(&self, letter: &Letter, body: Bytes) -> Answer {
        let kind = {
            let books = self.books();
            let member = books.gateway.member(&letter.signer);
            member.map(|member| member.profile.executor_type.clone()).unwrap_or_default()
        };
        self.polls().wait(self, &letter.signer, &kind, body).await
    }

    /// Lets an executor in: adds and approves it, with the owner's key.
    async fn admit(&self, asked: Executor) -> Answer {
        let colony = self.rights().colony.clone();
        let profile = Profile {
            id: asked.executorid.clone(),
            name: asked.executorname.clone(),
            executor_type: asked.executortype.clone(),
            colony: colony.clone(),
            role: LinkRole::Executor,
        };
        if let Err(sentence) = check(&asked, &colony) {
            return refuse(403, &sentence);
        }
        let mut executor = Executor { state: 0, ..asked };
        let add = AddExecutor { executor: Some(executor.clone()) };
        match self.as_owner(&add).await {
            Ok(added) => executor.commissiontime = added.commissiontime,
            // it asks again, since the answer was lost
            Err(error) if error.is_already_there() => executor.commissiontime = now(),
            Err(error) => return failure(&error),
        }
        let approve = ApproveExecutor { colonyname: colony, executorname: profile.name.clone() };
        if let Err(error) = self.as_owner(&approve).await {
            return failure(&error);
        }
        self.books().gateway.joined(self.now(), profile);
        self.shared.is_changed.notify_one();
        executor.state = APPROVED;
        success(&add, &executor)
    }

    /// Lets a visitor in, as a user.
    async fn welcome(&self, id: &Id, name: String) -> Answer {
        let colonyname = self.rights().colony.clone();
        let user = User {
            colonyname: colonyname.clone(),
            userid: id.clone(),
            name: name.clone(),
            ..User::default()
        };
        let add = AddUser { user: Some(user.clone()) };
        match self.as_owner(&add).await {
            Ok(_) => {}
            Err(error) if error.is_already_there() => {}
            Err(error) => return failure(&error),
        }
        let (id, executor_type, role) = (id.clone(), String::new(), LinkRole::Visitor);
        let profile = Profile { id, name, executor_type, colony: colonyname, role };
        self.books().gateway.joined(self.now(), profile);
        self.shared.is_changed.notify_one();
        success(&add, &user)
    }

    /// Lets somebody go who has said so.
    async fn dismiss(&self, letter: &Letter) -> Answer {
        let action = self.books().gateway.leave(&letter.signer);
        if let Some(Action::Remove(profile)) = action {
            self.take_off(&profile).await;
        }
        let body = ReplyEnvelope::success(&letter.kind, "{}").to_body();
        Answer { status: 200, body }
    }

    fn carry_out(&self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Remove(profile) => {
                    let office = self.clone();
                    tokio::spawn(async move { office.take_off(&profile).await });
                }
                Action::End(session) => {
                    if let Some(say) = self.books().sessions.remove(&session) {
                        say.send(Order::End).unwrap_or_default();
                    }
                }
            }
        }
    }

    /// Takes somebody off the colony, however long it takes to reach it.
    async fn take_off(&self, profile: &Profile) {
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
        let mut books = self.books();
        books.gateway.removed(&profile.id);
        if self.polls().has_open(&profile.id) {
            books.leavers.insert(profile.id.clone(), profile.clone());
        }
    }

    /// Takes somebody off once more, who may have been given work after it left.
    pub(super) async fn remove(&self, profile: &Profile) -> Result<(), Error> {
        let (colonyname, name) = (profile.colony.clone(), profile.name.clone());
        match profile.role {
            LinkRole::Executor => {
                let request = RemoveExecutor { colonyname, executorname: name };
                self.as_owner(&request).await.map(drop)
            }
            LinkRole::Visitor => self.as_owner(&RemoveUser { colonyname, name }).await.map(drop),
        }
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

    async fn as_owner<R: Request + Sync>(&self, request: &R) -> Result<R::Reply, Error> {
        let body = request.seal(&self.rights().owner);
        let answer = self.backend().call(Bytes::from(body), Duration::ZERO).await;
        let answer = answer.map_err(|error| Error::Unreachable { reason: error.to_string() })?;
        R::read(answer.status, answer.body.as_bytes())
    }
}

/// Does what is due, as long as there is an office.
async fn keep_time(office: Office) {
    let weak = Arc::downgrade(&office.shared);
    drop(office);
    loop {
        let Some(shared) = weak.upgrade() else { return };
        let office = Office { shared };
        let now = office.now();
        let actions = office.books().gateway.tick(now);
        office.carry_out(actions);
        office.polls().tick(&office);
        let due = [office.books().gateway.due(), office.polls().due()];
        let next = due.into_iter().flatten().min().unwrap_or(now + Duration::from_secs(1));
        let at = office.shared.began + next.min(now + Duration::from_secs(1)).max(now);
        tokio::select! {
            () = sleep_until(at) => {}
            () = office.shared.is_changed.notified() => {}
        }
    }
}

/// Whether an executor may be called what it wants to be called.
fn check(executor: &Executor, colony: &str) -> Result<(), String> {
    let short = executor.executorid.as_str().get(..8).unwrap_or_default();
    if executor.colonyname != *colony {
        return Err(format!("Access denied, this is the way into the colony {colony} alone"));
    }
    if !executor.executorname.ends_with(&format!("-{short}")) || executor.executorname.len() > 128 {
        let sentence = "Access denied, the name of an executor ends in - and the first 8 digits of \
                        its id, and has at most 128 bytes";
        return Err(sentence.to_owned());
    }
    if executor.executortype.is_empty() || executor.executortype.len() > 64 {
        return Err("Access denied, the executor type has 1 to 64 bytes".to_owned());
    }
    Ok(())
}

fn now() -> Timestamp {
    clock::now()
}

/// An answer in the shape of a ColonyOS server.
pub(super) fn refuse(status: u16, sentence: &str) -> Answer {
    Answer { status, body: Verdict::to_body(status, sentence) }
}

fn failure(error: &Error) -> Answer {
    match error {
        Error::Refused { status, message } => refuse(*status, message),
        Error::Unreachable { .. } | Error::Malformed { .. } | Error::TooLarge { .. } => {
            refuse(502, &error.to_string())
        }
    }
}

fn success<R: Request>(_request: &R, reply: &impl serde::Serialize) -> Answer {
    let payload = serde_json::to_string(reply).unwrap_or_default();
    Answer { status: 200, body: ReplyEnvelope::success(R::TYPE, &payload).to_body() }
}
