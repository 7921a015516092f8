//! A link on the bench: its gateway is played by hand.

use webpool_colony::PrivateKey;
use webpool_wire::link::LinkRole;

use super::*;

const MS: Duration = Duration::from_millis(1);
const S: Duration = Duration::from_secs(1);

struct Bench {
    link: Link,
    key: PrivateKey,
    now: Duration,
}

fn id(number: u64) -> RequestId {
    RequestId::from_number(number)
}

fn lost(number: u64, reason: &str) -> LinkCommand {
    LinkCommand::Replied { id: id(number), reply: Reply::Lost { reason: reason.to_owned() } }
}

fn challenge() -> FromGateway {
    FromGateway::Challenge(Challenge {
        version: link::VERSION,
        nonce: "n1".to_owned(),
        build: "b1".to_owned(),
        colony: "dev".to_owned(),
    })
}

fn welcome() -> Welcome {
    Welcome { is_known: false, holds: None, poll_s: 2, stale_after_s: None, silent_after_s: None }
}

fn refused(code: RefusalCode, retry_after_s: Option<u32>) -> FromGateway {
    FromGateway::Refused(Refused { code, reason: "no".to_owned(), retry_after_s })
}

impl Bench {
    fn new() -> Self {
        let key = PrivateKey::generate();
        let settings = LinkSettings {
            key: key.clone(),
            host: "localhost:50080".to_owned(),
            token: "t".to_owned(),
            visit: "v".to_owned(),
            role: LinkRole::Executor,
            build: "b1".to_owned(),
        };
        Self { link: Link::new(settings, 1), key, now: S }
    }

    /// With an open socket, and the request 1 under way.
    fn open() -> Self {
        let mut bench = Self::new();
        bench.send(1);
        bench.hear(&challenge());
        bench.hear(&FromGateway::Welcome(welcome()));
        bench
    }

    fn send(&mut self, number: u64) -> Vec<LinkCommand> {
        visible(self.link.send(self.now, id(number), format!("body {number}"), 20 * S))
    }

    fn hear(&mut self, frame: &FromGateway) -> Vec<LinkCommand> {
        let text = serde_json::to_string(frame).unwrap();
        visible(self.link.hear(self.now, &text))
    }

    fn wait(&mut self, time: Duration) -> Vec<LinkCommand> {
        self.now += time;
        visible(self.link.wake(self.now))
    }

    fn close(&mut self) -> Vec<LinkCommand> {
        visible(self.link.close(self.now, "gone"))
    }
}

fn visible(commands: Vec<LinkCommand>) -> Vec<LinkCommand> {
    commands.into_iter().filter(|command| !matches!(command, LinkCommand::WakeAt(_))).collect()
}

/// The frames among the commands.
fn frames(commands: &[LinkCommand]) -> Vec<ToGateway> {
    let text = |command: &LinkCommand| match command {
        LinkCommand::Transmit(text) => Some(serde_json::from_str(text).unwrap()),
        LinkCommand::Connect
        | LinkCommand::Disconnect
        | LinkCommand::WakeAt(_)
        | LinkCommand::Replied { .. }
        | LinkCommand::Hint(_)
        | LinkCommand::FollowEnded(_)
        | LinkCommand::Welcomed(_)
        | LinkCommand::Barred(..)
        | LinkCommand::Dismissed(_)
        | LinkCommand::OtherBuild(_) => None,
    };
    commands.iter().filter_map(text).collect()
}

fn request(number: u64) -> ToGateway {
    ToGateway::Request { id: number, body: format!("body {number}") }
}

#[test]
fn proves_itself_with_its_own_key_before_it_asks() {
    let mut bench = Bench::new();
    assert_eq!(bench.send(1), [LinkCommand::Connect]);
    assert_eq!(bench.send(2), [], "one socket is enough");
    let hello = frames(&bench.hear(&challenge()));
    let [ToGateway::Hello { body }] = hello.as_slice() else { panic!("{hello:?}") };
    let envelope: Envelope = serde_json::from_str(body).unwrap();
    assert_eq!(envelope.payloadtype, link::HELLO_TYPE);
    assert_eq!(envelope.signer().unwrap(), bench.key.id());
    let hello: Hello = serde_json::from_slice(&envelope.payload_bytes()).unwrap();
    assert_eq!((hello.nonce.as_str(), hello.host.as_str()), ("n1", "localhost:50080"));
    assert_eq!((hello.token.as_str(), hello.visit.as_str()), ("t", "v"));
    let commands = bench.hear(&FromGateway::Welcome(welcome()));
    assert_eq!(commands.first(), Some(&LinkCommand::Welcomed(welcome())));
    assert_eq!(frames(&commands), [request(1), request(2)]);
}

