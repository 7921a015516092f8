//! One `webpool serve` for all tests that run at the same time: the SDK knows one address.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::support::Server;

/// The server, as long as a test holds it.
static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());

thread_local! {
    /// What this test's thread holds, until it ends.
    static HELD: RefCell<Option<Arc<Server>>> = const { RefCell::new(None) };
}

/// Holds the server until this thread ends; starts it if there is none.
pub(crate) fn hold() {
    HELD.with_borrow_mut(|held| {
        held.get_or_insert_with(running);
    });
}

fn running() -> Arc<Server> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Server::start(&[]));
        colonyos::set_server_url(&format!("{}/api", server.url));
        *running = Arc::downgrade(&server);
        server
    })
}
