//! A host without a browser, and a way to run a function to completion on this thread.
//!
//! For tests, benchmarks and native executors. This crate reads no clock: unless one is given,
//! time stands still. Then no breath is ever taken, and `burn` refuses any time but 0.

use crate::context::{Host, HostInfo};
use crate::error::Error;
use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// A host whose breath is ready at once.
#[derive(Debug)]
pub struct NativeHost {
    clock_ms: fn() -> f64,
    info: HostInfo,
    lines: RefCell<Vec<String>>,
}

impl NativeHost {
    /// A host whose clock stands still.
    pub fn new(info: HostInfo) -> Self {
        Self::with_clock(info, || 0.0)
    }

    /// A host with a monotonic clock in ms.
    ///
    /// # Examples
    ///
    /// ```
    /// use webpool_kernels::{HostInfo, NativeHost, block_on, run};
    /// # fn clock_ms() -> f64 {
    /// #     use std::sync::atomic::{AtomicU32, Ordering};
    /// #     static NOW: AtomicU32 = AtomicU32::new(0);
    /// #     f64::from(NOW.fetch_add(1, Ordering::Relaxed))
    /// # }
    ///
    /// let host = NativeHost::with_clock(HostInfo::default(), clock_ms);
    /// assert_eq!(block_on(run("burn", "[5]", "", &host))?, ["burned for 5 ms"]);
    /// # Ok::<(), webpool_kernels::Error>(())
    /// ```
    pub fn with_clock(info: HostInfo, clock_ms: fn() -> f64) -> Self {
        Self { clock_ms, info, lines: RefCell::default() }
    }

    /// Takes the lines that were logged since the last call.
    pub fn take_lines(&self) -> Vec<String> {
        self.lines.take()
    }
}

impl Host for NativeHost {
    fn now_ms(&self) -> f64 {
        (self.clock_ms)()
    }

    fn breathe<'a>(&'a self, _progress: f64) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(std::future::ready(()))
    }

    fn log(&self, message: &str) {
        self.lines.borrow_mut().push(message.to_owned());
    }

    fn info(&self) -> &HostInfo {
        &self.info
    }
}

/// Runs a future to its end on this thread.
///
/// Made for hosts whose breath is ready at once; a future that waits for something else is
/// asked again and again, without sleeping.
///
/// # Examples
///
/// ```
/// assert_eq!(webpool_kernels::block_on(async { 5 + 3 }), 8);
/// ```
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut task) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::hint::spin_loop(),
        }
    }
}

/// Runs the function `name` to its end on this thread, with a clock that stands still.
///
/// # Errors
///
/// As [`run`](crate::run); `burn` fails unless asked for 0 ms.
///
/// # Examples
///
/// ```
/// use webpool_kernels::{HostInfo, run_native};
/// assert_eq!(run_native("fibonacci", "[10]", "", HostInfo::default())?, ["55"]);
/// # Ok::<(), webpool_kernels::Error>(())
/// ```
pub fn run_native(
    name: &str,
    args_json: &str,
    kwargs_json: &str,
    info: HostInfo,
) -> Result<Vec<String>, Error> {
    let host = NativeHost::new(info);
    block_on(crate::run(name, args_json, kwargs_json, &host))
}
