//! Turns one compiled wasm file into a JavaScript module: wasm-bindgen as a library.
//!
//! Usage: `webpool-bindgen INPUT.wasm OUT_DIR NAME [--typescript]`.
//! Writes `NAME.js` and `NAME_bg.wasm` (and `NAME.d.ts`) for the target `web` into `OUT_DIR`.
//!
//! The name section goes (it is a third of the file), the rest stays: a stripped module
//! is one that wasm-bindgen cannot read.
//!
//! A program of its own, so that the commands of `xtask` compile without wasm-bindgen.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

/// What one run is asked to do.
#[derive(Debug, Default)]
struct Job {
    input: PathBuf,
    out_dir: PathBuf,
    name: String,
    typescript: bool,
}

fn main() -> Result<()> {
    generate(&parse(std::env::args().skip(1))?)
}

/// Reads the command line.
fn parse(args: impl Iterator<Item = String>) -> Result<Job> {
    let mut job = Job::default();
    let mut plain = Vec::new();
    for arg in args {
        match arg.as_str() {
            "--typescript" => job.typescript = true,
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
    Bindgen::new()
        .input_path(&job.input)
        .out_name(&job.name)
        .web(true)?
        .typescript(job.typescript)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&job.out_dir)
        .with_context(|| format!("wasm-bindgen cannot read {}", job.input.display()))
}
