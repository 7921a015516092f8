//! Channels: who may use one, its limits, and how it is followed. The order of messages and the
//! limits of the log itself are tried beside the code.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use webpool_broker::{Event, Subscription};
use webpool_colony::request::{
    CancelProcess, ChannelAppend, ChannelRead, CloseFailed, RemoveExecutor, RemoveProcess, Submit,
    SubscribeChannel,
};
use webpool_colony::{
    Bytes, ChannelEntry, Error, FunctionSpec, PrivateKey, Process, ProcessState, Request,
};

use super::fixture::{COLONY, Fixture, sentence, spec};

const NAME: &str = "talk";

fn open(fixture: &Fixture) -> Process {
    fixture.submit_like(FunctionSpec { channels: vec![NAME.to_owned()], ..spec("f") })
}

fn message(processid: &str, text: &str) -> ChannelAppend {
    ChannelAppend {
        processid: processid.to_owned(),
        name: NAME.to_owned(),
        payload: Some(Bytes::from(text)),
        ..ChannelAppend::default()
    }
}

fn say(fixture: &Fixture, key: &PrivateKey, id: &str, text: &str) -> Result<(), Error> {
    fixture.ask(key, &message(id, text)).map(drop)
}

fn read(fixture: &Fixture, key: &PrivateKey, id: &str) -> Result<Vec<ChannelEntry>, Error> {
    let (processid, name) = (id.to_owned(), NAME.to_owned());
    fixture.ask(key, &ChannelRead { processid, name, ..ChannelRead::default() })
}

fn listening(id: &str, afterseq: i64, timeout: i64) -> SubscribeChannel {
    SubscribeChannel { processid: id.to_owned(), name: NAME.to_owned(), afterseq, timeout }
}

fn listen(fixture: &Fixture, key: &PrivateKey, id: &str) -> (Subscription, Receiver<Event>) {
    fixture.subscribe(listening(id, 0, 5).seal(key))
}

fn texts(entries: &[ChannelEntry]) -> Vec<String> {
    let bytes = entries.iter().map(|entry| entry.payload.clone().unwrap_or_default());
    bytes.map(|bytes| String::from_utf8_lossy(bytes.as_slice()).into_owned()).collect()
}

fn is_silent(fixture: &Fixture, events: &Receiver<Event>) -> bool {
    fixture.broker.tick();
    events.try_recv().is_err()
}

/// The next frame's entries; none if the subscription is over instead.
fn heard(fixture: &Fixture, events: &Receiver<Event>) -> Option<Vec<String>> {
    fixture.broker.tick();
    match events.try_recv().unwrap() {
        Event::Frame(frame) => Some(texts(&SubscribeChannel::read(200, frame.as_bytes()).unwrap())),
        Event::Over => None,
        Event::Close => panic!("the connection was dropped"),
    }
}

#[test]
fn a_channel_is_followed_without_gap_or_repetition() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = open(&fixture).processid;
    say(&fixture, &fixture.user, &id, "early").unwrap();
    fixture.take(&executor);
    let (subscription, events) = listen(&fixture, &executor, &id);
    assert!(subscription.is_open() && subscription.is_exclusive());
    say(&fixture, &executor, &id, "one").unwrap();
    say(&fixture, &fixture.user, &id, "two").unwrap();
    for expected in ["early", "one", "two"] {
        assert_eq!(heard(&fixture, &events), Some(vec![expected.to_owned()]));
    }
    let (_later, later) = fixture.subscribe(listening(&id, 1, -1).seal(&fixture.user));
    assert_eq!(heard(&fixture, &later), Some(vec!["one".to_owned(), "two".to_owned()]));
    assert_eq!((heard(&fixture, &later), heard(&fixture, &later)), (Some(Vec::new()), None));

    fixture.pass(Duration::from_secs(4));
    assert!(is_silent(&fixture, &events));
    fixture.pass(Duration::from_secs(1));
    assert_eq!((heard(&fixture, &events), heard(&fixture, &events)), (Some(Vec::new()), None));
    let (_default, events) = fixture.subscribe(listening(&id, 3, 0).seal(&fixture.user));
    fixture.pass(Duration::from_secs(29));
    assert!(is_silent(&fixture, &events));
    fixture.pass(Duration::from_secs(1));
    assert_eq!((heard(&fixture, &events), heard(&fixture, &events)), (Some(Vec::new()), None));
}

