//! Who is shown snapshots, and when.
//!
//! Each listener has a pace of its own: a snapshot at most every 100 ms. A callback may do anything,
//! also subscribe, drop a subscription or command the pool: nothing is borrowed while it is called.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;

use crate::browser;
use crate::pace::Pace;
use crate::snapshot::Snapshot;

/// Shown a snapshot.
pub(crate) type Callback = Box<dyn FnMut(&Snapshot)>;

/// Somebody who is shown snapshots.
struct Listener {
    number: u64,
    pace: Cell<Pace>,
    /// Taken out while it is called.
    callback: Cell<Option<Callback>>,
}

/// Everybody who is shown snapshots.
#[derive(Default)]
pub(crate) struct Audience {
    listeners: RefCell<Vec<Rc<Listener>>>,
    subscribed: Cell<u64>,
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
        let kept = gone.extract_if(.., |listener| listener.number != self.number).collect();
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
        let listener = Rc::new(Listener {
            number,
            pace: Cell::new(Pace::new(browser::now_ms())),
            callback: Cell::new(Some(on_show)),
        });
        self.listeners.borrow_mut().push(Rc::clone(&listener));
        listener.show(snapshot);
        Subscription { audience: Rc::downgrade(self), number }
    }

    /// Notes that there is something new for everybody; then as [`Self::arrange`].
    pub(crate) fn ask(&self, publish: impl FnOnce() + 'static) {
        for listener in self.listeners.borrow().iter() {
            let mut pace = listener.pace.get();
            pace.owe();
            listener.pace.set(pace);
        }
        self.arrange(publish);
    }

    /// Calls `publish` now if somebody is to be shown a snapshot now, or once it is time, unless
    /// that is arranged already.
    pub(crate) fn arrange(&self, publish: impl FnOnce() + 'static) {
        let now_ms = browser::now_ms();
        let waits = self
            .to_listeners()
            .into_iter()
            .filter_map(|listener| listener.pace.get().wait_ms(now_ms));
        let Some(wait_ms) = waits.reduce(f64::min) else { return };
        if wait_ms <= 0.0 {
            self.later.set(None);
            publish();
            return;
        }
        let arranged = self.later.take();
        let wait_ms = browser::to_u32(wait_ms.ceil());
        self.later.set(arranged.or_else(|| Some(Timeout::new(wait_ms, publish))));
    }

    /// Shows a snapshot, which is only made if there is somebody, to those whose time it is. The
    /// others are left to [`Self::arrange`].
    pub(crate) fn show(&self, snapshot: impl FnOnce() -> Snapshot) {
        self.later.set(None);
        let now_ms = browser::now_ms();
        let mut listeners = self.to_listeners();
        listeners.retain(|listener| {
            let mut pace = listener.pace.get();
            let is_due = pace.take(now_ms);
            listener.pace.set(pace);
            is_due
        });
        if listeners.is_empty() {
            return;
        }
        let snapshot = snapshot();
        for listener in listeners {
            listener.show(&snapshot);
        }
    }

    fn to_listeners(&self) -> Vec<Rc<Listener>> {
        self.listeners.borrow().clone()
    }
}

impl Listener {
    fn show(&self, snapshot: &Snapshot) {
        if let Some(mut callback) = self.callback.take() {
            callback(snapshot);
            self.callback.set(Some(callback));
        }
    }
}
