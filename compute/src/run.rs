//! Messages in, one run at a time.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;
use webpool_wire::{FromCompute, ToCompute};

use crate::host::RunHost;
use crate::pace::Pace;
use crate::report;

/// Takes messages from now on.
pub(crate) fn listen() -> Result<(), JsValue> {
    let pace = Rc::new(Pace::new()?);
    let is_busy = Rc::new(Cell::new(false));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        match serde_wasm_bindgen::from_value(event.data()) {
            Ok(message) => obey(message, &pace, &is_busy),
            Err(error) => report::crash(&format!("the compute worker cannot read: {error}")),
        }
    });
    report::scope().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    Ok(())
}

fn obey(message: ToCompute, pace: &Rc<Pace>, is_busy: &Rc<Cell<bool>>) {
    match message {
        ToCompute::Pause => pace.pause(),
        ToCompute::Resume => pace.resume(),
        ToCompute::Run { run, .. } if is_busy.get() => {
            let reason = "another function is running in this worker".to_owned();
            report::say(&FromCompute::Failed { run, reason });
        }
        ToCompute::Run { run, function, args_json, kwargs_json, executor_name } => {
            is_busy.set(true);
            let is_busy = Rc::clone(is_busy);
            let host = RunHost::new(run, Rc::clone(pace), executor_name);
            spawn_local(async move {
                let ended = webpool_kernels::run(&function, &args_json, &kwargs_json, &host).await;
                is_busy.set(false);
                report::say(&match ended {
                    Ok(output) => FromCompute::Done { run, output },
                    Err(error) => FromCompute::Failed { run, reason: error.to_string() },
                });
            });
        }
    }
}
