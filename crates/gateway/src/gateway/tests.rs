//! Strangers, members, and what becomes of them.

use serde_json::{Value, json};
use webpool_colony::envelope::{Failure, ReplyEnvelope};
use webpool_colony::{Envelope, PrivateKey};

use super::*;
use crate::permission::{Joining, MOST_HELD};
use crate::reading::{Body, read};

const S: Duration = Duration::from_secs(1);
const COLONY: &str = "dev";

fn letter(key: &PrivateKey, kind: &str, mut payload: Value) -> Letter {
    payload["msgtype"] = kind.into();
    let body = Envelope::sign(kind, &payload.to_string(), key).to_body();
    let Body::Letter(letter) = read(body.as_bytes()) else { panic!("{body}") };
    letter
}

fn profile(key: &PrivateKey, role: LinkRole) -> Profile {
    let executor_type = if role == LinkRole::Executor { "wasm" } else { "" };
    Profile {
        id: key.id(),
        name: "web-0-01234567".to_owned(),
        executor_type: executor_type.to_owned(),
        colony: COLONY.to_owned(),
        role,
    }
}

/// A gateway with one member, and its key.
struct Bench {
    gateway: Gateway,
    key: PrivateKey,
    id: Id,
    now: Duration,
}

impl Bench {
    fn new(role: LinkRole) -> Self {
        let offer = Offer {
            functions: Some(["add".to_owned()].into()),
            executor_types: Some(["wasm".to_owned()].into()),
        };
        let mut gateway = Gateway::new(Settings { offer: Some(offer), longest_poll_s: Some(2) });
        let key = PrivateKey::generate();
        let id = key.id();
        assert!(!gateway.open(1, &id, role).is_known);
        gateway.joined(S, profile(&key, role));
        Self { gateway, key, id, now: S }
    }

    /// An executor that holds the process `mine`.
    fn busy() -> Self {
        let mut bench = Self::new(LinkRole::Executor);
        bench.give("mine");
        bench
    }

    fn give(&mut self, process: &str) {
        let body = json!({"processid": process, "state": 1, "assignedexecutorid": self.id});
        let given = self.observe(&Meaning::Poll, 200, "assignprocessmsg", &body);
        assert_eq!(given.as_deref(), Some(process));
    }

    fn observe(
        &mut self,
        meaning: &Meaning,
        status: u16,
        kind: &str,
        payload: &Value,
    ) -> Option<String> {
        let body = ReplyEnvelope::success(kind, &payload.to_string()).to_body();
        self.gateway.observe(self.now, &self.id, meaning, status, body.as_bytes())
    }

    fn judge(&self, kind: &str, payload: Value) -> Verdict {
        self.gateway.judge(&letter(&self.key, kind, payload))
    }

    #[track_caller]
    fn allows(&self, kind: &str, payload: Value) -> Meaning {
        match self.judge(kind, payload) {
            Verdict::Forward(meaning) => meaning,
            other
            @ (Verdict::Pass | Verdict::Join(_) | Verdict::Leave | Verdict::Refuse { .. }) => {
                panic!("{kind}: {other:?}")
            }
        }
    }

    #[track_caller]
    fn refuses(&self, kind: &str, payload: Value) {
        let said = format!("{kind} {payload}");
        let verdict = self.judge(kind, payload);
        assert!(matches!(verdict, Verdict::Refuse { status: 403, .. }), "{said}: {verdict:?}");
    }
}

