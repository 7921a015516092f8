//! The worker, its listeners and its deadline.
//!
//! A script is a JavaScript module. It is sent the boot object at once, says `{ ready: build }` when
//! it takes messages, and `{ crashed: text }` as its last words, if any. Works on a page and in a
//! worker, which may hold workers of its own.
//!
//! Events are delivered from the browser's tasks only, never from inside a call of this module; a
//! receiver may drop the handle while it is called. Errors of the worker end here: they reach
//! neither the page's console nor its error handlers.

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use js_sys::{Object, Reflect, WebAssembly};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};
use webpool_wire::{BUILD, boot};

use crate::error::{Error, text_of};
use crate::watch::{Event, Heard, Watch};

type Listener = Closure<dyn FnMut(web_sys::Event)>;

thread_local! {
    /// Keeps what a dead worker still throws away from the page.
    static MUTE: Listener = Closure::new(|event: web_sys::Event| event.prevent_default());
}

/// What a worker is started with.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    /// The address of the module.
    pub url: &'a str,
    /// The worker's name, for a person with developer tools.
    pub name: &'a str,
    /// The first message, see [`boot_object`].
    pub boot: Object,
}

/// Makes the first message to a worker: its compiled module, our build, and what the border adds.
pub fn boot_object(module: &WebAssembly::Module, extras: &[(&str, &JsValue)]) -> Object {
    let object = Object::new();
    set(&object, boot::MODULE, module);
    set(&object, boot::BUILD, &JsValue::from_str(BUILD));
    for (name, value) in extras {
        set(&object, name, value);
    }
    object
}

fn set(object: &Object, name: &str, value: &JsValue) {
    let is_set = Reflect::set(object, &JsValue::from_str(name), value);
    debug_assert!(is_set.is_ok(), "a fresh object takes any field");
}

/// A worker held by its parent; dropping it ends the worker and makes the parent deaf to it.
pub struct Handle {
    core: Rc<Core>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.deafen();
        self.core.worker.terminate();
    }
}

impl Handle {
    /// Starts a worker, sends it the boot object and listens to it.
    ///
    /// `decode` reads a message; `Ok(None)` is a good message that a later listener takes. A bad
    /// one is stopped, so a later listener never sees it, as are the words that are not
    /// messages. `on_event` is told [`Event::Ready`], [`Event::Crashed`] or [`Event::Outdated`]
    /// within `deadline_ms`, and nothing after the latter two: nobody hears the worker then, which
    /// ends when the handle is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Spawn`] if the browser refuses the script's address, [`Error::Post`] if the boot
    /// object cannot be cloned. A script that cannot be loaded is `Crashed`.
    pub fn spawn<T: 'static>(
        script: &Script<'_>,
        deadline_ms: u32,
        decode: impl Fn(JsValue) -> Result<Option<T>, String> + 'static,
        on_event: impl FnMut(Event<T>) + 'static,
    ) -> Result<Self, Error> {
        let core = Rc::new(Core {
            worker: construct(script)?,
            watch: RefCell::new(Watch::default()),
            ears: RefCell::new(None),
        });
        let ear = Rc::new(Ear { core: Rc::downgrade(&core), on_event: RefCell::new(on_event) });
        core.listen(listeners(script.url, &ear, decode), deadline(deadline_ms, ear));
        let handle = Self { core };
        handle.post(&script.boot)?;
        Ok(handle)
    }

    /// Sends the worker a value.
    ///
    /// # Errors
    ///
    /// [`Error::Post`] if the browser cannot clone the value; a worker that has ended takes
    /// anything.
    pub fn post(&self, message: &JsValue) -> Result<(), Error> {
        self.core.worker.post_message(message).map_err(|thrown| Error::Post(text_of(&thrown)))
    }

    /// Hears nothing more of the worker, which goes on until this is dropped.
    pub fn deafen(&self) {
        self.core.deafen();
    }

    /// Returns the worker, to lend it.
    pub fn worker(&self) -> &Worker {
        &self.core.worker
    }
}

/// What the handle and its listeners share.
struct Core {
    worker: Worker,
    watch: RefCell<Watch>,
    /// None once deaf.
    ears: RefCell<Option<Ears>>,
}

