//! Every arrow of the client: what it is told, what it wants done.

use webpool_colony::envelope::{Failure, ReplyEnvelope};
use webpool_colony::{Envelope, Json};

use super::*;

struct Bench {
    client: Client,
    owner: PrivateKey,
    mono: Duration,
    last: Vec<ClientCommand>,
}

fn success(kind: &str, payload: &str) -> Reply {
    let body = ReplyEnvelope::success(kind, payload).to_body().into_bytes();
    Reply::Answered { status: 200, body }
}

fn refusal(status: u16, message: &str) -> Reply {
    let failure = Failure { status, message: message.to_owned() };
    Reply::Answered { status, body: ReplyEnvelope::failure(&failure).to_body().into_bytes() }
}

fn spec() -> Box<FunctionSpec> {
    Box::new(FunctionSpec::new("add", "dev", "wasm", Json::from_strings(&["1"]), Json::default()))
}

impl Bench {
    fn new() -> Self {
        let (key, owner) = (PrivateKey::generate(), PrivateKey::generate());
        let settings = ClientSettings {
            colony: "dev".to_owned(),
            name: "webpool".to_owned(),
            key,
            owner_key: owner.clone(),
        };
        let client = Client::new(settings, 1);
        Self { client, owner, mono: Duration::from_secs(1), last: Vec::new() }
    }

    fn joined() -> Self {
        let mut bench = Self::new();
        bench.feed(ClientEvent::Start);
        let (id, _) = bench.sent("addusermsg");
        bench.reply(id, success("addusermsg", "{}"));
        bench
    }

