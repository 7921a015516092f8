//! Order, limits, and what is freed.

use webpool_colony::{Bytes, Timestamp};

use super::*;

/// A moment, in nanoseconds since 1970.
const NOW: i64 = 1_800_000_000 * SECOND;

fn address(processid: &str, name: &str) -> Address {
    Address { processid: processid.to_owned(), name: name.to_owned() }
}

fn entry(sender: &str, sequence: i64, length: usize) -> ChannelEntry {
    ChannelEntry {
        sequence,
        inreplyto: 0,
        timestamp: Timestamp::NEVER,
        senderid: Id::from_text(sender),
        payload: Some(Bytes::from(vec![b'x'; length])),
        kind: "data".to_owned(),
    }
}

fn say(channels: &mut Channels, at: &Address, entry: &ChannelEntry, now: i64) -> String {
    match channels.append(at, entry, now) {
        Ok(_) => String::new(),
        Err(refusal) => refusal.message,
    }
}

fn sequences(channels: &Channels, at: &Address, skipped: i64, limit: i64) -> Vec<i64> {
    let entries: Vec<ChannelEntry> =
        serde_json::from_str(&channels.read(at, skipped, limit)).unwrap();
    entries.iter().map(|entry| entry.sequence).collect()
}

#[test]
fn messages_of_one_sender_are_sorted_between_those_of_the_other() {
    let (mut channels, at) = (Channels::default(), address("p", "c"));
    let said = [("a", 5, 0), ("a", 4, 1), ("b", 9, 2), ("a", 3, 3), ("b", 1, 4), ("a", 3, 5)];
    for (sender, sequence, ns) in said {
        assert_eq!(say(&mut channels, &at, &entry(sender, sequence, 1), NOW + ns), "");
    }
    assert_eq!(sequences(&channels, &at, 0, 0), [4, 5, 9, 3, 1, 3]);
    // The clock was put back: the message goes before the other sender's later ones.
    assert_eq!(say(&mut channels, &at, &entry("c", 7, 1), NOW + 2), "");
    assert_eq!(sequences(&channels, &at, 0, 0), [4, 5, 9, 7, 3, 1, 3]);
    for (skipped, limit, expected) in [
        (2, 2, vec![9, 7]),
        (-5, 1, vec![4]),
        (6, -1, vec![3]),
        (7, 0, vec![]),
        (i64::MAX, 0, vec![]),
    ] {
        assert_eq!(sequences(&channels, &at, skipped, limit), expected, "{skipped} {limit}");
    }
    assert_eq!(channels.read(&address("p", "d"), 0, 0), "[]");
}

#[test]
fn a_process_says_500_messages_at_once_and_100_a_second() {
    let (mut channels, at) = (Channels::default(), address("p", "c"));
    let mut burst = |now: i64| {
        let mut said = (0..1000).map(|n| say(&mut channels, &at, &entry("a", n, 1), now));
        let count = said.by_ref().take_while(String::is_empty).count();
        assert_eq!(said.next().unwrap(), "rate limit exceeded");
        count
    };
    assert_eq!(burst(NOW), 500);
    assert_eq!(burst(NOW + SECOND), 100);
    assert_eq!(burst(NOW + 60 * SECOND), 500);
    // A clock that was put back by an hour costs no more than the allowance.
    assert_eq!(burst(NOW - 3600 * SECOND), 0);
    assert_eq!(burst(NOW - 3599 * SECOND), 100);
    // Another process has its own.
    assert_eq!(say(&mut channels, &address("q", "c"), &entry("a", 1, 1), NOW), "");
}

#[test]
fn a_channel_is_full_after_10_000_messages() {
    let (mut channels, at) = (Channels::default(), address("p", "c"));
    for n in 0..10_000 {
        assert_eq!(say(&mut channels, &at, &entry("a", n, 0), NOW + n * PRICE), "", "{n}");
    }
    let later = NOW + 20_000 * PRICE;
    assert_eq!(say(&mut channels, &at, &entry("a", 1, 0), later), "channel log is full");
    assert_eq!(say(&mut channels, &address("p", "d"), &entry("a", 1, 0), later), "");
}

