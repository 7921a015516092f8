//! The executor worker: one web worker per slot, with a key of its own.
//!
//! Its loader instantiates this module and calls [`start`]; from then on messages come and go over
//! gloo-worker. The page tells it to be an executor, or a client. Nothing here decides what to do
//! next: that is the machine's of the crate `webpool-executor`. Here its commands are carried out.
//!
//! - `seat` what it was started as, and messages in
//! - `run` drives the executor machine
//! - `client` drives the client machine
//! - `carrier` the way to the server: http or link
//! - `link` link: the socket to a gateway
//! - `fetch` one POST, abortable
//! - `permit` the shared right to long-poll
//! - `pubsub` follows one process
//! - `compute` its compute worker
//! - `clock` the two clocks
//! - `words` what the machines tell, in the words of the border
//! - `report` panics and the first word to the page
//!
//! The owner's key passes through here and is forgotten once joined; nothing is ever stored.
//! Compiled for wasm32 only; elsewhere it is empty.
#![cfg(target_arch = "wasm32")]

mod carrier;
mod client;
mod clock;
mod compute;
mod fetch;
mod link;
mod permit;
mod pubsub;
mod report;
mod run;
mod seat;
mod words;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_worker::{Codec, HandlerId, Registrable, Worker, WorkerScope};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsValue, UnwrapThrowExt};
use webpool_handle::codec;
use webpool_wire::{BUILD, FromExecutor, ToExecutor, boot};

use crate::seat::{Heard, Seat};

thread_local! {
    static BOOT: RefCell<Option<compute::Source>> = const { RefCell::new(None) };
}

/// Begins to take messages, if the page is of this build; else the page ends this worker.
#[wasm_bindgen]
pub fn start(boot_object: &JsValue) {
    report::install_panic_hook();
    let build = report::field(boot_object, boot::BUILD).as_string();
    report::ready();
    if build.as_deref() == Some(BUILD) {
        BOOT.set(compute::Source::from_boot(boot_object));
        ExecutorWorker::registrar().encoding::<PlainObjects>().register();
    }
}

/// Messages as plain objects; what the page sends undecodable ends this worker with a reason.
struct PlainObjects;

impl Codec for PlainObjects {
    fn encode<I: Serialize>(input: I) -> JsValue {
        codec::encode(&input).unwrap_throw()
    }

    fn decode<O: for<'de> Deserialize<'de>>(input: JsValue) -> O {
        codec::decode(input).unwrap_throw()
    }
}

struct ExecutorWorker {
    seat: Option<Seat>,
    hear: Rc<dyn Fn(Heard)>,
}

impl Worker for ExecutorWorker {
    type Message = Heard;
    type Input = ToExecutor;
    type Output = FromExecutor;

    fn create(scope: &WorkerScope<Self>) -> Self {
        Self { seat: None, hear: scope.callback(|heard| heard) }
    }

    fn update(&mut self, _scope: &WorkerScope<Self>, heard: Heard) {
        if let Some(seat) = &mut self.seat {
            seat.hear(heard);
        }
    }

    fn received(&mut self, scope: &WorkerScope<Self>, message: ToExecutor, page: HandlerId) {
        match (&mut self.seat, message) {
            (None, ToExecutor::Start(start)) => {
                let scope = scope.clone();
                let tell: Rc<dyn Fn(FromExecutor)> = Rc::new(move |word| scope.respond(page, word));
                let source = BOOT.take();
                self.seat = Seat::take(*start, source, Rc::clone(&self.hear), &tell);
            }
            (seat, ToExecutor::End) => *seat = None,
            (Some(seat), message) => seat.obey(message),
            (None, _) => {}
        }
    }
}
