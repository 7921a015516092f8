//! Which fault is due.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;

use crate::wait::{Look, until};

/// What a fault is injected into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// What is asked: the server does not see it as it was.
    Request,
    /// What is answered: the server has acted.
    Reply,
    /// The request that makes a connection a WebSocket.
    Socket,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is held up, and what follows it over the same connection is too.
    Delay(Duration),
    /// The connection ends with a farewell.
    Close,
    /// The connection ends without one.
    Reset,
    /// http: the proxy answers with this status. Link: as `Close`.
    Status(u16),
    /// It is replaced by nonsense.
    Garbage,
    /// Half of it is carried, then the connection ends.
    Truncate,
    /// From then on nothing is carried over this connection, and it does not end.
    Stall,
}

/// A fault, and where it is injected.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Into what.
    pub what: What,
    /// The type of the message; none: any.
    pub message: Option<&'static str>,
    /// How often; none: each time.
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

/// A rule at work, until this is dropped.
#[derive(Debug)]
#[must_use = "dropping an injection ends it"]
pub struct Injection(Arc<Armed>);

impl Drop for Injection {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

impl Injection {
    /// How often it was injected.
    pub fn count(&self) -> u32 {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Waits until it was injected so often.
    ///
    /// # Errors
    ///
    /// If that takes longer.
    pub async fn wait(&self, count: u32, within: Duration) -> Result<()> {
        until(&format!("{:?} injected {count} times", self.0.rule), within, async || {
            let now = self.count();
            Ok(Look::at(Some(()).filter(|()| now >= count), now))
        })
        .await
    }
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    count: AtomicU32,
    is_over: AtomicBool,
}

impl Armed {
    /// Counts, if it fits.
    fn take(&self, what: What, message: Option<&str>) -> Option<Fault> {
        let fits = self.rule.what == what
            && (self.rule.message.is_none() || self.rule.message == message)
            && !self.is_over.load(Ordering::Relaxed);
        let next = |count: u32| {
            let is_left = self.rule.times.is_none_or(|times| count < times);
            is_left.then_some(count.saturating_add(1))
        };
        let is_due =
            fits && self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok();
        is_due.then_some(self.rule.fault)
    }
}

/// All rules, the first one first.
#[derive(Debug, Default)]
pub(super) struct Rules(Mutex<Vec<Arc<Armed>>>);

impl Rules {
    pub(super) fn add(&self, rule: Rule) -> Injection {
        let armed = Armed { rule, count: AtomicU32::new(0), is_over: AtomicBool::new(false) };
        let armed = Arc::new(armed);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|armed| !armed.is_over.load(Ordering::Relaxed));
        all.push(Arc::clone(&armed));
        Injection(armed)
    }

    /// The fault that is due now; what is carried is counted by it.
    pub(super) fn take(&self, what: What, message: Option<&str>) -> Option<Fault> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due: Vec<Fault> = all.iter().filter_map(|armed| armed.take(what, message)).collect();
        due.into_iter().find(|fault| *fault != Fault::Delay(Duration::ZERO))
    }
}
