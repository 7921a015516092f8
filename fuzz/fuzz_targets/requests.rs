//! Sequences of requests, signed and raw: whatever is sent is answered, in the form answers have.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| webpool_fuzz::run(input));
