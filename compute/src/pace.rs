//! When a running function goes on: after the other tasks of this worker, and not while paused.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageChannel, MessagePort};

use crate::signal::Signal;

/// Lets the messages of the parent in between two stretches of work.
///
/// A task of the browser is waited for through one message channel, kept for all breaths: a
/// message takes 0.006 ms, `setTimeout(0)` 4 ms.
pub(crate) struct Pace {
    port: MessagePort,
    turn: Rc<Signal>,
    is_paused: Cell<bool>,
    resumed: Signal,
}

impl Pace {
    /// Opens the channel.
    pub(crate) fn new() -> Result<Self, JsValue> {
        let channel = MessageChannel::new()?;
        let turn = Rc::new(Signal::default());
        let arrived = Rc::clone(&turn);
        let on_message = Closure::<dyn FnMut(Event)>::new(move |_event: Event| arrived.set());
        channel.port2().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
        Ok(Self {
            port: channel.port1(),
            turn,
            is_paused: Cell::new(false),
            resumed: Signal::default(),
        })
    }

    /// Holds whoever takes a breath from now on.
    pub(crate) fn pause(&self) {
        self.is_paused.set(true);
    }

    /// Lets them go on.
    pub(crate) fn resume(&self) {
        self.is_paused.set(false);
        self.resumed.set();
    }

    /// Lets the other tasks run, then waits while paused.
    pub(crate) async fn breathe(&self) {
        if self.port.post_message(&JsValue::NULL).is_ok() {
            self.turn.wait().await;
        }
        while self.is_paused.get() {
            self.resumed.wait().await;
        }
    }
}
