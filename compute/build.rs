//! Limits the worker's memory to 256 MiB: without it, running out of memory takes 4 GiB and
//! several seconds to be noticed.

/// The largest memory of a compute worker, in bytes.
const MAX_MEMORY_BYTES: u32 = 256 * 1024 * 1024;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|target| target == "wasm32") {
        println!("cargo:rustc-link-arg-cdylib=--max-memory={MAX_MEMORY_BYTES}");
    }
}