#[test]
fn an_executor_may_do_what_its_work_needs() {
    let bench = Bench::busy();
    let name = "web-0-01234567";
    let assign = |timeout: i64| json!({"colonyname": COLONY, "timeout": timeout});
    assert_eq!(bench.allows("assignprocessmsg", assign(2)), Meaning::Poll);
    assert_eq!(bench.allows("assignprocessmsg", assign(-1)), Meaning::Life);
    let close = Meaning::Close("mine".to_owned());
    let mine = || json!({"processid": "mine"});
    assert_eq!(
        bench.allows("closesuccessfulmsg", json!({"processid": "mine", "out": ["8"]})),
        close
    );
    assert_eq!(bench.allows("closefailedmsg", mine()), close);
    for kind in ["setoutputmsg", "addlogmsg", "getprocessmsg", "subscribeprocessmsg"] {
        assert_eq!(bench.allows(kind, mine()), Meaning::Other, "{kind}");
    }
    for kind in ["channelappendmsg", "channelreadmsg", "subscribechannelmsg"] {
        assert_eq!(bench.allows(kind, mine()), Meaning::Other, "{kind}");
    }
    let attribute = json!({"attribute": {"targetid": "mine", "targetcolonyname": COLONY}});
    bench.allows("addattributemsg", attribute);
    let function = json!({"executorname": name, "executortype": "wasm", "colonyname": COLONY});
    bench.allows("addfunctionmsg", json!({"fun": function}));
    let own = json!({"colonyname": COLONY, "executorid": bench.id, "seconds": 9, "state": 1});
    assert_eq!(bench.allows("getprocesshistmsg", own), Meaning::Recover);
    let leave = json!({"colonyname": COLONY, "executorname": name});
    assert!(matches!(bench.judge("removeexecutormsg", leave), Verdict::Leave));
}

#[test]
fn an_executor_may_do_nothing_else() {
    let bench = Bench::busy();
    let other = || json!({"processid": "other"});
    let kinds = [
        "closesuccessfulmsg",
        "closefailedmsg",
        "setoutputmsg",
        "addlogmsg",
        "getprocessmsg",
        "subscribeprocessmsg",
        "subscribechannelmsg",
        "channelappendmsg",
        "channelreadmsg",
    ];
    for kind in kinds {
        bench.refuses(kind, other());
        bench.refuses(kind, json!({"ProcessId": "mine"}));
        bench.refuses(kind, json!({"processid": ["mine"]}));
        bench.refuses(kind, json!({}));
    }
    let mine = || json!({"processid": "mine"});
    for kind in ["cancelprocessmsg", "removeprocessmsg", "submitfuncspecmsg", "getlogsmsg"] {
        bench.refuses(kind, mine());
    }
    let colony = || json!({"colonyname": COLONY, "executorname": "web-0-01234567"});
    let kinds = [
        "getprocessesmsg",
        "getexecutorsmsg",
        "getusersmsg",
        "getcolonymsg",
        "getcolonystatsmsg",
        "updateexecutormsg",
        "reportallocationmsg",
        "approveexecutormsg",
        "addusermsg",
        "subscribeprocessesmsg",
        "addchildmsg",
        "submitworkflowspecmsg",
        "nonsense",
        "",
    ];
    for kind in kinds {
        bench.refuses(kind, colony());
    }
    bench.refuses("assignprocessmsg", json!({"colonyname": "other", "timeout": 2}));
    bench.refuses("assignprocessmsg", json!({"ColonyName": COLONY, "timeout": 2}));
    let all = json!({"colonyname": COLONY, "executorid": "", "state": 1});
    bench.refuses("getprocesshistmsg", all);
    let done = json!({"colonyname": COLONY, "executorid": bench.id, "state": 2});
    bench.refuses("getprocesshistmsg", done);
    let leave = json!({"colonyname": COLONY, "executorname": "victim"});
    bench.refuses("removeexecutormsg", leave);
    let stolen = json!({"executor": {"executorid": PrivateKey::generate().id()}});
    bench.refuses("addexecutormsg", stolen);
    let foreign = json!({"executorname": "victim", "executortype": "wasm", "colonyname": COLONY});
    bench.refuses("addfunctionmsg", json!({"fun": foreign}));
}

