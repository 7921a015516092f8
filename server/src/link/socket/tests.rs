//! A client on the other end of a pipe.

use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::timeout;

use super::*;

/// A long frame has more than this, in bytes.
const LONG: usize = 10_000;

/// Much longer than anything takes that does not wait for something else.
const PATIENCE: Duration = Duration::from_secs(20);

/// The mask of every frame; it changes nothing.
const MASK: [u8; 4] = [0; 4];

const TEXT: u8 = 1;
const PING: u8 = 9;
const PART: u8 = 0;
const LAST: u8 = 0x80;

/// With room for two long frames, the spare one included.
fn limits() -> Limits {
    let body_bytes = 2 * LONG;
    Limits {
        long_body_bytes: LONG,
        body_bytes,
        all_body_bytes: 2 * body_bytes,
        ..Limits::default()
    }
}

async fn open(limits: Limits, room: &Room) -> (DuplexStream, Socket<DuplexStream>) {
    let (client, server) = duplex(1 << 20);
    (client, Socket::new(server, limits, room.clone()).await)
}

async fn open_trusted(limits: Limits, room: &Room) -> (DuplexStream, Socket<DuplexStream>) {
    let (client, mut socket) = open(limits, room).await;
    socket.trust();
    (client, socket)
}

/// What announces a frame.
fn header(kind: u8, length: usize) -> Vec<u8> {
    let mut header = vec![kind];
    if let Ok(short @ ..126) = u8::try_from(length) {
        header.push(0x80 | short);
    } else {
        header.push(0x80 | 127);
        header.extend(u64::try_from(length).unwrap().to_be_bytes());
    }
    header.extend(MASK);
    header
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    [header(kind, payload.len()), payload.to_vec()].concat()
}

async fn hear(socket: &mut Socket<DuplexStream>) -> Came {
    timeout(PATIENCE, socket.hear()).await.unwrap()
}

async fn hear_text(socket: &mut Socket<DuplexStream>) -> (Utf8Bytes, Handling) {
    match hear(socket).await {
        Came::Text(text, handling) => (text, handling),
        other @ (Came::Pulse | Came::Farewell(_) | Came::End) => panic!("{other:?}"),
    }
}

/// Whether nothing comes, also when everything that was sent is read.
async fn is_waiting(socket: &mut Socket<DuplexStream>) -> bool {
    for _ in 0..100 {
        tokio::select! {
            biased;
            _ = socket.hear() => return false,
            () = tokio::task::yield_now() => {}
        }
    }
    true
}

#[tokio::test]
async fn little_is_read_of_a_stranger() {
    let room = Room::new(limits());
    for length in [MAX_STRANGE_BYTES - 20, MAX_STRANGE_BYTES + 2 * READ_BUFFER_BYTES] {
        let (mut client, mut socket) = open(limits(), &room).await;
        client.write_all(&header(LAST | TEXT, MAX_FRAME_BYTES)).await.unwrap();
        client.write_all(&vec![b' '; length]).await.unwrap();
        if length < MAX_STRANGE_BYTES {
            assert!(is_waiting(&mut socket).await, "it may still be the beginning of a proof");
        } else {
            assert!(matches!(hear(&mut socket).await, Came::End));
        }
    }
}

#[tokio::test]
async fn a_stranger_may_send_one_frame_after_the_other() {
    let (mut client, mut socket) = open(limits(), &Room::new(limits())).await;
    for _ in 0..100 {
        client.write_all(&frame(LAST | PING, b"anybody there?")).await.unwrap();
        assert!(matches!(hear(&mut socket).await, Came::Pulse));
        client.write_all(&frame(LAST | TEXT, &[b'a'; 1000])).await.unwrap();
        assert_eq!(hear_text(&mut socket).await.0.len(), 1000);
    }
}

#[tokio::test]
async fn a_long_frame_keeps_its_room_until_it_was_handled() {
    let room = Room::new(limits());
    let long = frame(LAST | TEXT, &vec![b'a'; 2 * LONG]);
    let mut handled = Vec::new();
    for _ in 0..2 {
        let (mut client, mut socket) = open_trusted(limits(), &room).await;
        client.write_all(&long).await.unwrap();
        handled.push(hear_text(&mut socket).await.1);
    }
    let (mut client, mut third) = open_trusted(limits(), &room).await;
    client.write_all(&long).await.unwrap();
    assert!(is_waiting(&mut third).await, "the room is taken");
    let (mut client, mut short) = open_trusted(limits(), &room).await;
    client.write_all(&frame(LAST | TEXT, b"short")).await.unwrap();
    assert_eq!(hear_text(&mut short).await.0.as_str(), "short", "short frames need none");
    handled.clear();
    assert_eq!(hear_text(&mut third).await.0.len(), 2 * LONG);
}

#[tokio::test]
async fn fragments_are_counted_together() {
    let room = Room::new(limits());
    let mut taken = Taken::default();
    room.take(&mut taken, 2 * LONG).await;
    let mut spare = Taken::default();
    room.take(&mut spare, 2 * LONG).await;
    let (mut client, mut socket) = open_trusted(limits(), &room).await;
    client.write_all(&frame(TEXT, &[b'a'; 1000])).await.unwrap();
    for _ in 0..20 {
        client.write_all(&frame(LAST | PING, &[0; 100])).await.unwrap();
        client.write_all(&frame(PART, &[b'a'; 1000])).await.unwrap();
    }
    client.write_all(&frame(LAST | PART, b"a")).await.unwrap();
    for _ in 0..5 {
        assert!(matches!(hear(&mut socket).await, Came::Pulse), "these are heard before");
    }
    while !is_waiting(&mut socket).await {}
    drop(taken);
    loop {
        match hear(&mut socket).await {
            Came::Pulse => {}
            Came::Text(text, _) => return assert_eq!(text.len(), 21_001),
            other @ (Came::Farewell(_) | Came::End) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_comes_of_a_frame_is_heard_and_may_take_its_time() {
    let slow = Limits { body: Duration::ZERO, ..limits() };
    let (mut client, mut socket) = open_trusted(slow, &Room::new(slow)).await;
    assert!(!socket.was_heard());
    client.write_all(&header(LAST | TEXT, 2 * LONG)).await.unwrap();
    client.write_all(&[b'a'; 1000]).await.unwrap();
    assert!(is_waiting(&mut socket).await);
    assert!(socket.was_heard(), "its beginning has come");
    assert!(!socket.was_heard(), "but nothing more");
    assert!(!socket.is_too_slow(), "it may still be a short one");
    client.write_all(&vec![b'a'; LONG]).await.unwrap();
    assert!(is_waiting(&mut socket).await);
    assert!(socket.was_heard() && socket.is_too_slow());
    client.write_all(&vec![b'a'; LONG - 1000]).await.unwrap();
    hear_text(&mut socket).await;
    assert!(!socket.is_too_slow(), "it is complete");
}
