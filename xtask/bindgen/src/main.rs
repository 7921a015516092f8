//! Turns one compiled wasm file into a JavaScript module: wasm-bindgen as a library.
//!
//! Usage: `webpool-bindgen INPUT.wasm OUT_DIR NAME [--typescript] [--max-memory-bytes N]`.
//! Writes `NAME.js` and `NAME_bg.wasm` (and `NAME.d.ts`) for the target `web` into OUT_DIR.
//!
//! The name section goes (it is a third of the file), the rest stays: a stripped module
//! is one that wasm-bindgen cannot read. `--max-memory-bytes` writes the largest size the
//! module's memory may reach, as the linker's `--max-memory` does, without a second build
//! of everything the module shares with the others.
//!
//! A program of its own, so that the commands of `xtask` compile without wasm-bindgen.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// Bytes in one page of wasm memory.
const PAGE_BYTES: u64 = 65_536;

/// What one run is asked to do.
#[derive(Debug, Default)]
struct Job {
    input: PathBuf,
    out_dir: PathBuf,
    name: String,
    typescript: bool,
    max_memory_bytes: Option<u64>,
}

fn main() -> Result<()> {
    generate(&parse(std::env::args().skip(1))?)
}

/// Reads the command line.
fn parse(args: impl Iterator<Item = String>) -> Result<Job> {
    let mut job = Job::default();
    let mut plain = Vec::new();
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--typescript" => job.typescript = true,
            "--max-memory-bytes" => {
                let value = args.next().context("--max-memory-bytes needs a number")?;
                job.max_memory_bytes = Some(value.parse().context("--max-memory-bytes")?);
            }
            _ => plain.push(arg),
        }
    }
    let Ok([input, out_dir, name]) = <[String; 3]>::try_from(plain) else {
        bail!("expected INPUT.wasm OUT_DIR NAME");
    };
    Ok(Job { input: input.into(), out_dir: out_dir.into(), name, ..job })
}

/// Runs wasm-bindgen and writes its output.
fn generate(job: &Job) -> Result<()> {
    let mut bindgen = Bindgen::new();
    let mut output = bindgen
        .input_path(&job.input)
        .out_name(&job.name)
        .web(true)?
        .typescript(job.typescript)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen cannot read {}", job.input.display()))?;
    if let Some(bytes) = job.max_memory_bytes {
        let pages = bytes / PAGE_BYTES;
        for memory in output.wasm_mut().memories.iter_mut() {
            ensure!(memory.initial <= pages, "the module starts with more than {bytes} bytes");
            memory.maximum = Some(pages);
        }
    }
    output.emit(&job.out_dir)
}