#[test]
fn memory_is_bounded_and_freed() {
    let (at, longest) = (address("p0", "c"), entry("a", 1, 1000));
    let mut channels = Channels::default();
    assert_eq!(say(&mut channels, &at, &longest, NOW), "");
    let size = channels.bytes;
    assert!((1336 + ENTRY_BYTES..1600 + ENTRY_BYTES).contains(&size), "{size}");
    let limits = Limits { payload: 1000, process: 5 * size - 1, total: 19 * size - 1 };
    let mut channels = Channels { limits, ..Channels::default() };
    let sentence = "message payload exceeds maximum size";
    assert_eq!(say(&mut channels, &at, &entry("a", 1, 1001), NOW), sentence);
    for n in 0..18 {
        let at = address(&format!("p{}", n / 4), "c");
        assert_eq!(say(&mut channels, &at, &longest, NOW), "", "{n}");
    }
    assert_eq!(say(&mut channels, &at, &longest, NOW), "channel log is full");
    let (other, sentence) = (address("q", "c"), "the channels of this server are full");
    assert_eq!(say(&mut channels, &other, &longest, NOW), sentence);
    channels.end("p1");
    channels.end("p1");
    assert_eq!(channels.read(&address("p1", "c"), 0, 0), "[]");
    assert_eq!(say(&mut channels, &other, &longest, NOW), sentence, "it may come back");
    channels.keep();
    assert_eq!(say(&mut channels, &other, &longest, NOW), "");
    for processid in channels.processes() {
        channels.end(&processid);
    }
    channels.keep();
    assert_eq!((channels.bytes, channels.rooms.len()), (0, 0));
}

#[test]
fn the_last_executor_is_remembered() {
    let mut channels = Channels::default();
    assert_eq!(channels.last_executor("p"), None);
    channels.give("p", &Id::from_text("first"));
    channels.give("p", &Id::from_text("second"));
    assert_eq!(channels.last_executor("p"), Some(&Id::from_text("second")));
    channels.end("p");
    assert_eq!(channels.last_executor("p"), None);
}

/// All that can be seen of the channels.
fn view(channels: &Channels) -> String {
    let mut rooms: Vec<String> = channels
        .rooms
        .iter()
        .map(|(processid, room)| {
            let mut logs: Vec<String> =
                room.logs.iter().map(|(name, log)| format!("{name}: {log:?}")).collect();
            logs.sort();
            let Room { executor, spent_until, bytes, .. } = room;
            format!("{processid} {executor:?} {spent_until} {bytes} {logs:?}")
        })
        .collect();
    rooms.sort();
    format!("{} {rooms:#?}", channels.bytes)
}

/// Does one thing of each kind, where something is and where nothing is.
fn change(channels: &mut Channels, now: i64) {
    for processid in ["p", "q", "r"] {
        let (talk, side) = (address(processid, "talk"), address(processid, "side"));
        for (at, sender, sequence) in [(&talk, "a", 5), (&talk, "b", 1), (&side, "a", 4)] {
            assert_eq!(say(channels, at, &entry(sender, sequence, 9), now), "");
        }
        assert_eq!(say(channels, &talk, &entry("a", 2, 9), now), "", "before the others");
        channels.give(processid, &Id::from_text("second"));
    }
    channels.end("q");
    assert_eq!(say(channels, &address("q", "talk"), &entry("a", 1, 1), now + SECOND), "");
    channels.end("q");
    channels.end("r");
}

#[test]
fn what_is_not_kept_can_be_taken_back() {
    let mut channels = Channels::default();
    let empty = view(&channels);
    change(&mut channels, NOW);
    channels.undo(0);
    assert_eq!(view(&channels), empty);

    for processid in ["p", "q"] {
        assert_eq!(say(&mut channels, &address(processid, "talk"), &entry("a", 3, 99), NOW), "");
        channels.give(processid, &Id::from_text("first"));
    }
    channels.keep();
    let kept = view(&channels);
    change(&mut channels, NOW + SECOND);
    assert_ne!(view(&channels), kept);
    channels.undo(0);
    assert_eq!(view(&channels), kept);
    channels.undo(0);
    assert_eq!(view(&channels), kept);
}

#[test]
fn a_part_can_be_taken_back() {
    let (mut channels, at) = (Channels::default(), address("p", "talk"));
    assert_eq!(say(&mut channels, &at, &entry("a", 3, 1), NOW), "");
    let (first, before) = (channels.changes(), view(&channels));
    change(&mut channels, NOW);
    channels.undo(first);
    assert_eq!(view(&channels), before);
    channels.keep();
    assert_eq!((view(&channels), channels.changes()), (before, 0));
}