#[test]
fn a_channel_goes_with_its_process() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let gone = (404, "Channel not found".to_owned());
    let end: [&dyn Fn(&str); 4] = [
        &|id| fixture.close(&executor, id, "8").unwrap(),
        &|id| {
            let request = CloseFailed { processid: id.to_owned(), errors: Vec::new() };
            fixture.ask(&executor, &request).map(drop).unwrap();
        },
        &|_| fixture.pass(Duration::from_secs(61)),
        &|id| {
            fixture.ask(&fixture.user, &CancelProcess { processid: id.to_owned() }).unwrap();
        },
    ];
    for (number, end) in end.iter().enumerate() {
        let limit = FunctionSpec { maxexectime: 60, maxretries: 0, ..spec("f") };
        let channels = vec![NAME.to_owned()];
        let id = fixture.submit_like(FunctionSpec { channels, ..limit }).processid;
        fixture.take(&executor);
        say(&fixture, &executor, &id, "last words").unwrap();
        let request = listening(&id, 0, 600);
        let (_subscription, events) = fixture.subscribe(request.seal(&fixture.user));
        assert!(heard(&fixture, &events).is_some());
        end(&id);
        assert_eq!(heard(&fixture, &events), None, "{number}");
        if fixture.state(&id) == Some(ProcessState::Cancelled) {
            assert_eq!(read(&fixture, &fixture.user, &id), Ok(Vec::new()));
            continue;
        }
        assert_eq!(sentence(say(&fixture, &executor, &id, "late")), gone, "{number}");
        assert_eq!(sentence(read(&fixture, &fixture.user, &id)), gone, "{number}");
        let (_refused, events) = listen(&fixture, &fixture.user, &id);
        assert_eq!(refused(&fixture, &events), "Channel not found (status 404)");
    }
}

fn refused(fixture: &Fixture, events: &Receiver<Event>) -> String {
    fixture.broker.tick();
    let Ok(Event::Frame(frame)) = events.try_recv() else { panic!("no refusal") };
    assert_eq!(events.try_recv(), Ok(Event::Over));
    SubscribeChannel::read(200, frame.as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_said_about_a_cancelled_process_is_swept_away() {
    let fixture = Fixture::new();
    let id = open(&fixture).processid;
    fixture.ask(&fixture.user, &CancelProcess { processid: id.clone() }).unwrap();
    say(&fixture, &fixture.user, &id, "still here?").unwrap();
    assert_eq!(texts(&read(&fixture, &fixture.user, &id).unwrap()), ["still here?"]);
    fixture.pass(Duration::from_secs(61));
    assert_eq!(read(&fixture, &fixture.user, &id), Ok(Vec::new()));
}

#[test]
fn the_listeners_of_a_deleted_process_are_let_go() {
    let fixture = Fixture::new();
    let id = open(&fixture).processid;
    say(&fixture, &fixture.user, &id, "anybody?").unwrap();
    let request = listening(&id, 0, 600);
    let (_subscription, events) = fixture.subscribe(request.seal(&fixture.user));
    assert!(heard(&fixture, &events).is_some());
    fixture.ask(&fixture.user, &RemoveProcess { processid: id.clone() }).unwrap();
    let missing = (404, "Process not found".to_owned());
    assert_eq!(sentence(read(&fixture, &fixture.user, &id)), missing);
    fixture.pass(Duration::from_secs(61));
    assert_eq!(heard(&fixture, &events), None);
}

#[test]
fn the_last_executor_keeps_its_channel_until_there_is_another() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.executor("e1"), fixture.executor("e2"));
    let limit = FunctionSpec { maxexectime: 1, maxretries: 9, ..spec("f") };
    let channels = vec![NAME.to_owned()];
    let id = fixture.submit_like(FunctionSpec { channels, ..limit }).processid;
    let stranger = (403, "Not authorized to write to channel".to_owned());
    assert_eq!(sentence(say(&fixture, &first, &id, "too soon")), stranger);
    fixture.take(&first);
    let (_subscription, events) = listen(&fixture, &first, &id);
    fixture.pass(Duration::from_secs(2));
    assert_eq!(fixture.state(&id), Some(ProcessState::Waiting));
    say(&fixture, &first, &id, "after the deadline").unwrap();
    assert_eq!(heard(&fixture, &events), Some(vec!["after the deadline".to_owned()]));
    fixture.take(&second);
    assert_eq!(sentence(say(&fixture, &first, &id, "too late")), stranger);
    say(&fixture, &second, &id, "mine now").unwrap();
    assert!(is_silent(&fixture, &events));
}