struct Ears {
    listeners: Vec<(&'static str, Listener)>,
    _deadline: Timeout,
}

impl Core {
    fn listen(&self, listeners: Vec<(&'static str, Listener)>, deadline: Timeout) {
        for (kind, listener) in &listeners {
            let function = listener.as_ref().unchecked_ref();
            let added = self.worker.add_event_listener_with_callback(kind, function);
            debug_assert!(added.is_ok(), "a worker takes any listener");
        }
        self.ears.replace(Some(Ears { listeners, _deadline: deadline }));
    }

    /// Hears nothing more; a second time does nothing.
    ///
    /// `onmessage` is cleared for a borrower of the worker: its closure holds the worker, which
    /// holds the closure.
    fn deafen(&self) {
        self.watch.borrow_mut().end();
        let Some(ears) = self.ears.take() else { return };
        MUTE.with(|mute| {
            let function = mute.as_ref().unchecked_ref();
            let added = self.worker.add_event_listener_with_callback("error", function);
            debug_assert!(added.is_ok(), "a worker takes any listener");
        });
        for (kind, listener) in &ears.listeners {
            let function = listener.as_ref().unchecked_ref();
            let removed = self.worker.remove_event_listener_with_callback(kind, function);
            debug_assert!(removed.is_ok(), "a worker loses any listener");
        }
        self.worker.set_onmessage(None);
    }
}

/// The way from a listener to the receiver of events.
struct Ear<F> {
    core: Weak<Core>,
    on_event: RefCell<F>,
}

impl<F> Ear<F> {
    fn hear<T>(&self, heard: Heard<T>)
    where
        F: FnMut(Event<T>),
    {
        let Some(core) = self.core.upgrade() else { return };
        let event = core.watch.borrow_mut().hear(heard);
        if core.watch.borrow().is_over() {
            core.deafen();
        }
        if let Some(event) = event {
            (self.on_event.borrow_mut())(event);
        }
    }
}

fn construct(script: &Script<'_>) -> Result<Worker, Error> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name(script.name);
    Worker::new_with_options(script.url, &options).map_err(|thrown| Error::Spawn(text_of(&thrown)))
}

fn deadline<T: 'static>(after_ms: u32, ear: Rc<Ear<impl FnMut(Event<T>) + 'static>>) -> Timeout {
    Timeout::new(after_ms, move || ear.hear(Heard::Deadline { after_ms }))
}

fn listeners<T: 'static>(
    url: &str,
    ear: &Rc<Ear<impl FnMut(Event<T>) + 'static>>,
    decode: impl Fn(JsValue) -> Result<Option<T>, String> + 'static,
) -> Vec<(&'static str, Listener)> {
    let url = url.to_owned();
    let (on_message, on_error, on_garbled) = (Rc::clone(ear), Rc::clone(ear), Rc::clone(ear));
    let message = Closure::new(move |event: web_sys::Event| {
        let heard = read(event.unchecked_ref::<MessageEvent>().data(), &decode);
        if !matches!(heard, Heard::Message(_)) {
            event.stop_immediate_propagation();
        }
        on_message.hear(heard);
    });
    let error = Closure::new(move |event: web_sys::Event| {
        event.prevent_default();
        event.stop_immediate_propagation();
        on_error.hear(Heard::Crashed { text: describe(&event, &url) });
    });
    let garbled = Closure::new(move |event: web_sys::Event| {
        event.stop_immediate_propagation();
        on_garbled.hear(Heard::Garbled { reason: "the browser cannot decode it".to_owned() });
    });
    vec![("message", message), ("error", error), ("messageerror", garbled)]
}

/// Tells a worker's words from its messages.
fn read<T>(data: JsValue, decode: impl Fn(JsValue) -> Result<Option<T>, String>) -> Heard<T> {
    if let Some(text) = field(&data, boot::CRASHED) {
        return Heard::Crashed { text };
    }
    if let Some(build) = field(&data, boot::READY) {
        return Heard::Ready { build };
    }
    decode(data).map_or_else(|reason| Heard::Garbled { reason }, Heard::Message)
}

fn field(data: &JsValue, name: &str) -> Option<String> {
    Reflect::get(data, &JsValue::from_str(name)).ok()?.as_string()
}

/// Puts an error event into words; one without words is a script that could not be loaded.
fn describe(event: &web_sys::Event, url: &str) -> String {
    match event.dyn_ref::<ErrorEvent>() {
        Some(error) => {
            format!("{} ({}:{})", error.message(), error.filename(), error.lineno())
        }
        None => format!("the script {url} cannot be loaded"),
    }
}
