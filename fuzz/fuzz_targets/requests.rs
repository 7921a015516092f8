//! Sequences of requests, signed and raw: whatever is sent is answered, in the form answers have.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use webpool_fuzz::{World, steps};

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

fuzz_target!(|input: &[u8]| {
    WORLD.with_borrow_mut(|world| {
        world.begin();
        for step in steps(input) {
            world.perform(&step);
        }
    });
});
