//! One link, from the challenge to its end.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, block_in_place};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use webpool_colony::{Id, PrivateKey};
use webpool_gateway::reading::{Body, read};
use webpool_gateway::{Ending, Opened};
use webpool_registrar::Admission;
use webpool_wire::link::{
    Challenge, FromGateway, HELLO_TYPE, Hello, LinkRole, RefusalCode, Refused, ToGateway, VERSION,
    Welcome,
};

use super::books::Order;
use super::office::{Office, refuse};
use super::socket::Came;
use super::{MAX_HELLO_BYTES, Visit};
use crate::backend::{Event, Subscription};
use crate::connections::Place;
use crate::room::Handling;
use crate::upgrade::Io;

/// How long it may take until somebody has answered the challenge.
const GREETING: Duration = Duration::from_secs(10);

/// How often a client is pinged, and after how many without an answer it counts as silent.
const PULSE: Duration = Duration::from_secs(15);
const MAX_SILENCE: u32 = 2;

/// How long a client may hear nothing, in s, before it takes its link for broken: it is told something
/// as often as it is pinged, for a page hears no pings. It is back before its silence is over.
const SILENT_AFTER_S: u32 = 40;

/// How many requests of one session may be under way.
const MAX_REQUESTS: usize = 64;

/// How many processes one session may follow.
const MAX_FOLLOWS: usize = 256;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// The close code of a client that will be back.
const COMING_BACK: u16 = 4000;

/// A link's WebSocket.
type Socket = super::Socket<Io>;

/// Holds a socket until either side ends it.
///
/// # Cancellation
///
/// The session ends as one that broke.
pub(super) async fn hold(mut socket: Socket, office: Office, visit: Visit, place: Option<&Place>) {
    let build = office.build().seen();
    let guest = greet(&mut socket, &office, &visit, build.clone()).await;
    let Some(Guest { id, role, admission }) = guest else {
        return socket.end(FAREWELL).await;
    };
    office.locate(&id, &visit);
    let (say, orders) = mpsc::unbounded_channel();
    let (number, opened) = office.enter(&id, role, admission, say.clone());
    office.polls().forget_late(&id);
    let served = office.build().seen();
    if served != build {
        // It was replaced before this session was among those that are told.
        say.send(Order::Say(FromGateway::Build { build: served })).unwrap_or_default();
    }
    let poll_s = office.backend().poll_s();
    let stale_after_s = office.stale_after_s();
    let Opened { is_known, holds, .. } = opened;
    let silent_after_s = Some(SILENT_AFTER_S);
    let welcome = Welcome { is_known, holds, poll_s, stale_after_s, silent_after_s };
    let session = Session {
        office: office.clone(),
        id: id.clone(),
        say,
        requests: HashMap::new(),
        follows: HashMap::new(),
        heard: office.now(),
        said: office.now(),
    };
    socket.trust();
    let ending = match socket.say(&FromGateway::Welcome(welcome)).await {
        Some(()) => session.go_on(&mut socket, orders, place).await,
        None => Ending::Broken,
    };
    office.exit(number, &id, ending);
    socket.end(FAREWELL).await;
}

/// Asks for a proof of who is there; none if it was sent away.
async fn greet(
    socket: &mut Socket,
    office: &Office,
    visit: &Visit,
    build: String,
) -> Option<Guest> {
    // A key's secret is as good a random number as any.
    let nonce = PrivateKey::generate().to_hex().to_owned();
    let challenge = Challenge {
        version: VERSION,
        nonce: nonce.clone(),
        build,
        colony: office.owner().colony().to_owned(),
    };
    socket.say(&FromGateway::Challenge(challenge)).await?;
    let hello = timeout(GREETING, hear_hello(socket)).await.ok()??;
    match judge(&hello, &nonce, office, visit) {
        Ok(welcome) => Some(welcome),
        Err(refused) => {
            tracing::debug!(code = refused.code.as_code(), "not let in: {}", refused.reason);
            socket.say(&FromGateway::Refused(refused)).await?;
            None
        }
    }
}

