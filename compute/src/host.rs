//! What a running function may ask of this place: clock, breath, log, and who it runs for.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use web_sys::Performance;
use webpool_kernels::{Host, HostInfo};
use webpool_wire::FromCompute;

use crate::pace::Pace;
use crate::report;

/// The shortest time between two words about progress, in ms.
const PROGRESS_MS: f64 = 100.0;

/// The place one run runs in.
pub(crate) struct RunHost {
    run: u32,
    pace: Rc<Pace>,
    clock: Option<Performance>,
    told_ms: Cell<f64>,
    info: HostInfo,
}

impl RunHost {
    /// Prepares the place for the run of this number.
    pub(crate) fn new(run: u32, pace: Rc<Pace>, executor_name: String) -> Self {
        let scope = report::scope();
        let navigator = scope.navigator();
        let info = HostInfo {
            user_agent: navigator.user_agent().unwrap_or_default(),
            language: navigator.language().unwrap_or_default(),
            executor_name,
        };
        let host = Self { run, pace, clock: scope.performance(), told_ms: Cell::new(0.0), info };
        host.told_ms.set(host.now_ms());
        host
    }

    fn tell_progress(&self, fraction: f64) {
        let now_ms = self.now_ms();
        if now_ms - self.told_ms.get() >= PROGRESS_MS {
            self.told_ms.set(now_ms);
            report::say(&FromCompute::Progress { run: self.run, fraction });
        }
    }
}

impl Host for RunHost {
    fn now_ms(&self) -> f64 {
        self.clock.as_ref().map_or_else(js_sys::Date::now, Performance::now)
    }

    fn breathe<'a>(&'a self, progress: f64) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        self.tell_progress(progress);
        Box::pin(self.pace.breathe())
    }

    fn log(&self, message: &str) {
        report::say(&FromCompute::Log { run: self.run, message: message.to_owned() });
    }

    fn info(&self) -> &HostInfo {
        &self.info
    }
}
