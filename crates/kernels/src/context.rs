//! The edge: what a host provides to a function, and the 20 ms between two breaths.
//!
//! A host is the compute worker in a browser, a native program or a test. Times are in ms on
//! the host's own monotonic clock; progress is a share of the work, 0 to 1.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;

/// How long a function works between two breaths, in ms.
pub const BREATH_MS: f64 = 20.0;

/// What a function may ask of the place it runs in.
pub trait Host {
    /// Returns the time on a monotonic clock, in ms. Where it starts does not matter.
    fn now_ms(&self) -> f64;

    /// Lets the event loop run once, shows `progress` (0 to 1), and waits while paused.
    fn breathe<'a>(&'a self, progress: f64) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

    /// Writes a line to the log of the process.
    fn log(&self, message: &str);

    /// Returns what the function `browser_info` tells.
    fn info(&self) -> &HostInfo;
}

/// What the host says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostInfo {
    /// The browser's name for itself, or a native program's.
    pub user_agent: String,
    /// The preferred language, such as `en-GB`.
    pub language: String,
    /// The name of the executor that runs the process.
    pub executor_name: String,
}

/// What a running function holds of its host.
pub struct Context<'a> {
    host: &'a dyn Host,
    breathed_ms: Cell<f64>,
}

impl<'a> Context<'a> {
    /// Starts the time to the first breath.
    pub fn new(host: &'a dyn Host) -> Self {
        Self { host, breathed_ms: Cell::new(host.now_ms()) }
    }

    /// Lets others run and shows `progress` (0 to 1) once 20 ms of work have passed.
    ///
    /// Returns at once before that, so a function may call it after every millisecond's worth
    /// of work: it costs one reading of the clock.
    ///
    /// # Cancellation
    ///
    /// Dropping it loses one report of progress.
    ///
    /// # Examples
    ///
    /// ```
    /// use webpool_kernels::{Context, HostInfo, NativeHost, block_on};
    ///
    /// let host = NativeHost::new(HostInfo::default());
    /// block_on(Context::new(&host).breathe(0.5));
    /// ```
    pub async fn breathe(&self, progress: f64) {
        if self.host.now_ms() - self.breathed_ms.get() < BREATH_MS {
            return;
        }
        self.host.breathe(progress.clamp(0.0, 1.0)).await;
        self.breathed_ms.set(self.host.now_ms());
    }

    /// Returns the time on the host's monotonic clock, in ms. Results must not depend on it.
    pub fn now_ms(&self) -> f64 {
        self.host.now_ms()
    }

    /// Writes a line to the log of the process.
    pub fn log(&self, message: &str) {
        self.host.log(message);
    }

    /// Returns what the host says about itself.
    pub fn info(&self) -> &HostInfo {
        self.host.info()
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("breathed_ms", &self.breathed_ms).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_on;
    use std::cell::RefCell;

    struct Steps {
        now_ms: Cell<f64>,
        breaths: RefCell<Vec<f64>>,
        info: HostInfo,
    }

    impl Host for Steps {
        fn now_ms(&self) -> f64 {
            self.now_ms.get()
        }

        /// A pause of a second: time that is not work.
        fn breathe<'a>(&'a self, progress: f64) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
            self.breaths.borrow_mut().push(progress);
            self.now_ms.set(self.now_ms.get() + 1000.0);
            Box::pin(std::future::ready(()))
        }

        fn log(&self, _message: &str) {}

        fn info(&self) -> &HostInfo {
            &self.info
        }
    }

    #[test]
    fn breathes_after_20_ms_of_work() {
        let host = Steps {
            now_ms: Cell::new(5.0),
            breaths: RefCell::default(),
            info: HostInfo::default(),
        };
        let context = Context::new(&host);
        for (work_ms, progress) in [(19.0, 0.1), (1.0, 0.2), (19.0, 0.3), (1.0, 7.0)] {
            host.now_ms.set(host.now_ms.get() + work_ms);
            block_on(context.breathe(progress));
        }
        assert_eq!(*host.breaths.borrow(), [0.2, 1.0]);
    }
}
