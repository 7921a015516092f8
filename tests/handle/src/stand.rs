//! A handle and what was heard of its worker, as words: `ready`, `message: …`, `crashed: …`.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Object, Reflect, WebAssembly};
use wasm_bindgen::JsValue;
use webpool_handle::{Event, Handle, Script, boot_object, codec};
use webpool_wire::{FromCompute, boot};

/// Between two looks at what was heard, in ms.
const LOOK_MS: u32 = 5;
/// How long a case waits for what should come, in ms.
const PATIENCE_MS: f64 = 20_000.0;
/// Long enough for a worker to be ready on a busy machine, in ms.
pub(crate) const DEADLINE_MS: u32 = 15_000;

/// What every stand is made from.
pub(crate) struct Rig {
    module: WebAssembly::Module,
    base_url: String,
}

impl Rig {
    pub(crate) fn new(module: WebAssembly::Module, base_url: String) -> Self {
        Self { module, base_url }
    }

    /// The boot object of a subject.
    pub(crate) fn boot(&self) -> Object {
        boot_object(&self.module, &[])
    }

    /// A boot object that no loader can use.
    pub(crate) fn wrong_boot(&self) -> Object {
        let object = self.boot();
        let is_set = Reflect::set(&object, &JsValue::from_str(boot::MODULE), &JsValue::from(7));
        debug_assert!(is_set.is_ok(), "a plain object takes any field");
        object
    }
}

/// A worker under test.
pub(crate) struct Stand {
    handle: Rc<RefCell<Option<Handle>>>,
    heard: Rc<RefCell<Vec<String>>>,
}

impl Stand {
    /// Starts a subject.
    pub(crate) fn subject(rig: &Rig) -> Result<Self, String> {
        Self::spawn(rig, "subject.js", rig.boot(), DEADLINE_MS, None)
    }

    /// Starts a script; the handle is dropped from within the event that begins with `drop_at`.
    pub(crate) fn spawn(
        rig: &Rig,
        script: &str,
        boot: Object,
        deadline_ms: u32,
        drop_at: Option<&'static str>,
    ) -> Result<Self, String> {
        let stand = Self { handle: Rc::default(), heard: Rc::default() };
        let (holder, heard) = (Rc::clone(&stand.handle), Rc::clone(&stand.heard));
        let url = format!("{}{script}", rig.base_url);
        let script = Script { url: &url, name: "subject", boot };
        let decode = |value| codec::decode::<FromCompute>(value).map(Some);
        let handle = Handle::spawn(&script, deadline_ms, decode, move |event| {
            let words = words(event);
            if drop_at.is_some_and(|start| words.starts_with(start)) {
                holder.take();
            }
            heard.borrow_mut().push(words);
        });
        stand.handle.replace(Some(handle.map_err(|error| error.to_string())?));
        Ok(stand)
    }

    /// Tells the subject what to do.
    pub(crate) fn tell(&self, order: &str) -> Result<(), String> {
        match self.handle.borrow().as_ref() {
            Some(handle) => handle.post(&JsValue::from_str(order)).map_err(|e| e.to_string()),
            None => Err("the handle is gone".to_owned()),
        }
    }

    /// Returns the worker that the handle lends.
    pub(crate) fn worker(&self) -> Option<web_sys::Worker> {
        self.handle.borrow().as_ref().map(|handle| handle.worker().clone())
    }

    /// Drops the handle.
    pub(crate) fn close(&self) {
        self.handle.take();
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

fn words(event: Event<FromCompute>) -> String {
    match event {
        Event::Ready => "ready".to_owned(),
        Event::Message(FromCompute::Log { message, .. }) => format!("message: {message}"),
        Event::Message(other) => format!("message: {other:?}"),
        Event::Crashed(text) => format!("crashed: {text}"),
    }
}
