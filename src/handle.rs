//! One executor worker: constructed by us, lent to gloo-worker.
//!
//! gloo-worker carries the messages, but it hides the worker, hears no errors and panics at what it
//! cannot decode. So [`webpool_handle::Handle`] constructs the worker and listens first: it stops
//! whatever is no good message, and gloo's bridge takes what it lets through. gloo keeps back what
//! is sent before its other half runs.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use gloo_worker::{Codec, HandlerId, Spawnable, Worker, WorkerBridge, WorkerScope};
use js_sys::{Function, Reflect};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use webpool_handle::{Event, Handle, Script, boot_object, codec, error::text_of};
use webpool_wire::{FromExecutor, ToExecutor, boot};

use crate::modules::Modules;

/// How long a worker may take to end its compute worker, in ms.
const ENDING_MS: u32 = 1000;

/// An executor worker; dropping it ends the worker and makes us deaf to it.
#[derive(Debug)]
pub(crate) struct ExecutorHandle {
    // Fields are dropped in this order: what the bridge says at its end goes to a dead worker.
    handle: Handle,
    bridge: WorkerBridge<Border>,
}

impl ExecutorHandle {
    /// Starts an executor worker of this name.
    ///
    /// `on_event` is told [`Event::Ready`], [`Event::Crashed`] or [`Event::Outdated`] first, within
    /// `deadline_ms`, and nothing after the latter two. It may drop the handle, and must not be
    /// entered from within itself.
    ///
    /// # Errors
    ///
    /// The browser's words, if it does not construct the worker or cannot send it the modules.
    pub(crate) fn spawn(
        modules: &Modules,
        name: &str,
        deadline_ms: u32,
        on_event: impl FnMut(Event<FromExecutor>) + 'static,
    ) -> Result<Self, String> {
        let on_event = Rc::new(RefCell::new(on_event));
        let on_message = Rc::clone(&on_event);
        let script = script(modules, name);
        let handle = Handle::spawn(&script, deadline_ms, check, move |event| {
            (on_event.borrow_mut())(event);
        });
        let handle = handle.map_err(|error| error.to_string())?;
        let bridge = lend(&handle, script.url, move |message| {
            (on_message.borrow_mut())(Event::Message(message));
        })?;
        Ok(Self { handle, bridge })
    }

    /// Is deaf to the worker and has it end its compute worker; ends it a second later.
    ///
    /// Chromium now and then keeps the threads of a worker, with all their memory, that is ended
    /// together with one of its own: of 10 of 400 where nothing was done but that, and of none of 200
    /// that were ended 300 ms after their own.
    pub(crate) fn retire(self) {
        self.handle.deafen();
        self.bridge.send(ToExecutor::End);
        spawn_local(async move {
            TimeoutFuture::new(ENDING_MS).await;
            drop(self);
        });
    }

    /// Sends a message, or keeps it until the worker takes messages.
    pub(crate) fn send(&self, message: ToExecutor) {
        self.bridge.send(message);
    }
}

fn script<'a>(modules: &'a Modules, name: &'a str) -> Script<'a> {
    let compute_script = JsValue::from_str(&modules.compute.script_url);
    let extras = [
        (boot::COMPUTE_SCRIPT, &compute_script),
        (boot::COMPUTE_MODULE, modules.compute.compiled.as_ref()),
    ];
    let boot = boot_object(&modules.executor.compiled, &extras);
    Script { url: &modules.executor.script_url, name, boot }
}

/// Lets gloo have the worker that it believes it constructs.
///
/// For this one call the global `Worker` is `Object` bound to our worker: `new Object(worker)` is
/// that worker. No other script runs meanwhile.
fn lend(
    handle: &Handle,
    url: &str,
    on_message: impl Fn(FromExecutor) + 'static,
) -> Result<WorkerBridge<Border>, String> {
    let global = js_sys::global();
    let name = JsValue::from_str("Worker");
    let lender = lender(&global, handle.worker()).map_err(|thrown| text_of(&thrown))?;
    let native = Reflect::get(&global, &name).map_err(|thrown| text_of(&thrown))?;
    Reflect::set(&global, &name, &lender).map_err(|thrown| text_of(&thrown))?;
    let mut spawner = Border::spawner().encoding::<PlainObjects>();
    let bridge = spawner.callback(on_message).with_loader(true).spawn(url);
    Reflect::set(&global, &name, &native).map_err(|thrown| text_of(&thrown))?;
    Ok(bridge)
}

fn lender(global: &JsValue, worker: &JsValue) -> Result<JsValue, JsValue> {
    let object: Function = Reflect::get(global, &JsValue::from_str("Object"))?.dyn_into()?;
    let bind: Function = Reflect::get(&object, &JsValue::from_str("bind"))?.dyn_into()?;
    bind.call2(&object, &JsValue::UNDEFINED, worker)
}

/// What gloo's other half sends: the shape of its private `FromWorker`.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded to see that it can be; gloo decodes it again and uses it")]
enum Envelope {
    WorkerLoaded,
    ProcessOutput(HandlerId, FromExecutor),
}

/// Lets through what gloo can decode.
fn check(message: JsValue) -> Result<Option<FromExecutor>, String> {
    codec::decode::<Envelope>(message).map(|_envelope| None)
}

/// The border as gloo-worker names it, seen from the page, where it is never created.
#[derive(Debug)]
struct Border;

impl Worker for Border {
    type Message = ();
    type Input = ToExecutor;
    type Output = FromExecutor;

    fn create(_scope: &WorkerScope<Self>) -> Self {
        Self
    }

    fn update(&mut self, _scope: &WorkerScope<Self>, (): Self::Message) {}

    fn received(&mut self, _scope: &WorkerScope<Self>, _input: Self::Input, _id: HandlerId) {}
}

/// Messages as plain objects.
#[derive(Debug)]
pub(crate) struct PlainObjects;

impl Codec for PlainObjects {
    fn encode<I: Serialize>(input: I) -> JsValue {
        codec::encode(&input).unwrap_or_else(|reason| wasm_bindgen::throw_str(&reason))
    }

    fn decode<O: for<'de> Deserialize<'de>>(input: JsValue) -> O {
        codec::decode(input).unwrap_or_else(|reason| wasm_bindgen::throw_str(&reason))
    }
}
