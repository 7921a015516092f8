//! Frames over sockets, among requests that make things happen: whatever comes has the form of a frame,
//! and nothing comes after the end of a connection.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| webpool_fuzz::run(input));