async fn hear_hello(socket: &mut Socket) -> Option<String> {
    loop {
        let text = match socket.hear().await {
            Came::Text(text, _) if text.len() <= MAX_HELLO_BYTES => text,
            Came::Pulse => continue,
            Came::Text(_, _) | Came::Farewell(_) | Came::End => return None,
        };
        return match serde_json::from_str(&text) {
            Ok(ToGateway::Hello { body }) => Some(body),
            Ok(
                ToGateway::Request { .. }
                | ToGateway::Abort { .. }
                | ToGateway::Follow { .. }
                | ToGateway::Unfollow { .. },
            )
            | Err(_) => None,
        };
    }
}

/// Somebody who may come in.
struct Guest {
    id: Id,
    role: LinkRole,
    admission: Admission,
}

/// Whether an answer fits the challenge, and who gave it may come in.
fn judge(body: &str, nonce: &str, office: &Office, visit: &Visit) -> Result<Guest, Refused> {
    let refuse = |reason: &str| Refused {
        code: RefusalCode::BadHello,
        reason: reason.to_owned(),
        retry_after_s: None,
    };
    let Body::Letter(letter) = read(body.as_bytes()) else {
        return Err(refuse("the answer to the challenge is not signed"));
    };
    if letter.kind != HELLO_TYPE {
        return Err(refuse("this is no answer to the challenge"));
    }
    let hello: Hello = letter
        .open_as()
        .map_err(|flaw| refuse(&format!("the answer to the challenge cannot be read: {flaw}")))?;
    if hello.nonce != nonce {
        return Err(refuse("this is the answer to another challenge"));
    }
    if hello.host != visit.host {
        return Err(refuse("this is the answer to the challenge of another host"));
    }
    let admit = || office.admit_visit(visit, hello.role, &hello.token, &hello.visit);
    let admission = block_in_place(admit)?;
    office.admit_pace(&letter.signer, &admission)?;
    Ok(Guest { id: letter.signer, role: hello.role, admission })
}

struct Session {
    office: Office,
    id: Id,
    /// To the loop below.
    say: mpsc::UnboundedSender<Order>,
    requests: HashMap<u64, JoinHandle<()>>,
    follows: HashMap<String, Vec<Subscription>>,
    /// When something was heard last, on the office's clock.
    heard: Duration,
    /// When it was more than an answer to a ping, which a browser gives for a frozen page too.
    said: Duration,
}

impl Drop for Session {
    fn drop(&mut self) {
        for request in self.requests.values() {
            request.abort();
        }
    }
}

impl Session {
    async fn go_on(
        mut self,
        socket: &mut Socket,
        mut orders: mpsc::UnboundedReceiver<Order>,
        place: Option<&Place>,
    ) -> Ending {
        let mut pulse = interval_at(Instant::now() + PULSE, PULSE);
        // After a long frame to a slow client it has time to answer.
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silence = 0;
        loop {
            let ended = tokio::select! {
                came = socket.hear() => {
                    silence = 0;
                    self.heard = self.office.now();
                    self.hear(came)
                }
                Some(order) = orders.recv() => self.obey(socket, order).await,
                () = Place::end_of(place) => {
                    socket.say_farewell(FAREWELL).await;
                    Some(Ending::Silent { since: self.office.now() })
                }
                _ = pulse.tick() => {
                    if socket.was_heard() {
                        silence = 0;
                        self.heard = self.office.now();
                    }
                    silence += 1;
                    socket.ping().await;
                    let build = self.office.build().seen();
                    match socket.say(&FromGateway::Build { build }).await {
                        Some(()) => self.judge_silence(socket, silence),
                        None => Some(Ending::Broken),
                    }
                }
            };
            if let Some(ending) = ended {
                return ending;
            }
        }
    }

    /// How the session ended, if it has, by what was not heard.
    fn judge_silence(&mut self, socket: &mut Socket, silence: u32) -> Option<Ending> {
        if socket.is_too_slow() {
            return Some(Ending::Broken);
        }
        if socket.is_in_long_frame() {
            self.said = self.heard;
        }
        if silence > MAX_SILENCE {
            return Some(Ending::Silent { since: self.heard });
        }
        self.office.is_mute(&self.id, self.said).then_some(Ending::Silent { since: self.said })
    }

