//! A worker and what was heard of it, as words: `ready`, `message: …`, `crashed: …` and
//! `outdated: …`.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::WebAssembly;
use wasm_bindgen::{JsCast, JsValue};

use crate::border::{Border, Holder};
use crate::modules::Module;

/// Between two looks at what was heard, in ms.
const LOOK_MS: u32 = 5;
/// How long a case waits for what should come, in ms.
const PATIENCE_MS: f64 = 20_000.0;
/// Long enough for a worker to be ready on a busy machine, in ms.
pub(crate) const DEADLINE_MS: u32 = 15_000;

/// What every stand is made from.
#[derive(Clone, Debug)]
pub(crate) struct Rig {
    pub(crate) module: WebAssembly::Module,
    pub(crate) base_url: String,
    pub(crate) border: Border,
}

impl Rig {
    /// The same with a module that no loader can use.
    pub(crate) fn broken(&self) -> Self {
        Self { module: JsValue::from(7).unchecked_into(), ..self.clone() }
    }

    /// The same with a bare handle on either border: an executor's worker is lent to gloo already.
    pub(crate) fn bare(&self) -> Self {
        Self { border: Border::Nested, ..self.clone() }
    }

    fn to_module(&self, script: &str) -> Module {
        let script_url = format!("{}{script}", self.base_url);
        Module { script_url, compiled: self.module.clone() }
    }
}

/// A worker under test.
pub(crate) struct Stand {
    holder: Rc<RefCell<Option<Holder>>>,
    heard: Rc<RefCell<Vec<String>>>,
}

impl Stand {
    /// Starts a subject.
    pub(crate) fn subject(rig: &Rig) -> Result<Self, String> {
        Self::spawn(rig, rig.border.subject(), DEADLINE_MS, None)
    }

    /// Starts a script; the holder is dropped from within the event that begins with `drop_at`.
    pub(crate) fn spawn(
        rig: &Rig,
        script: &str,
        deadline_ms: u32,
        drop_at: Option<&'static str>,
    ) -> Result<Self, String> {
        let stand = Self { holder: Rc::default(), heard: Rc::default() };
        let (holder, heard) = (Rc::clone(&stand.holder), Rc::clone(&stand.heard));
        let spawned = rig.border.spawn(rig.to_module(script), deadline_ms, move |words| {
            if drop_at.is_some_and(|start| words.starts_with(start)) {
                holder.take();
            }
            heard.borrow_mut().push(words);
        });
        stand.holder.replace(Some(spawned?));
        Ok(stand)
    }

    /// Tells the subject what to do.
    pub(crate) fn tell(&self, order: &str) -> Result<(), String> {
        let holder = self.holder.borrow();
        holder.as_ref().ok_or("the handle is gone")?.tell(order)
    }

    /// Returns the worker that a bare handle lends.
    pub(crate) fn worker(&self) -> Option<web_sys::Worker> {
        self.holder.borrow().as_ref().and_then(Holder::worker)
    }

    /// Retires the worker.
    pub(crate) fn retire(&self) {
        if let Some(holder) = self.holder.take() {
            holder.retire();
        }
    }

    /// Drops the holder.
    pub(crate) fn close(&self) {
        self.holder.take();
    }

    /// Notes something among what was heard.
    pub(crate) fn note(&self) -> impl Fn(&str) + 'static {
        let heard = Rc::clone(&self.heard);
        move |words| heard.borrow_mut().push(words.to_owned())
    }

    /// Returns what was heard so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.borrow().clone()
    }

    /// Waits until something that begins with one of these was heard, or patience ends.
    pub(crate) async fn until(&self, starts: &[&str]) {
        let begun_ms = js_sys::Date::now();
        let is_heard = || {
            let heard = self.heard.borrow();
            heard.iter().any(|words| starts.iter().any(|start| words.starts_with(start)))
        };
        while !is_heard() && js_sys::Date::now() - begun_ms < PATIENCE_MS {
            TimeoutFuture::new(LOOK_MS).await;
        }
    }
}