#[test]
fn a_request_for_work_may_not_take_everything() {
    let mut bench = Bench::new(LinkRole::Executor);
    let assign = |timeout: i64| json!({"colonyname": COLONY, "timeout": timeout});
    let refusal = |bench: &Bench, timeout| match bench.judge("assignprocessmsg", assign(timeout)) {
        Verdict::Refuse { status, sentence } => (status, sentence),
        other @ (Verdict::Pass | Verdict::Join(_) | Verdict::Leave | Verdict::Forward(_)) => {
            panic!("{other:?}")
        }
    };
    let (status, sentence) = refusal(&bench, 3);
    assert_eq!(
        (status, sentence.contains("waits 3 s, allowed are 2 s")),
        (400, true),
        "{sentence}"
    );
    for number in 0..MOST_HELD {
        assert_eq!(bench.allows("assignprocessmsg", assign(2)), Meaning::Poll);
        bench.give(&number.to_string());
    }
    let (status, sentence) = refusal(&bench, 2);
    assert_eq!((status, sentence.contains("holds 32 processes")), (429, true), "{sentence}");
    let close = bench.allows("closefailedmsg", json!({"processid": "7"}));
    bench.observe(&close, 200, "closefailedmsg", &json!({}));
    assert_eq!(bench.allows("assignprocessmsg", assign(2)), Meaning::Poll);
}

#[test]
fn a_process_that_is_over_can_be_read_but_not_changed() {
    let mut bench = Bench::busy();
    bench.observe(&Meaning::Close("mine".to_owned()), 200, "closesuccessfulmsg", &json!({}));
    assert_eq!(bench.gateway.member(&bench.id).and_then(Member::held), None);
    bench.allows("getprocessmsg", json!({"processid": "mine"}));
    bench.refuses("setoutputmsg", json!({"processid": "mine"}));
}

#[test]
fn a_close_that_the_server_failed_to_answer_leaves_the_process_held() {
    let mut bench = Bench::busy();
    let meaning = Meaning::Close("mine".to_owned());
    let failure = Failure { status: 500, message: "pq: no".to_owned() };
    let body = ReplyEnvelope::failure(&failure).to_body();
    bench.gateway.observe(S, &bench.id, &meaning, 500, body.as_bytes());
    bench.allows("closesuccessfulmsg", json!({"processid": "mine"}));
}

#[test]
fn a_visitor_may_submit_what_is_on_offer_and_see_to_it() {
    let mut bench = Bench::new(LinkRole::Visitor);
    let spec = |function: &str, kind: &str, more: Value| {
        let mut spec = json!({
            "funcname": function, "args": [5, 3], "kwargs": {"Any": 1}, "maxexectime": -1,
            "conditions": {"colonyname": COLONY, "executortype": kind},
        });
        for (name, value) in more.as_object().unwrap() {
            spec[name] = value.clone();
        }
        json!({"spec": spec})
    };
    let good = spec("add", "wasm", json!({}));
    assert_eq!(bench.allows("submitfuncspecmsg", good), Meaning::Submit);
    bench.refuses("submitfuncspecmsg", spec("rm", "wasm", json!({})));
    bench.refuses("submitfuncspecmsg", spec("add", "gpu", json!({})));
    bench.refuses("submitfuncspecmsg", spec("add", "wasm", json!({"priority": 9})));
    bench.refuses("submitfuncspecmsg", spec("add", "wasm", json!({"Priority": 9})));
    let conditions = json!({"colonyname": COLONY, "executortype": "wasm", "ExecutorType": "gpu"});
    let twice = spec("add", "wasm", json!({"conditions": conditions}));
    assert!(matches!(bench.judge("submitfuncspecmsg", twice), Verdict::Refuse { status: 400, .. }));
    bench.refuses("submitfuncspecmsg", json!({}));
    for kind in ["getprocessmsg", "cancelprocessmsg", "getlogsmsg", "subscribeprocessmsg"] {
        bench.refuses(kind, json!({"processid": "p"}));
    }
    bench.observe(&Meaning::Submit, 200, "submitfuncspecmsg", &json!({"processid": "p"}));
    for kind in ["getprocessmsg", "cancelprocessmsg", "getlogsmsg", "subscribeprocessmsg"] {
        bench.allows(kind, json!({"processid": "p"}));
    }
    bench.refuses("getlogsmsg", json!({"processid": "p", "executorname": "web"}));
    bench.refuses("assignprocessmsg", json!({"colonyname": COLONY, "timeout": 2}));
    bench.refuses("closesuccessfulmsg", json!({"processid": "p"}));
    bench.gateway.settings.offer = None;
    bench.refuses("submitfuncspecmsg", spec("add", "wasm", json!({})));
}