    /// Takes what the client says; how the session ended, if it has.
    fn hear(&mut self, came: Came) -> Option<Ending> {
        let (text, handling) = match came {
            Came::End => return Some(Ending::Broken),
            Came::Pulse => {
                self.office.note(|registrar, now| registrar.heard(&self.id, now));
                return None;
            }
            Came::Farewell(code) => {
                let is_back = code == Some(COMING_BACK);
                return Some(if is_back { Ending::Broken } else { Ending::Goodbye });
            }
            Came::Text(text, handling) => (text, handling),
        };
        self.said = self.heard;
        match serde_json::from_str(&text) {
            Ok(ToGateway::Request { id, body }) => self.ask(id, body, handling),
            Ok(ToGateway::Abort { id }) => {
                if let Some(request) = self.requests.remove(&id) {
                    request.abort();
                }
            }
            Ok(ToGateway::Follow { process_id, body }) => self.follow(process_id, body),
            Ok(ToGateway::Unfollow { process_id }) => drop(self.follows.remove(&process_id)),
            Ok(ToGateway::Hello { .. }) | Err(_) => return Some(Ending::Broken),
        }
        None
    }

    async fn obey(&mut self, socket: &mut Socket, order: Order) -> Option<Ending> {
        match order {
            Order::Say(frame) => {
                match &frame {
                    FromGateway::Reply { id, .. } => drop(self.requests.remove(id)),
                    FromGateway::FollowEnded { process_id } => {
                        self.follows.remove(process_id);
                    }
                    FromGateway::Challenge(_)
                    | FromGateway::Welcome(_)
                    | FromGateway::Refused(_)
                    | FromGateway::Hint { .. }
                    | FromGateway::Build { .. }
                    | FromGateway::Leave { .. } => {}
                }
                let begun = self.office.now();
                let said = socket.say(&frame).await;
                if self.office.now().saturating_sub(begun) > PULSE {
                    // Who is slow to take a frame could not be heard meanwhile.
                    self.said = self.office.now();
                }
                said.is_none().then_some(Ending::Broken)
            }
            Order::End => Some(Ending::Broken),
        }
    }

    fn ask(&mut self, id: u64, body: String, handling: Handling) {
        let (office, by, say) = (self.office.clone(), self.id.clone(), self.say.clone());
        if self.requests.len() >= MAX_REQUESTS {
            let sentence = format!("more than {MAX_REQUESTS} requests of one link at once");
            let answer = refuse(429, &sentence);
            return self.answer(id, answer.status, answer.body);
        }
        let request = tokio::spawn(async move {
            let answer = office.handle(Some(&by), body.into()).await;
            drop(handling);
            let answer = answer.unwrap_or_else(|error| refuse(502, &error.to_string()));
            let reply = FromGateway::Reply { id, status: answer.status, body: answer.body };
            // The session may have ended.
            say.send(Order::Say(reply)).unwrap_or_default();
        });
        if let Some(before) = self.requests.insert(id, request) {
            before.abort();
        }
    }

    fn answer(&self, id: u64, status: u16, body: String) {
        let reply = FromGateway::Reply { id, status, body };
        self.say.send(Order::Say(reply)).unwrap_or_default();
    }

    fn follow(&mut self, process_id: String, body: String) {
        let count: usize = self.follows.values().map(Vec::len).sum();
        if count >= MAX_FOLLOWS || !self.office.may_follow(&self.id, body.as_bytes()) {
            let ended = FromGateway::FollowEnded { process_id };
            return self.say.send(Order::Say(ended)).unwrap_or_default();
        }
        let (say, followed) = (self.say.clone(), process_id.clone());
        let tell = move |event| {
            let process_id = followed.clone();
            let frame = match event {
                Event::Frame(_) => FromGateway::Hint { process_id },
                Event::Over | Event::Close => FromGateway::FollowEnded { process_id },
            };
            say.send(Order::Say(frame)).unwrap_or_default();
        };
        let subscription = self.office.backend().subscribe(body.into(), Box::new(tell));
        self.follows.entry(process_id).or_default().push(subscription);
    }
}
