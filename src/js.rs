//! The class `ExecutorPool` for JavaScript.
//!
//! A thin coat over the Rust class: plain objects in camel case come in and go out, errors are
//! thrown as one `Error` with all sentences. What is missing in an object counts as empty, and is
//! judged with the rest of the settings.
//!
//! - `plain`: a snapshot as a plain object

mod plain;

use js_sys::{Error, Function, JSON, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use webpool_wire::{Call, CallState, Pass, Reload, Secret};

use crate::browser;
use crate::drive::ExecutorPool;
use crate::settings::{FieldError, Settings};

/// What TypeScript knows about the objects that go in.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r"
export interface Settings {
  serverUrl: string;
  colony: string;
  executorName: string;
  executorType: string;
  /** Empty: the one that was given last. */
  colonyKey?: string;
  /** Where `serverUrl` is webpool's own and there is no key: the secret of an invite, or `true` where none is needed. */
  invite?: string | true;
  /** 32 hex digits, the same for all pools of one page load; made up, if missing. */
  visit?: string;
  /** 1 to 64; does not matter for a submission. */
  workers?: number;
  /** With a key: after so long, in s, the server takes off an executor that says nothing; 600, if missing. */
  staleAfterS?: number;
}
export interface Call {
  function: string;
  args?: unknown[];
  kwargs?: Record<string, unknown>;
  /** That of the settings, if missing. */
  executorType?: string;
  /** Longest time for one attempt, in s; without limit, if missing. */
  maxExecS?: number;
}
";

/// A pool of executors, and a client that submits.
#[wasm_bindgen(js_name = ExecutorPool)]
#[derive(Debug)]
pub struct JsExecutorPool {
    pool: ExecutorPool,
}

#[wasm_bindgen(js_class = ExecutorPool)]
impl JsExecutorPool {
    /// Makes a pool in which nothing runs; the modules of the workers lie at `base_url`.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = baseUrl)] base_url: &str) -> Self {
        Self { pool: ExecutorPool::new(base_url) }
    }

    /// Starts executors.
    ///
    /// # Errors
    ///
    /// An `Error` with a sentence for each bad field.
    pub fn start(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: &JsValue,
    ) -> Result<(), Error> {
        self.pool.start(to_settings(settings)).map_err(|errors| to_error(&errors))
    }

    /// Takes no new process; holds what runs.
    pub fn pause(&self) {
        self.pool.pause();
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        self.pool.resume();
    }

    /// Ends what runs, delivers what is pending, then stops.
    pub fn finish(&self) {
        self.pool.finish();
    }

    /// Gives back what runs and stops at once.
    pub fn stop(&self) {
        self.pool.stop();
    }

    /// Changes the number of executors.
    ///
    /// # Errors
    ///
    /// An `Error` if the number is outside 1..=64.
    pub fn resize(&self, workers: f64) -> Result<(), Error> {
        self.pool.resize(browser::to_u32(workers)).map_err(|error| to_error(&[error]))
    }

    /// Calls back with a snapshot, at once and whenever something has changed, at most ten times a
    /// second; returns a function that ends it.
    #[wasm_bindgen(js_name = onSnapshot)]
    pub fn on_snapshot(&self, callback: Function) -> Function {
        let mut subscription = Some(self.pool.subscribe(move |snapshot| {
            let thrown = callback.call1(&JsValue::NULL, &plain::from_snapshot(snapshot)).err();
            // what a callback throws is reported as an unhandled rejection, and stops nothing
            drop(thrown.map(|thrown| Promise::reject(&thrown)));
        }));
        let unsubscribe: Closure<dyn FnMut()> = Closure::new(move || drop(subscription.take()));
        unsubscribe.into_js_value().unchecked_into()
    }

    /// What the pool looks like now.
    pub fn snapshot(&self) -> js_sys::Object {
        plain::from_snapshot(&self.pool.snapshot())
    }

    /// Submits a call. The promise resolves to what the process put out, or is rejected with an
    /// `Error` that has the reasons, one a line.
    #[wasm_bindgen(unchecked_return_type = "Promise<string[]>")]
    pub fn submit(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Call")] call: &JsValue,
    ) -> Promise {
        let settings = to_settings(settings);
        let call = to_call(call, &settings);
        Promise::new(&mut |resolve, reject| {
            let call = match &call {
                Ok(call) => call.clone(),
                Err(error) => return settle(&reject, error),
            };
            let refuse = reject.clone();
            let on_settled = move |state: &CallState| match to_outcome(state) {
                Ok(output) => settle(&resolve, &plain::from_strings(&output)),
                Err(reasons) => settle(&refuse, &Error::new(&reasons)),
            };
            if let Err(errors) = self.pool.submit_then(&settings, call, on_settled) {
                settle(&reject, &to_error(&errors));
            }
        })
    }
}