#[test]
fn who_came_otherwise_is_not_judged_here() {
    let bench = Bench::busy();
    let operator = PrivateKey::generate();
    let verdict = bench.gateway.judge(&letter(&operator, "cancelprocessmsg", json!({})));
    assert!(matches!(verdict, Verdict::Pass));
}

#[test]
fn a_stranger_may_only_join_as_itself() {
    let mut bench = Bench::busy();
    let key = PrivateKey::generate();
    bench.gateway.open(7, &key.id(), LinkRole::Executor);
    let judge = |kind: &str, payload: Value| bench.gateway.judge(&letter(&key, kind, payload));
    let own = json!({"executor": {"executorid": key.id(), "executorname": "w"}});
    let joining = judge("addexecutormsg", own);
    let Verdict::Join(Joining::Executor(executor)) = joining else { panic!("{joining:?}") };
    assert_eq!(executor.executorname, "w");
    let refused = [
        ("addexecutormsg", json!({"executor": {"executorid": bench.id}})),
        ("addusermsg", json!({"user": {"userid": key.id(), "name": "w"}})),
        ("assignprocessmsg", json!({"colonyname": COLONY, "timeout": 2})),
        ("getprocessmsg", json!({"processid": "mine"})),
    ];
    for (kind, payload) in refused {
        assert!(matches!(judge(kind, payload), Verdict::Refuse { status: 403, .. }), "{kind}");
    }
}

#[test]
fn who_says_goodbye_leaves_at_once() {
    let mut bench = Bench::busy();
    let actions = bench.gateway.close(2 * S, 1, &bench.id, Ending::Goodbye);
    assert_eq!(actions, [Action::Remove(profile(&bench.key, LinkRole::Executor))]);
    bench.refuses("closesuccessfulmsg", json!({"processid": "mine"}));
    assert_eq!(bench.gateway.tick(1000 * S), [], "once");
    bench.gateway.removed(&bench.id);
    bench.refuses("getexecutorsmsg", json!({"colonyname": COLONY}));
    assert!(bench.gateway.is_stranger(&bench.id), "its key opens no door later");
}

#[test]
fn who_comes_back_in_time_goes_on() {
    let mut bench = Bench::busy();
    assert_eq!(bench.gateway.close(10 * S, 1, &bench.id, Ending::Broken), []);
    assert_eq!(bench.gateway.due(), Some(12 * S));
    let opened = bench.gateway.open(2, &bench.id, LinkRole::Executor);
    let holds = Some("mine".to_owned());
    assert_eq!(opened, Opened { is_known: true, holds, replaced: None });
    assert_eq!(bench.gateway.due(), None);
    assert_eq!(bench.gateway.tick(13 * S), []);
    let late = bench.gateway.close(14 * S, 1, &bench.id, Ending::Goodbye);
    assert_eq!(late, [], "the old session says nothing any more");
    bench.allows("closesuccessfulmsg", json!({"processid": "mine"}));
}

#[test]
fn who_does_not_come_back_is_taken_off() {
    let mut bench = Bench::busy();
    bench.gateway.close(10 * S, 1, &bench.id, Ending::Broken);
    assert_eq!(bench.gateway.tick(11 * S), []);
    let removed = Action::Remove(profile(&bench.key, LinkRole::Executor));
    assert_eq!(bench.gateway.tick(12 * S), [removed]);
    let opened = bench.gateway.open(2, &bench.id, LinkRole::Executor);
    assert!(!opened.is_known, "too late");
    bench.gateway.removed(&bench.id);
    bench.gateway.open(3, &bench.id, LinkRole::Executor);
    let verdict = bench.judge("assignprocessmsg", json!({"colonyname": COLONY, "timeout": 2}));
    let Verdict::Refuse { status: 403, sentence } = verdict else { panic!("{verdict:?}") };
    assert!(sentence.contains("was away for too long"), "{sentence}");
}