    /// Ticket 1, accepted as process `p1`.
    fn waiting() -> Self {
        let mut bench = Self::joined();
        bench.feed(ClientEvent::Submit { ticket: 1, spec: spec() });
        let (id, _) = bench.sent("submitfuncspecmsg");
        bench.reply(id, success("submitfuncspecmsg", r#"{"processid":"p1","state":0}"#));
        bench
    }

    fn feed(&mut self, event: ClientEvent) {
        self.last = self.client.handle(Now { mono: self.mono, wall: self.mono }, event);
    }

    fn reply(&mut self, id: RequestId, reply: Reply) {
        self.feed(ClientEvent::Replied { id, reply });
    }

    fn pass(&mut self, time: Duration) {
        self.mono += time;
        self.feed(ClientEvent::Woke);
    }

    fn requests(&self) -> impl Iterator<Item = (RequestId, Envelope)> {
        self.last.iter().filter_map(|command| {
            let ClientCommand::Send { id, body, .. } = command else { return None };
            Some((*id, serde_json::from_str(body).unwrap()))
        })
    }

    fn sent(&self, kind: &str) -> (RequestId, Envelope) {
        let found = self.requests().find(|(_, envelope)| envelope.payloadtype == kind);
        found.unwrap_or_else(|| panic!("no {kind} in {:?}", self.last))
    }

    fn state(&self) -> Option<CallState> {
        self.last.iter().find_map(|command| {
            let ClientCommand::Report(ClientReport::Call { state, .. }) = command else {
                return None;
            };
            Some(state.clone())
        })
    }

    fn has(&self, matches: impl Fn(&ClientCommand) -> bool) -> bool {
        self.last.iter().any(matches)
    }
}

#[test]
fn joins_as_a_user_with_the_owners_key() {
    let mut bench = Bench::new();
    bench.feed(ClientEvent::Start);
    let (id, envelope) = bench.sent("addusermsg");
    assert_eq!(envelope.signer(), Ok(bench.owner.id()));
    bench.reply(id, success("addusermsg", "{}"));
    assert!(bench.has(|c| matches!(c, ClientCommand::Report(ClientReport::Joined { .. }))));
}

#[test]
fn a_refused_join_refuses_what_was_submitted() {
    let mut bench = Bench::new();
    bench.feed(ClientEvent::Start);
    let (id, _) = bench.sent("addusermsg");
    bench.feed(ClientEvent::Submit { ticket: 1, spec: spec() });
    bench.reply(id, refusal(403, "Access denied, not colony owner"));
    assert!(
        matches!(bench.state(), Some(CallState::Refused { reason }) if reason.contains("owner"))
    );
    assert!(bench.has(|c| {
        matches!(c, ClientCommand::Report(ClientReport::Failed(Trouble::Refused, _)))
    }));
}

#[test]
fn joins_later_when_the_server_is_out_of_reach() {
    let mut bench = Bench::new();
    bench.feed(ClientEvent::Start);
    let (id, _) = bench.sent("addusermsg");
    bench.reply(id, Reply::Lost { reason: "Failed to fetch".to_owned() });
    assert!(bench.has(|c| matches!(c, ClientCommand::WakeAt(_))));
    bench.pass(Duration::from_secs(1));
    bench.sent("addusermsg");
}

#[test]
fn who_is_being_added_leaves_once_it_is() {
    let mut bench = Bench::new();
    bench.feed(ClientEvent::Start);
    let (id, _) = bench.sent("addusermsg");
    bench.feed(ClientEvent::Stop);
    assert!(!bench.has(|c| matches!(c, ClientCommand::Send { .. })), "it would be overtaken");
    bench.reply(id, success("addusermsg", "{}"));
    let (id, _) = bench.sent("removeusermsg");
    bench.reply(id, success("removeusermsg", "{}"));
    assert!(bench.has(|c| matches!(c, ClientCommand::Report(ClientReport::Left))));
}

#[test]
fn tells_every_step_of_a_process() {
    let mut bench = Bench::waiting();
    assert_eq!(bench.state(), Some(CallState::Waiting));
    bench.pass(Duration::from_millis(200));
    let (id, _) = bench.sent("getprocessmsg");
    bench.reply(id, success("getprocessmsg", r#"{"processid":"p1","state":1}"#));
    assert_eq!(bench.state(), Some(CallState::Running));
    bench.pass(Duration::from_millis(400));
    let (id, _) = bench.sent("getprocessmsg");
    let done = r#"{"processid":"p1","state":2,"out":["8",9],"assignedexecutorid":"e"}"#;
    bench.reply(id, success("getprocessmsg", done));
    let output = vec!["8".to_owned(), "9".to_owned()];
    let executor_id = "e".to_owned();
    assert_eq!(bench.state(), Some(CallState::Success { output, executor_id }));
}

#[test]
fn the_ends_of_a_process() {
    let failed = CallState::Failed { errors: vec!["no".to_owned()] };
    let cases = [
        (r#"{"processid":"p1","state":3,"errors":["no"]}"#, failed),
        (r#"{"processid":"p1","state":4}"#, CallState::Cancelled),
    ];
    for (payload, state) in cases {
        let mut bench = Bench::waiting();
        bench.feed(ClientEvent::Hint { process_id: "p1".to_owned() });
        let (id, _) = bench.sent("getprocessmsg");
        bench.reply(id, success("getprocessmsg", payload));
        assert_eq!(bench.state(), Some(state));
    }
}

#[test]
fn what_takes_longer_than_a_second_is_followed() {
    let mut bench = Bench::waiting();
    bench.pass(Duration::from_millis(200));
    assert!(!bench.has(|c| matches!(c, ClientCommand::Follow { .. })));
    let (id, _) = bench.sent("getprocessmsg");
    bench.reply(id, success("getprocessmsg", r#"{"processid":"p1","state":1}"#));
    bench.pass(Duration::from_secs(1));
    assert!(
        bench.has(|c| { matches!(c, ClientCommand::Follow { bodies, .. } if bodies.len() == 3) })
    );
}

#[test]
fn a_submission_without_answer_is_never_sent_twice() {
    let mut bench = Bench::joined();
    bench.feed(ClientEvent::Submit { ticket: 1, spec: spec() });
    let (id, _) = bench.sent("submitfuncspecmsg");
    bench.reply(id, Reply::Lost { reason: "reset".to_owned() });
    assert!(matches!(bench.state(), Some(CallState::Refused { .. })));
    bench.pass(Duration::from_mins(1));
    assert_eq!(bench.requests().count(), 0);
}

#[test]
fn a_process_too_long_to_be_read_is_called_off() {
    let mut bench = Bench::joined();
    bench.feed(ClientEvent::Submit { ticket: 1, spec: spec() });
    let (id, _) = bench.sent("submitfuncspecmsg");
    let process_id = "7a".repeat(32);
    let payload = format!(r#"{{"processid":"{process_id}","state":0}}"#);
    let head = ReplyEnvelope::success("submitfuncspecmsg", &payload).to_body().into_bytes();
    bench.reply(id, Reply::TooLong { head, size_bytes: 33 << 20 });
    let (_, cancel) = bench.sent("cancelprocessmsg");
    assert!(String::from_utf8(cancel.payload_bytes()).unwrap().contains(&process_id));
    assert!(matches!(bench.state(), Some(CallState::Refused { .. })), "{:?}", bench.state());
}

#[test]
fn only_a_few_requests_are_open_at_once() {
    let mut bench = Bench::joined();
    for ticket in 1..=MAX_OPEN + 2 {
        let ticket = u32::try_from(ticket).unwrap();
        bench.feed(ClientEvent::Submit { ticket, spec: spec() });
    }
    assert_eq!(bench.requests().count(), 0, "no room for the last");
}

#[test]
fn leaves_when_told() {
    let mut bench = Bench::joined();
    bench.feed(ClientEvent::Stop);
    let (id, envelope) = bench.sent("removeusermsg");
    assert_eq!(envelope.signer(), Ok(bench.owner.id()));
    bench.reply(id, success("removeusermsg", "{}"));
    assert!(bench.has(|c| *c == ClientCommand::Report(ClientReport::Left)));
}

#[test]
fn a_cancel_during_the_submission_reaches_the_server() {
    let mut bench = Bench::joined();
    bench.feed(ClientEvent::Submit { ticket: 1, spec: spec() });
    let (id, _) = bench.sent("submitfuncspecmsg");
    bench.feed(ClientEvent::Cancel { ticket: 1 });
    assert_eq!(bench.state(), None, "not before the server knows");
    bench.reply(id, success("submitfuncspecmsg", r#"{"processid":"p1","state":0}"#));
    let (id, _) = bench.sent("cancelprocessmsg");
    bench.reply(id, success("cancelprocessmsg", "{}"));
    bench.sent("getprocessmsg");
}

#[test]
fn a_user_that_was_removed_makes_room_for_another() {
    let mut bench = Bench::waiting();
    bench.feed(ClientEvent::Hint { process_id: "p1".to_owned() });
    let (id, _) = bench.sent("getprocessmsg");
    bench.reply(id, refusal(403, "Access denied, not a member of Colony with name <dev>"));
    assert!(matches!(bench.state(), Some(CallState::Refused { .. })));
    assert!(bench.has(|c| matches!(c, ClientCommand::Report(ClientReport::Failed(..)))));
}
