//! Replays exchanges recorded with a real server (`tests/data`, one a line, each file with a broker
//! of its own).
//!
//! Every signer of the record gets a fresh key; ids and time stamps of the record are translated as
//! they appear. Compared are status, error flag, type, the whole sentence of a refusal, and the whole
//! result: same fields, same values; of times only whether they are "never". Lines whose name begins
//! with "setup" are not recorded: they bring about what the record takes for granted (as many `times`
//! as it takes), or let time pass (`pass_s`).
//!
//! A line with `frames` is a frame sent over `/pubsub`. What happened elsewhere before the frames came
//! stands in `meanwhile`; `closed` says whether the connection was dropped, where that was waited for.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde_json::{Value, json};
use webpool_broker::Event;
use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::{Envelope, PrivateKey};

use super::better::BETTER;
use super::better::Better::{self, Accepted, Refusal, Result as OtherResult, Silence, Skipped};
use super::fixture::Fixture;
use super::subject::{Clock, Folder, Subject};

/// The public development key of a ColonyOS server's owner; some bodies are recorded with signatures.
const SERVER_KEY: &str = "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";

/// The files of the record: most of it, what was said over sockets and in channels, lives with their
/// deadlines, stale executors, blueprints.
pub(super) const RECORDS: [&str; 5] = [
    include_str!("../data/transcripts.jsonl"),
    include_str!("../data/pubsub.jsonl"),
    include_str!("../data/life.jsonl"),
    STALE,
    include_str!("../data/blueprints.jsonl"),
];

/// Recorded with a server that takes executors off after 4 s, and looks every second.
const STALE: &str = include_str!("../data/stale.jsonl");

struct Replay {
    fixture: Fixture,
    keys: HashMap<String, PrivateKey>,
    /// From the record's ids and time stamps to ours.
    known: HashMap<String, String>,
}