#[test]
fn who_holds_a_process_and_says_nothing_has_fallen_silent() {
    let idle = Bench::new(LinkRole::Executor);
    assert!(!idle.gateway.is_mute(1000 * S, &idle.id, S), "it may have nothing to say");
    let mut bench = Bench::busy();
    for (now, said, is_mute) in [(76, 1, false), (77, 1, true), (1000, 925, false)] {
        assert_eq!(bench.gateway.is_mute(now * S, &bench.id, said * S), is_mute, "{now} {said}");
    }
    bench.now = 1000 * S;
    bench.observe(&Meaning::Close("mine".to_owned()), 200, "closesuccessfulmsg", &json!({}));
    bench.give("another");
    assert!(!bench.gateway.is_mute(1001 * S, &bench.id, S), "it was given its process just now");
}

#[test]
fn a_second_session_takes_the_place_of_the_first() {
    let mut bench = Bench::busy();
    let opened = bench.gateway.open(2, &bench.id, LinkRole::Executor);
    assert_eq!(opened.replaced, Some(1));
    assert_eq!(bench.gateway.session(&bench.id), Some(2));
}

#[test]
fn a_restart_forgets_nobody() {
    let key = PrivateKey::generate();
    let former = PrivateKey::generate();
    let mut gateway = Gateway::new(Settings::default());
    let member = (profile(&key, LinkRole::Executor), Some("mine".to_owned()));
    gateway.restore(S, [member], [former.id()]);
    assert_eq!(gateway.due(), Some(S + RESTARTED));
    let opened = gateway.open(1, &key.id(), LinkRole::Executor);
    assert_eq!((opened.is_known, opened.holds.as_deref()), (true, Some("mine")));
    let closed = letter(&key, "closesuccessfulmsg", json!({"processid": "mine"}));
    assert!(matches!(gateway.judge(&closed), Verdict::Forward(_)));
    let list = letter(&former, "getexecutorsmsg", json!({"colonyname": COLONY}));
    assert!(matches!(gateway.judge(&list), Verdict::Refuse { status: 403, .. }));
}

#[test]
fn who_joins_after_its_session_has_ended_has_time_to_come_back() {
    let mut gateway = Gateway::new(Settings::default());
    let key = PrivateKey::generate();
    gateway.open(1, &key.id(), LinkRole::Executor);
    gateway.close(S, 1, &key.id(), Ending::Broken);
    gateway.joined(2 * S, profile(&key, LinkRole::Executor));
    assert_eq!(gateway.due(), Some(2 * S + BROKEN));
}

#[test]
fn who_leaves_while_the_colony_lets_it_in_is_taken_off_at_once() {
    let mut gateway = Gateway::new(Settings::default());
    let key = PrivateKey::generate();
    gateway.open(1, &key.id(), LinkRole::Executor);
    assert!(gateway.begin_join(&key.id()));
    assert!(!gateway.begin_join(&key.id()), "once is enough");
    gateway.close(S, 1, &key.id(), Ending::Broken);
    let list = letter(&key, "getexecutorsmsg", json!({"colonyname": COLONY}));
    assert!(matches!(gateway.judge(&list), Verdict::Refuse { status: 403, .. }), "known already");
    let leave = letter(&key, "removeexecutormsg", json!({"colonyname": COLONY}));
    assert!(matches!(gateway.judge(&leave), Verdict::Leave));
    assert_eq!(gateway.leave(&key.id()), None);
    let profile = profile(&key, LinkRole::Executor);
    gateway.joined(2 * S, profile.clone());
    assert_eq!(gateway.tick(2 * S), [Action::Remove(profile)]);
    assert!(matches!(gateway.judge(&leave), Verdict::Leave), "again and again");
}

#[test]
fn who_is_dismissed_while_it_joins_goes_once_it_has_joined() {
    let mut gateway = Gateway::new(Settings::default());
    let key = PrivateKey::generate();
    gateway.open(1, &key.id(), LinkRole::Executor);
    assert_eq!(gateway.session(&key.id()), Some(1));
    gateway.begin_join(&key.id());
    assert_eq!(gateway.dismiss(&key.id()), None, "the colony does not have it yet");
    let profile = profile(&key, LinkRole::Executor);
    gateway.joined(S, profile.clone());
    assert_eq!(gateway.session(&key.id()), None, "it is no member that is here");
    assert_eq!(gateway.tick(S), [Action::Remove(profile)]);
    assert_eq!(gateway.dismiss(&key.id()), None, "it is on its way out");
}