/// Calls a function of a promise, which never throws.
fn settle(function: &Function, value: &JsValue) {
    drop(function.call1(&JsValue::UNDEFINED, value));
}

fn to_outcome(state: &CallState) -> Result<Vec<String>, String> {
    match state {
        CallState::Success { output, .. } => Ok(output.clone()),
        CallState::Failed { errors } => Err(errors.join("\n")),
        CallState::Refused { reason } => Err(reason.clone()),
        CallState::Cancelled => Err("the process was called off".to_owned()),
        CallState::Waiting | CallState::Running => {
            Err("the process was lost sight of before its end".to_owned())
        }
    }
}

fn to_settings(object: &JsValue) -> Settings {
    let text = |name| property(object, name).as_string().unwrap_or_default();
    Settings {
        server_url: text("serverUrl"),
        colony: text("colony"),
        executor_name: text("executorName"),
        executor_type: text("executorType"),
        colony_key: Secret::new(text("colonyKey")),
        pass: to_pass(object),
        workers: property(object, "workers").as_f64().map(browser::to_u32).unwrap_or_default(),
        // No page of this class is known to load itself anew.
        reload: Reload::Never,
        stale_after_s: property(object, "staleAfterS").as_f64().map(browser::to_u32),
    }
}

/// `invite` is a secret, or `true` where the server needs none; without it a key is needed.
fn to_pass(object: &JsValue) -> Option<Pass> {
    let invite = property(object, "invite");
    let secret = invite.as_string().unwrap_or_default();
    let is_there = invite.as_bool().unwrap_or(!secret.is_empty());
    let visit = property(object, "visit").as_string().unwrap_or_else(browser::fresh_visit);
    is_there.then(|| Pass { invite: Secret::new(secret), visit: Secret::new(visit) })
}

fn to_call(object: &JsValue, settings: &Settings) -> Result<Call, JsValue> {
    let executor_type = property(object, "executorType").as_string();
    Ok(Call {
        function: property(object, "function").as_string().unwrap_or_default(),
        args_json: to_json(&property(object, "args"), "[]")?,
        kwargs_json: to_json(&property(object, "kwargs"), "{}")?,
        executor_type: executor_type.unwrap_or_else(|| settings.executor_type.clone()),
        max_exec_s: to_limit_s(&property(object, "maxExecS")),
    })
}

fn to_json(value: &JsValue, missing: &str) -> Result<String, JsValue> {
    if value.is_null() || value.is_undefined() {
        return Ok(missing.to_owned());
    }
    JSON::stringify(value).map(String::from)
}

/// A positive number of seconds, rounded up; anything else is without limit.
fn to_limit_s(value: &JsValue) -> i32 {
    let limit_s = value.as_f64().filter(|limit_s| *limit_s > 0.0);
    limit_s.map_or(-1, |limit_s| i32::try_from(browser::to_u32(limit_s.ceil())).unwrap_or(i32::MAX))
}

fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or_default()
}

fn to_error(errors: &[FieldError]) -> Error {
    let sentences: Vec<&str> = errors.iter().map(|error| error.sentence.as_str()).collect();
    Error::new(&sentences.join(" "))
}
