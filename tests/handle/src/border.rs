//! The two borders, and on each the real holder of a worker: the page's `ExecutorHandle`, and the
//! bare `Handle` as an executor has it.

use wasm_bindgen::JsValue;
use webpool_handle::{Event, Handle, Script, boot_object, codec};
use webpool_wire::{Call, FromCompute, FromExecutor, ToExecutor};

use crate::handle::ExecutorHandle;
use crate::modules::{Module, Modules};

/// Where a worker is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// On a page, which holds executor workers.
    Page,
    /// Inside a worker, which holds compute workers.
    Nested,
}

impl Border {
    /// The script of the subject behind the loader of this border.
    pub(crate) const fn subject(self) -> &'static str {
        match self {
            Self::Page => "executor.js",
            Self::Nested => "compute.js",
        }
    }

    /// A script that sends a good message of this border before it has said its build.
    pub(crate) const fn early(self) -> &'static str {
        match self {
            Self::Page => "early_executor.js",
            Self::Nested => "early_compute.js",
        }
    }

    /// Starts a worker; `on_words` is told what is heard of it.
    ///
    /// # Errors
    ///
    /// The browser's words.
    pub(crate) fn spawn(
        self,
        module: Module,
        deadline_ms: u32,
        mut on_words: impl FnMut(String) + 'static,
    ) -> Result<Holder, String> {
        match self {
            Self::Page => {
                let modules = Modules { executor: module.clone(), compute: module };
                let on_event = move |event| on_words(words(event, executor_words));
                ExecutorHandle::spawn(&modules, "subject", deadline_ms, on_event).map(Holder::Page)
            }
            Self::Nested => {
                let boot = boot_object(&module.compiled, &[]);
                let script = Script { url: &module.script_url, name: "subject", boot };
                let decode = |value| codec::decode(value).map(Some);
                let on_event = move |event| on_words(words(event, compute_words));
                let handle = Handle::spawn(&script, deadline_ms, decode, on_event);
                handle.map(Holder::Nested).map_err(|error| error.to_string())
            }
        }
    }
}

/// Who holds a worker; dropping it ends the worker.
#[derive(Debug)]
pub(crate) enum Holder {
    Page(ExecutorHandle),
    Nested(Handle),
}

impl Holder {
    /// Tells the subject what to do.
    ///
    /// # Errors
    ///
    /// The browser's words.
    pub(crate) fn tell(&self, order: &str) -> Result<(), String> {
        match self {
            Self::Page(handle) => {
                handle.send(ToExecutor::Submit { ticket: 0, call: call(order) });
                Ok(())
            }
            Self::Nested(handle) => {
                handle.post(&JsValue::from_str(order)).map_err(|error| error.to_string())
            }
        }
    }

    /// Lets the worker end what it has before it is ended; a bare handle is dropped.
    pub(crate) fn retire(self) {
        match self {
            Self::Page(handle) => handle.retire(),
            Self::Nested(handle) => drop(handle),
        }
    }

    /// Returns the worker that a bare handle lends; an executor's is lent already.
    pub(crate) fn worker(&self) -> Option<web_sys::Worker> {
        match self {
            Self::Page(_) => None,
            Self::Nested(handle) => Some(handle.worker().clone()),
        }
    }
}

/// An order in the words of the border: as a call of this function.
fn call(order: &str) -> Call {
    Call {
        function: order.to_owned(),
        args_json: "[]".to_owned(),
        kwargs_json: "{}".to_owned(),
        executor_type: String::new(),
        max_exec_s: -1,
    }
}

fn words<T>(event: Event<T>, message_words: impl Fn(T) -> String) -> String {
    match event {
        Event::Ready => "ready".to_owned(),
        Event::Message(message) => format!("message: {}", message_words(message)),
        Event::Crashed(text) => format!("crashed: {text}"),
        Event::Outdated(text) => format!("outdated: {text}"),
    }
}

fn executor_words(message: FromExecutor) -> String {
    if let FromExecutor::Note { text, .. } = message { text } else { format!("{message:?}") }
}

fn compute_words(message: FromCompute) -> String {
    if let FromCompute::Log { message, .. } = message { message } else { format!("{message:?}") }
}
