//! webpool ends, whichever way, and starts again: who comes back with its key goes on with the
//! process that it holds.

use std::sync::Arc;

use super::*;
use crate::support::Folder;

/// Kills a server; where it was.
fn kill(server: Server) -> (Arc<Folder>, String) {
    let place = (Arc::clone(&server.folder), server.port().to_owned());
    drop(server);
    place
}

/// Ends it as Ctrl-C does.
fn terminate(server: Server) -> (Arc<Folder>, String) {
    let place = (Arc::clone(&server.folder), server.port().to_owned());
    assert_eq!(server.terminate(), Some(0));
    place
}

async fn check(server: Server, restart: impl FnOnce(Server) -> Server) {
    let (volunteer, process) = Volunteer::busy(&server).await;
    let idle = Volunteer::join(&server).await;
    let server = restart(server);
    let (mut back, welcome) = Volunteer::enter(&server, volunteer.key.clone()).await;
    assert_eq!((welcome.is_known, welcome.holds.as_ref()), (true, Some(&process)));
    back.call(&close(&process)).await.unwrap();
    let ended = read(&server, &process).await;
    assert_eq!((ended.state(), ended.retries), (Some(ProcessState::Success), 0));
    let (mut back, welcome) = Volunteer::enter(&server, idle.key.clone()).await;
    assert_eq!((welcome.is_known, welcome.holds), (true, None));
    let submitted = submit(&server).await;
    let assigned = back.call(&assign(2)).await.unwrap();
    assert_eq!(assigned.processid, submitted.processid);
}

fn start_again((folder, port): (Arc<Folder>, String)) -> Server {
    Server::start_again(folder, &port)
}

#[tokio::test]
async fn work_goes_on_after_a_crash() {
    check(Server::start(&[]), |server| start_again(kill(server))).await;
}

#[tokio::test]
async fn work_goes_on_after_an_orderly_restart() {
    check(Server::start(&[]), |server| start_again(terminate(server))).await;
}

#[tokio::test]
async fn work_goes_on_after_a_crash_of_a_gateway() {
    let behind = Server::start(&[]);
    let servers = [behind.url.as_str()];
    check(Server::start_gateway(&servers), |server| {
        let (folder, port) = kill(server);
        Server::start_gateway_at(folder, &port, &servers)
    })
    .await;
}
