//! Volunteers with a valid key, or a valid invite, who do harm on purpose; others notice nothing.

use std::collections::BTreeSet;

use tokio::io::AsyncWriteExt as _;

use super::*;

/// How many executors at once an invite allows, and how many joins in a row follow from it.
const AT_ONCE: &str = "8";
const BURST: u64 = 2 * 8 + 16;

impl Volunteer {
    /// Sends the beginning of a frame of `length` bytes, and `sent` bytes of it.
    async fn begin_frame(&mut self, length: u64, sent: usize) {
        // The last fragment of a text, with 64 bits of length, masked by zeros.
        let header = [&[0x81, 0xff], &length.to_be_bytes()[..], &[0; 4]].concat();
        let io = self.socket.get_mut();
        io.write_all(&[header, vec![b' '; sent]].concat()).await.unwrap();
        io.flush().await.unwrap();
    }

    /// Hears that there is no work; for which request.
    async fn told_of_nothing(&mut self) -> u64 {
        match self.hear().await {
            Some(FromGateway::Reply { id, status: 404, .. }) => id,
            said => panic!("{said:?}"),
        }
    }

    /// Does a process of its own, from submission to result.
    async fn works(&mut self, server: &Server) {
        let began = Instant::now();
        let submitted = submit(server).await;
        let assigned = self.call(&assign(2)).await.unwrap();
        assert_eq!(assigned.processid, submitted.processid);
        self.call(&close(&assigned.processid)).await.unwrap();
        at_most(began.elapsed(), 2000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_joins_a_minute_are_refused() {
    let server = Server::start(&[]);
    let (token, _) = invited::make(&server, &["--at-once", AT_ONCE]);
    let (other, _) = invited::make(&server, &[]);
    let began = Instant::now();
    let mut joined = 0;
    let refused = loop {
        let (mut volunteer, said) = invited::come(&server, &token).await;
        match said {
            Some(FromGateway::Welcome(_)) => {
                volunteer.call(&volunteer.description()).await.unwrap();
                volunteer.socket.close(None).await.unwrap();
                joined += 1;
                assert!(joined <= BURST + began.elapsed().as_secs() + 1, "{joined}");
            }
            Some(FromGateway::Refused(refused)) if refused.code == RefusalCode::TooMany => {}
            Some(FromGateway::Refused(refused)) => break refused,
            said => panic!("{said:?}"),
        }
    };
    assert!(joined >= BURST, "{joined}: all may come, and come again");
    assert_eq!((refused.code, refused.retry_after_s), (RefusalCode::TooFast, Some(1)));
    invited::join(&server, &other).await.works(&server).await;
    let told = server.get("/metrics", &[]).await.text().await.unwrap();
    assert!(told.contains("webpool_rate_limited_total{kind=\"join\"} 1\n"), "{told}");
}

#[tokio::test]
async fn frames_too_long_or_without_an_end_harm_nobody_else() {
    everywhere(async |server| {
        let (mut long, process) = Volunteer::busy(server).await;
        let (mut slow, _) = Volunteer::busy(server).await;
        let mut stranger = Volunteer::knock(server, PrivateKey::generate()).await.0;
        slow.begin_frame(1 << 20, 1 << 19).await;
        stranger.begin_frame(1 << 20, 1 << 15).await;
        assert_eq!(stranger.hear().await, None, "who is unknown may not send so much");
        long.begin_frame(100 << 20, 1000).await;
        assert_eq!(long.hear().await, None);
        at_most(until_waiting(server, &process).await, 2500);
        let mut honest = Volunteer::join(server).await;
        let assigned = honest.call(&assign(2)).await.unwrap();
        assert_eq!(assigned.processid, process);
        honest.call(&close(&process)).await.unwrap();
        honest.works(server).await;
    })
    .await;
}

#[tokio::test]
async fn one_link_has_a_few_requests_at_once() {
    let behind = Server::start(&[]);
    let server = Server::start_gateway(&[&behind.url]);
    let (mut greedy, process) = Volunteer::busy(&server).await;
    let body = GetProcess { processid: process }.seal(&greedy.key);
    // Nothing is answered until it goes on.
    behind.signal("-STOP");
    for id in 100..165 {
        greedy.say(&ToGateway::Request { id, body: body.clone() }).await;
    }
    let said = greedy.hear().await;
    let Some(FromGateway::Reply { id, status, body }) = said else { panic!("{said:?}") };
    assert_eq!((id, status), (164, 429), "{body}");
    let error = GetProcess::read(status, body.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("more than 64 requests"), "{error}");
    behind.signal("-CONT");
    for _ in 100..164 {
        let said = greedy.hear().await;
        assert!(matches!(said, Some(FromGateway::Reply { status: 200, .. })), "{said:?}");
    }
    Volunteer::join(&server).await.works(&server).await;
}

#[tokio::test]
async fn nobody_takes_the_line_for_work_from_others() {
    everywhere(async |server| {
        let mut greedy = Volunteer::join(server).await;
        let said = greedy.call(&assign(100)).await;
        assert!(matches!(said, Err(Error::Refused { status: 400, .. })), "{said:?}");
        let body = assign(2).seal(&greedy.key);
        for id in 100..140 {
            greedy.say(&ToGateway::Request { id, body: body.clone() }).await;
        }
        // Each takes the place of one before, which is answered: one stands in line.
        let mut open: BTreeSet<u64> = (100..140).collect();
        while open.len() > 1 {
            let id = greedy.told_of_nothing().await;
            assert!(open.remove(&id), "{id}");
        }
    })
    .await;
}

/// Before a server a request for work cannot be taken back: it may bring work after who sent it has
/// asked again.
#[tokio::test]
async fn who_asks_again_gets_what_the_first_request_brings() {
    everywhere(async |server| {
        let mut volunteer = Volunteer::join(server).await;
        let body = assign(2).seal(&volunteer.key);
        for id in [100, 101] {
            volunteer.say(&ToGateway::Request { id, body: body.clone() }).await;
        }
        let first = volunteer.told_of_nothing().await;
        let submitted = submit(server).await;
        let began = Instant::now();
        let said = volunteer.hear().await;
        let Some(FromGateway::Reply { id, status, body }) = said else { panic!("{said:?}") };
        assert_eq!(id, 201 - first);
        let assigned: Process = webpool_colony::reply::read(status, body.as_bytes()).unwrap();
        assert_eq!(assigned.processid, submitted.processid);
        at_most(began.elapsed(), 2000);
    })
    .await;
}

#[tokio::test]
async fn a_join_counts_once() {
    everywhere(async |server| {
        let mut volunteer = Volunteer::join(server).await;
        let join = volunteer.description();
        let executorname = volunteer.name.clone();
        let leave = RemoveExecutor { colonyname: "dev".to_owned(), executorname };
        volunteer.call(&leave).await.unwrap();
        let said = server.call(&join, volunteer.key.to_hex()).await;
        assert!(matches!(said, Err(Error::Refused { status: 403, .. })), "{said:?}");
        let mut other = Volunteer::join(server).await;
        let said = other.call_as(&join, &volunteer.key).await;
        assert!(matches!(said, Err(Error::Refused { status: 403, .. })), "{said:?}");
        other.works(server).await;
    })
    .await;
}