#[test]
fn a_reply_is_brought_once() {
    let mut bench = Bench::open();
    let frame = FromGateway::Reply { id: 1, status: 200, body: "yes".to_owned() };
    let reply = Reply::Answered { status: 200, body: b"yes".to_vec() };
    assert_eq!(bench.hear(&frame), [LinkCommand::Replied { id: id(1), reply }]);
    assert_eq!(bench.hear(&frame), []);
}

#[test]
fn what_was_under_way_is_lost_with_the_socket_and_the_link_comes_back() {
    let mut bench = Bench::open();
    assert_eq!(bench.close(), [lost(1, "gone")]);
    assert_eq!(bench.wait(MS), [], "not at once");
    assert_eq!(bench.wait(250 * MS), [LinkCommand::Connect]);
    bench.hear(&challenge());
    assert_eq!(frames(&bench.hear(&FromGateway::Welcome(welcome()))), []);
}

#[test]
fn a_request_opens_a_socket_before_the_delay_is_over() {
    let mut bench = Bench::open();
    bench.close();
    assert_eq!(bench.send(2), [LinkCommand::Connect]);
}

#[test]
fn what_is_followed_is_followed_again_and_looked_at() {
    let mut bench = Bench::open();
    let follow = ToGateway::Follow { process_id: "p".to_owned(), body: "b".to_owned() };
    let commands = bench.link.follow(bench.now, "p".to_owned(), vec!["b".to_owned()]);
    assert_eq!(frames(&commands), std::slice::from_ref(&follow));
    bench.close();
    bench.wait(S);
    bench.hear(&challenge());
    let commands = bench.hear(&FromGateway::Welcome(welcome()));
    assert_eq!(frames(&commands), [follow]);
    assert_eq!(commands.last(), Some(&LinkCommand::Hint("p".to_owned())));
    let commands = bench.link.unfollow(bench.now, "p".to_owned());
    assert_eq!(frames(&commands), [ToGateway::Unfollow { process_id: "p".to_owned() }]);
}

#[test]
fn a_refusal_for_good_ends_it() {
    let mut bench = Bench::new();
    bench.send(1);
    let commands = bench.hear(&refused(RefusalCode::RevokedInvite, None));
    let barred = LinkCommand::Barred(RefusalCode::RevokedInvite, "no".to_owned());
    assert_eq!(commands, [LinkCommand::Disconnect, barred, lost(1, "no")]);
    assert_eq!(bench.send(2), [lost(2, "the link has ended")]);
    assert_eq!(bench.wait(60 * S), []);
}

#[test]
fn a_passing_refusal_is_kept_to_its_time() {
    let mut bench = Bench::new();
    bench.send(1);
    let commands = bench.hear(&refused(RefusalCode::TooFast, Some(30)));
    assert_eq!(commands, [LinkCommand::Disconnect, lost(1, "no")]);
    assert_eq!(bench.send(2), [lost(2, "no")], "nothing is tried meanwhile");
    assert_eq!(bench.wait(29 * S), []);
    assert_eq!(bench.wait(S), [LinkCommand::Connect]);
}

#[test]
fn a_gateway_of_another_version_bars() {
    let mut bench = Bench::new();
    bench.send(1);
    let FromGateway::Challenge(mut other) = challenge() else { panic!() };
    other.version += 1;
    let commands = bench.hear(&FromGateway::Challenge(other));
    assert!(matches!(commands.get(1), Some(LinkCommand::Barred(RefusalCode::TooOld, _))));
}

#[test]
fn silence_breaks_the_socket_off() {
    let mut bench = Bench::new();
    bench.send(1);
    let text = "the gateway did not answer in time";
    assert_eq!(bench.wait(GREETING_TIMEOUT), [LinkCommand::Disconnect, lost(1, text)]);
    let mut bench = Bench::open();
    bench.send(2);
    let ended = bench.wait(20 * S);
    let text = "no answer in time";
    assert_eq!(ended, [LinkCommand::Disconnect, lost(1, text), lost(2, text)]);
}

