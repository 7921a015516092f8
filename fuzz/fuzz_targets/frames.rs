//! Frames over sockets, among requests that make things happen: whatever comes has the form of a frame,
//! and nothing comes after the end of a connection.
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
        world.check_events();
    });
});
