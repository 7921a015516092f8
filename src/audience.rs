//! Who is shown snapshots, and when.
//!
//! A snapshot is shown at most every 100 ms. A callback may do anything, also subscribe, drop a
//! subscription or command the pool: nothing is borrowed while it is called.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;

use crate::browser;
use crate::snapshot::Snapshot;

/// Least time between two snapshots, in ms.
const PACE_MS: f64 = 100.0;

/// Shown a snapshot.
pub(crate) type Callback = Box<dyn FnMut(&Snapshot)>;

/// A callback, taken out while it is called.
type Listener = Rc<Cell<Option<Callback>>>;

/// Everybody who is shown snapshots.
#[derive(Default)]
pub(crate) struct Audience {
    listeners: RefCell<Vec<(u64, Listener)>>,
    subscribed: Cell<u64>,
    shown_at_ms: Cell<f64>,
    later: Cell<Option<Timeout>>,
}

/// Ends a subscription when it is dropped.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    audience: Weak<Audience>,
    number: u64,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(audience) = self.audience.upgrade() else { return };
        let mut gone = audience.listeners.take();
        let kept = gone.extract_if(.., |(number, _)| *number != self.number).collect();
        audience.listeners.replace(kept);
        // what the callback holds is dropped only now, with nothing borrowed
        drop(gone);
    }
}

impl Audience {
    /// Adds a callback and shows it `snapshot`.
    pub(crate) fn subscribe(
        self: &Rc<Self>,
        snapshot: &Snapshot,
        on_show: Callback,
    ) -> Subscription {
        let number = self.subscribed.get();
        self.subscribed.set(number + 1);
        let listener = Rc::new(Cell::new(Some(on_show)));
        self.listeners.borrow_mut().push((number, Rc::clone(&listener)));
        show_one(&listener, snapshot);
        Subscription { audience: Rc::downgrade(self), number }
    }

    /// Calls `publish` now, or once it is time, unless that is arranged already.
    pub(crate) fn ask(&self, publish: impl FnOnce() + 'static) {
        let since_ms = browser::now_ms() - self.shown_at_ms.get();
        // a clock that was set back must not silence the pool
        let wait_ms = if since_ms < 0.0 { 0.0 } else { PACE_MS - since_ms };
        if wait_ms <= 0.0 {
            self.later.set(None);
            publish();
            return;
        }
        let arranged = self.later.take();
        let wait_ms = browser::to_u32(wait_ms.ceil());
        self.later.set(arranged.or_else(|| Some(Timeout::new(wait_ms, publish))));
    }

    /// Shows everybody a snapshot, which is only made if there is somebody.
    pub(crate) fn show(&self, snapshot: impl FnOnce() -> Snapshot) {
        self.later.set(None);
        self.shown_at_ms.set(browser::now_ms());
        let listeners: Vec<Listener> =
            self.listeners.borrow().iter().map(|(_, listener)| Rc::clone(listener)).collect();
        if listeners.is_empty() {
            return;
        }
        let snapshot = snapshot();
        for listener in listeners {
            show_one(&listener, &snapshot);
        }
    }
}

fn show_one(listener: &Listener, snapshot: &Snapshot) {
    if let Some(mut callback) = listener.take() {
        callback(snapshot);
        listener.set(Some(callback));
    }
}