#[test]
fn a_recorded_server_is_matched() {
    let mut problems = Vec::new();
    for record in RECORDS {
        let lines = lines(record);
        let mut replay = Replay::new(&lines, record == STALE);
        for line in &lines {
            replay.check(line, &mut problems);
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// The lines of a file of the record.
pub(super) fn lines(record: &str) -> Vec<Value> {
    record.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Replay {
    fn new(lines: &[Value], is_impatient: bool) -> Self {
        let server = PrivateKey::from_hex(SERVER_KEY).unwrap();
        let (clock, folder) = (Clock::new(), Folder::new());
        let server_id = server.id();
        let mut settings = clock.settings(folder.path().join("broker.db"), server_id.clone());
        settings.address = "0.0.0.0:50080".parse().ok();
        if is_impatient {
            settings.stale_after = Duration::from_secs(4);
            settings.sweep_every = Duration::from_secs(1);
        }
        let broker = webpool_broker::Broker::open(settings).unwrap();
        let subject = Subject { broker, clock, folder, server_id };
        let fixture = Fixture {
            subject,
            colony: String::new(),
            kind: String::new(),
            server: server.clone(),
            owner: PrivateKey::generate(),
            user: PrivateKey::generate(),
            colonies: Mutex::default(),
        };
        let mut keys = HashMap::from([(server.id().as_str().to_owned(), server)]);
        for id in lines.iter().filter_map(|line| line["signer_id"].as_str()) {
            keys.entry(id.to_owned()).or_insert_with(PrivateKey::generate);
        }
        let known = keys.iter().map(|(id, key)| (id.clone(), key.id().as_str().to_owned()));
        let known = known.collect();
        Self { fixture, keys, known }
    }

    fn check(&mut self, line: &Value, problems: &mut Vec<String>) {
        let name = line["name"].as_str().unwrap();
        let better = BETTER.iter().find(|(known, ..)| *known == name).map(|(_, how, _)| how);
        if matches!(better, Some(Skipped)) {
            return;
        }
        if let Some(seconds) = line["pass_s"].as_u64() {
            self.fixture.pass(Duration::from_secs(seconds));
            return;
        }
        if line["frames"].is_array() {
            self.check_frames(line, better, problems);
            return;
        }
        for _ in 1..line["times"].as_u64().unwrap_or(1) {
            self.exchange(line);
        }
        let (status, reply) = self.exchange(line);
        let payload: Value = serde_json::from_slice(&reply.payload_bytes()).unwrap_or_default();
        let mut found = Vec::new();
        match better {
            Some(Refusal(expected, sentence)) => {
                same("status", &Value::from(*expected), &Value::from(status), &mut found);
                same("sentence", &Value::from(*sentence), &payload["message"], &mut found);
            }
            Some(Accepted) => {
                same("status", &Value::from(200), &Value::from(status), &mut found);
            }
            Some(OtherResult | Skipped | Silence) => {
                same("status", &line["status"], &Value::from(status), &mut found);
                self.learn(&line["response"], &payload);
            }
            None => {
                same("status", &line["status"], &Value::from(status), &mut found);
                let named = line.get("replytype").unwrap_or(&line["payloadtype"]);
                let kind = if status == 200 { named } else { &Value::from("error") };
                if !kind.is_null() {
                    same("type", kind, &Value::from(reply.payloadtype), &mut found);
                }
                self.learn(&line["response"], &payload);
                if !name.starts_with("setup") {
                    let (theirs, ours) = (in_order(&line["response"]), in_order(&payload));
                    self.compare("", &theirs, &ours, &mut found);
                }
            }
        }
        same("error flag", &Value::from(status != 200), &Value::from(reply.error), &mut found);
        problems.extend(found.iter().map(|problem| format!("{name}: {problem}")));
    }

    /// Sends the request of a line; a poll that waits is given the time it wants.
    fn exchange(&self, line: &Value) -> (u16, ReplyEnvelope) {
        let (_call, answer) = self.fixture.send(self.body(line));
        self.fixture.broker.tick();
        let answer = answer.try_recv().unwrap_or_else(|_| {
            let timeout_s = line["payload"]["timeout"].as_u64().unwrap_or_default();
            self.fixture.pass(Duration::from_secs(timeout_s));
            answer.try_recv().unwrap_or_else(|_| panic!("no answer to {}", line["name"]))
        });
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    fn body(&self, line: &Value) -> String {
        if let Some(body) = line["body"].as_str() {
            return body.to_owned();
        }
        let payload = line["payload"].as_str().map(str::to_owned);
        let payload = self.translate(&payload.unwrap_or_else(|| line["payload"].to_string()));
        let payloadtype = line["payloadtype"].as_str().unwrap();
        let Some(id) = line["signer_id"].as_str() else {
            let signed = Envelope::sign(payloadtype, &payload, &self.fixture.server);
            return Envelope { signature: String::new(), ..signed }.to_body();
        };
        Envelope::sign(payloadtype, &payload, &self.keys[id]).to_body()
    }

    /// Puts our ids and time stamps in the place of the record's.
    fn translate(&self, text: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric();
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |end| start + end);
            let word = &rest[start..end];
            out.push_str(&rest[..start]);
            out.push_str(self.known.get(word).map_or(word, String::as_str));
            rest = &rest[end..];
        }
        out + rest
    }

    /// Notes which of our ids and time stamps stand for which of the record's.
    fn learn(&mut self, theirs: &Value, ours: &Value) {
        match (theirs, ours) {
            (Value::Object(theirs), Value::Object(_)) => {
                for (name, value) in theirs {
                    self.learn(value, &ours[name]);
                }
            }
            (Value::Array(theirs), Value::Array(ours)) => {
                for (theirs, ours) in theirs.iter().zip(ours) {
                    self.learn(theirs, ours);
                }
            }
            (Value::String(theirs), Value::String(ours)) if is_id(theirs) && is_id(ours) => {
                self.known.entry(theirs.clone()).or_insert_with(|| ours.clone());
            }
            (Value::Number(theirs), Value::Number(ours)) if theirs.to_string().len() > 17 => {
                self.known.entry(theirs.to_string()).or_insert_with(|| ours.to_string());
            }
            _ => {}
        }
    }

    fn compare(&self, path: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
        match (theirs, ours) {
            (Value::Object(their_fields), Value::Object(our_fields)) => {
                for (name, theirs) in their_fields {
                    match our_fields.get(name) {
                        Some(ours) => self.compare(&format!("{path}.{name}"), theirs, ours, found),
                        None => found.push(format!("{path}.{name} is missing")),
                    }
                }
                let extra = our_fields.keys().filter(|name| !their_fields.contains_key(*name));
                found.extend(extra.map(|name| format!("{path}.{name} is only ours")));
            }
            (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
                for (theirs, ours) in theirs.iter().zip(ours) {
                    self.compare(path, theirs, ours, found);
                }
            }
            (Value::String(theirs), Value::String(ours)) if is_time(theirs) && is_time(ours) => {
                let is_never = |time: &str| time.starts_with("0001-");
                if is_never(theirs) != is_never(ours) {
                    found.push(format!("{path}: theirs {theirs}, ours {ours}"));
                }
            }
            (Value::String(theirs), Value::String(_)) => {
                same(path, &Value::from(self.translate(theirs)), ours, found);
            }
            (Value::Number(_), Value::Number(_)) if theirs.as_f64() == ours.as_f64() => {}
            // Measured times, in seconds.
            (Value::Number(theirs), Value::Number(ours)) if theirs.is_f64() && ours.is_f64() => {}
            (Value::Number(theirs), Value::Number(ours))
                if theirs.to_string().len() > 17 || ours.to_string().len() > 17 => {}
            _ => same(path, theirs, ours, found),
        }
    }
}

impl Replay {
    /// Sends a frame and lets happen what happened; a subscription is given the time it wants if
    /// that is what the record waited for.
    fn check_frames(&mut self, line: &Value, better: Option<&Better>, problems: &mut Vec<String>) {
        let (_subscription, events) = self.fixture.subscribe(self.body(line));
        for event in line["meanwhile"].as_array().into_iter().flatten() {
            self.check(event, problems);
        }
        self.fixture.broker.tick();
        let (mut frames, mut is_closed) = frames(&events);
        let expected = line["frames"].as_array().unwrap();
        if line["closed"] == true || expected.len() > frames.len() {
            let timeout_s = line["payload"]["timeout"].as_u64().unwrap_or_default();
            self.fixture.pass(Duration::from_secs(timeout_s));
            let (more, is_closed_now) = self::frames(&events);
            frames.extend(more);
            is_closed |= is_closed_now;
        }
        let mut found = Vec::new();
        if line["closed"].is_boolean() {
            same("closed", &line["closed"], &Value::from(is_closed), &mut found);
        }
        self.compare_frames(expected, better, &frames, &mut found);
        problems.extend(found.iter().map(|problem| format!("{}: {problem}", line["name"])));
    }

    fn compare_frames(
        &mut self,
        expected: &[Value],
        better: Option<&Better>,
        frames: &[(String, Value)],
        found: &mut Vec<String>,
    ) {
        match better {
            Some(Refusal(status, sentence)) => {
                let refused = json!([["error", {"status": status, "message": sentence}]]);
                same("refusal", &refused, &json!(frames), found);
            }
            Some(Silence) => same("frames", &json!([]), &json!(frames), found),
            Some(OtherResult | Accepted | Skipped) | None => {
                same("frames", &json!(expected.len()), &json!(frames.len()), found);
                for (theirs, (kind, ours)) in expected.iter().zip(frames) {
                    same("type", &theirs["payloadtype"], &json!(kind), found);
                    self.learn(&theirs["payload"], ours);
                    if better.is_none() {
                        self.compare("", &theirs["payload"], ours, found);
                    }
                }
            }
        }
    }
}

/// The frames that have come, each with its type, and whether the connection was dropped.
fn frames(events: &Receiver<Event>) -> (Vec<(String, Value)>, bool) {
    let (mut frames, mut is_closed) = (Vec::new(), false);
    for event in events.try_iter() {
        match event {
            Event::Frame(frame) => {
                let reply: ReplyEnvelope = serde_json::from_str(&frame).unwrap();
                let payload = serde_json::from_slice(&reply.payload_bytes()).unwrap();
                assert_eq!(reply.error, reply.payloadtype == "error");
                frames.push((reply.payloadtype, payload));
            }
            Event::Over => {}
            Event::Close => is_closed = true,
        }
    }
    (frames, is_closed)
}

fn same(what: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
    if theirs != ours {
        found.push(format!("{what}: theirs {theirs}, ours {ours}"));
    }
}

/// A result with the nodes of a graph in one order; the record has them in any.
fn in_order(result: &Value) -> Value {
    let mut result = result.clone();
    if let Some(nodes) = result.get_mut("nodes").and_then(Value::as_array_mut) {
        nodes.sort_by_key(|node| node["data"]["label"].to_string());
    }
    result
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T') && text.contains(':')
}
