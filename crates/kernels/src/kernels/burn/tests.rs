//! Tests of `burn`: it takes its time, breathes or not, and crashes when asked to.

use crate::context::{Host, HostInfo};
use crate::tests::{check, check_error};
use crate::{NativeHost, block_on, run as run_by_name};
use std::cell::{Cell, RefCell};
use std::pin::Pin;

/// A host whose clock advances by 1 ms each time it is read.
#[derive(Default)]
struct Ticking {
    now_ms: Cell<f64>,
    breaths: RefCell<Vec<f64>>,
    info: HostInfo,
}

impl Host for Ticking {
    fn now_ms(&self) -> f64 {
        self.now_ms.set(self.now_ms.get() + 1.0);
        self.now_ms.get()
    }

    fn breathe<'a>(&'a self, progress: f64) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        self.breaths.borrow_mut().push(progress);
        Box::pin(std::future::ready(()))
    }

    fn log(&self, _message: &str) {}

    fn info(&self) -> &HostInfo {
        &self.info
    }
}

#[test]
fn burns_until_time_has_passed() {
    let host = Ticking::default();
    let output = block_on(run_by_name("burn", "[500]", "", &host)).unwrap();
    assert_eq!(output, ["burned for 500 ms"]);
    assert!(host.now_ms.get() >= 500.0);
    let breaths = host.breaths.borrow();
    assert!(breaths.len() > 10 && breaths.is_sorted(), "{breaths:?}");
}

#[test]
fn block_never_breathes() {
    let host = Ticking::default();
    let output = block_on(run_by_name("burn", r#"["500", "block"]"#, "", &host)).unwrap();
    assert_eq!(output, ["burned for 500 ms"]);
    assert!(host.breaths.borrow().is_empty());
}

#[test]
#[should_panic(expected = "burn was asked to panic")]
fn panic_panics() {
    drop(block_on(run_by_name("burn", r#"[5, "panic"]"#, "", &Ticking::default())));
}

/// Natively memory is promised, not given, until written: the end of the 4 GiB is reached.
#[test]
fn memory_is_bounded() {
    let host = NativeHost::new(HostInfo::default());
    let error = block_on(run_by_name("burn", "[0]", r#"{"mode":"memory"}"#, &host)).unwrap_err();
    assert_eq!(error.to_string(), "burn: memory did not run out, 4096 MiB were given");
    assert_eq!(host.take_lines(), ["burn: about to run out of memory, as asked"]);
}

/// Natively a stack has more than what a wasm module has: the end of what is taken is reached.
#[test]
fn stack_is_bounded() {
    let host = NativeHost::new(HostInfo::default());
    let error = block_on(run_by_name("burn", "[0]", r#"{"mode":"stack"}"#, &host)).unwrap_err();
    assert_eq!(error.to_string(), "burn: the stack did not overflow, 1280 KiB of it were taken");
    assert_eq!(host.take_lines(), ["burn: about to overflow the stack, as asked"]);
}

#[test]
fn a_clock_that_stands_is_an_error() {
    check("burn", "[0]", "burned for 0 ms");
    check_error("burn", "[1]", "", "burn: the clock of this host stands still");
}

#[test]
fn refuses_other_modes() {
    let expected =
        r#"argument mode of burn must be one of breathe, block, panic, memory, stack, got "sleep""#;
    check_error("burn", r#"[1, "sleep"]"#, "", expected);
    let expected = "argument milliseconds of burn: 3600000001 is outside 0..=3600000000";
    check_error("burn", "[3600000001]", "", expected);
}