/// A gateway that is silent for 40 s at most; the request is answered.
fn lively() -> Bench {
    let mut bench = Bench::new();
    bench.send(1);
    bench.hear(&challenge());
    bench.hear(&FromGateway::Welcome(Welcome { silent_after_s: Some(40), ..welcome() }));
    bench.hear(&FromGateway::Reply { id: 1, status: 200, body: String::new() });
    bench
}

/// Waits as one that wakes when it has asked to; what came of it.
fn run(bench: &mut Bench, seconds: u32) -> Vec<LinkCommand> {
    (0..seconds).flat_map(|_| bench.wait(S)).collect()
}

#[test]
fn a_silent_gateway_is_left_though_nothing_is_asked() {
    let mut bench = lively();
    assert_eq!(visible(run(&mut bench, 39)), []);
    let build = FromGateway::Build { build: "b1".to_owned() };
    assert_eq!(visible(bench.hear(&build)), []);
    assert_eq!(visible(run(&mut bench, 39)), []);
    assert_eq!(visible(run(&mut bench, 2)), [LinkCommand::Disconnect, LinkCommand::Connect]);
}

#[test]
fn time_in_which_it_did_not_run_is_no_silence() {
    let mut bench = lively();
    run(&mut bench, 20);
    assert_eq!(visible(bench.wait(120 * S)), [], "it was frozen");
    assert_eq!(visible(run(&mut bench, 5)), [], "what was said meanwhile is still to come");
    assert_eq!(visible(run(&mut bench, 6)), [LinkCommand::Disconnect, LinkCommand::Connect]);
}

#[test]
fn a_gateway_that_promises_nothing_may_be_silent() {
    let mut bench = Bench::open();
    bench.hear(&FromGateway::Reply { id: 1, status: 200, body: String::new() });
    assert_eq!(visible(run(&mut bench, 3600)), []);
}

#[test]
fn nonsense_breaks_the_socket_off() {
    let mut bench = Bench::open();
    let commands = visible(bench.link.hear(bench.now, "{"));
    assert_eq!(commands.first(), Some(&LinkCommand::Disconnect));
    let mut bench = Bench::open();
    let commands = bench.hear(&challenge());
    assert_eq!(commands, [LinkCommand::Disconnect, lost(1, "the gateway spoke out of turn")]);
}

#[test]
fn an_aborted_request_is_not_waited_for() {
    let mut bench = Bench::open();
    let commands = visible(bench.link.abort(bench.now, id(1)));
    assert_eq!(frames(&commands), [ToGateway::Abort { id: 1 }]);
    assert_eq!(bench.wait(30 * S), []);
}

#[test]
fn who_is_dismissed_does_not_come_back() {
    let mut bench = Bench::open();
    let commands = bench.hear(&FromGateway::Leave { reason: "revoked".to_owned() });
    let dismissed = LinkCommand::Dismissed("revoked".to_owned());
    assert_eq!(commands, [LinkCommand::Disconnect, dismissed, lost(1, "revoked")]);
    assert_eq!(bench.close(), []);
    assert_eq!(bench.wait(60 * S), []);
}

#[test]
fn says_once_which_other_build_is_served() {
    let other = |build: &str| LinkCommand::OtherBuild(Some(build.to_owned()));
    let frame = |build: &str| FromGateway::Build { build: build.to_owned() };
    let mut bench = Bench::open();
    assert_eq!(bench.hear(&frame("b1")), [], "it is ours");
    assert_eq!(bench.hear(&frame("")), [], "nobody knows which");
    assert_eq!(bench.hear(&frame("b2")), [other("b2")]);
    assert_eq!(bench.hear(&frame("b2")), []);
    assert_eq!(bench.hear(&frame("b1")), [LinkCommand::OtherBuild(None)]);
    let mut bench = Bench::new();
    bench.send(1);
    let FromGateway::Challenge(ours) = challenge() else { panic!() };
    let theirs = Challenge { build: "b2".to_owned(), ..ours };
    assert_eq!(bench.hear(&FromGateway::Challenge(theirs)).first(), Some(&other("b2")));
}