#[test]
fn who_is_no_member_any_more_hears_nothing() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let id = open(&fixture).processid;
    fixture.take(&executor);
    let (_subscription, events) = listen(&fixture, &executor, &id);
    let (colonyname, executorname) = (COLONY.to_owned(), "e1".to_owned());
    fixture.ask(&fixture.owner, &RemoveExecutor { colonyname, executorname }).unwrap();
    say(&fixture, &fixture.user, &id, "a secret").unwrap();
    assert!(is_silent(&fixture, &events));
}

#[test]
fn limits_are_named() {
    let fixture = Fixture::new();
    let id = open(&fixture).processid;
    let longest = 10 << 20;
    let of_length = |length: usize| {
        let payload = Some(Bytes::from(vec![b'x'; length]));
        fixture.ask(&fixture.user, &ChannelAppend { payload, ..message(&id, "") })
    };
    let sentences = ["message payload exceeds maximum size", "process has too many channels"];
    let [too_long, too_many] = sentences.map(|sentence| (500, sentence.to_owned()));
    of_length(longest).unwrap();
    assert_eq!(sentence(of_length(longest + 1)), too_long);

    let channels = (0..101).map(|number| format!("c{number}")).collect();
    let id = fixture.submit_like(FunctionSpec { channels, ..spec("f") }).processid;
    let ask = |name: &str| {
        let name = name.to_owned();
        fixture.ask(&fixture.user, &ChannelAppend { name, ..message(&id, "hello") })
    };
    ask("c99").unwrap();
    assert_eq!(sentence(ask("c100")), too_many);
    assert_eq!(sentence(ask("c101")), (404, "Channel not found".to_owned()));
    let request = SubscribeChannel { name: "c100".to_owned(), ..listening(&id, 0, 5) };
    let (_refused, events) = fixture.subscribe(request.seal(&fixture.user));
    assert_eq!(refused(&fixture, &events), "Channel not found (status 404)");
}

#[test]
fn the_names_of_channels_are_short() {
    let fixture = Fixture::new();
    let submit = |channels: Vec<String>| {
        let spec = Some(FunctionSpec { channels, ..spec("f") });
        fixture.ask(&fixture.user, &Submit { spec })
    };
    let longest = "x".repeat((64 << 10) - 3);
    let id = submit(vec![longest.clone()]).unwrap().processid;
    let request = ChannelAppend { name: longest.clone(), ..message(&id, "hello") };
    fixture.ask(&fixture.user, &request).unwrap();
    let reason = "The names of the channels have 65539 bytes, allowed are 65536";
    let refusal = (400, reason.to_owned());
    assert_eq!(sentence(submit(vec![longest, String::new()])), refusal);
}
