//! The function `burn`: keeps a core busy for a while. For demonstrations and tests.
//!
//! It computes, it does not sleep, until the host's clock has advanced by `milliseconds`
//! (0..=3600000000, a thousand hours); time spent paused counts. `mode` says how:
//!
//! - `breathe` (unless given): as every function does
//! - `block`: without a breath, so only killing its worker ends it early
//! - `panic`: breathes, then panics
//! - `memory`: breathes, then takes memory, 16 MiB at a time, until there is none left. That ends
//!   a wasm module; where 4 GiB are given (never written, so cheap natively) it is an error
//! - `stack`: breathes, then calls itself until the stack is full. That ends a wasm module, which has
//!   1 MiB; where 1.25 MiB are given, as natively, it is an error

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::number::to_f64;
use crate::{Args, Context, Error, Output};
use std::hint::black_box;

const LONGEST_MS: u64 = 3_600_000_000;
const STEPS_PER_ROUND: u32 = 100_000;
const ROUNDS_WITHOUT_TIME: u32 = 30_000;
const CHUNK_MIB: usize = 16;
const MOST_MIB: usize = 4096;
const FRAME_BYTES: usize = 4096;
const MOST_FRAMES: usize = 320;

pub(super) const KERNEL: Kernel = Kernel {
    name: "burn",
    description: "Keeps a core busy for a while: for demonstrations and tests",
    params: &[
        Param::required("milliseconds", Kind::Integer, "how long, 0..=3600000000"),
        Param::optional(
            "mode",
            Kind::String,
            "breathe (unless given), block (never breathes), or at the end panic, memory or stack \
             (crash)",
        ),
    ],
    run,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Breathe,
    Block,
    Panic,
    Memory,
    Stack,
}

const MODES: &[(&str, Mode)] = &[
    ("breathe", Mode::Breathe),
    ("block", Mode::Block),
    ("panic", Mode::Panic),
    ("memory", Mode::Memory),
    ("stack", Mode::Stack),
];

fn run<'a>(args: &'a Args, context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async {
        let milliseconds = args.integer("milliseconds", 0..=LONGEST_MS)?;
        let mode = if args.has("mode") { args.choice("mode", MODES)? } else { Mode::Breathe };
        burn(to_f64(milliseconds), mode, context).await?;
        match mode {
            Mode::Breathe | Mode::Block => {}
            Mode::Panic => crash(context),
            Mode::Memory => return Err(exhaust(context)),
            Mode::Stack => return Err(overflow(context)),
        }
        Ok(Output::text(format!("burned for {milliseconds} ms")))
    })
}

async fn burn(milliseconds: f64, mode: Mode, context: &Context<'_>) -> Result<(), Error> {
    let begun_ms = context.now_ms();
    let mut seen_ms = begun_ms;
    let mut rounds = 0;
    while seen_ms - begun_ms < milliseconds {
        compute();
        if mode != Mode::Block {
            context.breathe((seen_ms - begun_ms) / milliseconds).await;
        }
        let now_ms = context.now_ms();
        rounds = if now_ms > seen_ms { 0 } else { rounds + 1 };
        if rounds == ROUNDS_WITHOUT_TIME {
            return Err(Error::ClockStands);
        }
        seen_ms = now_ms;
    }
    Ok(())
}

/// About a tenth of a millisecond of work that no compiler can leave out.
#[inline(never)]
fn compute() {
    let mut state = 1_u64;
    for _ in 0..STEPS_PER_ROUND {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    }
    black_box(state);
}

#[expect(clippy::panic, reason = "this mode exists to crash: tests of what happens then need it")]
fn crash(context: &Context<'_>) {
    context.log("burn: about to panic, as asked");
    panic!("burn was asked to panic");
}

/// Takes memory until the allocator ends the program, or 4 GiB are held.
fn exhaust(context: &Context<'_>) -> Error {
    context.log("burn: about to run out of memory, as asked");
    let mut held = Vec::new();
    for _ in 0..MOST_MIB / CHUNK_MIB {
        held.push(Vec::<u8>::with_capacity(CHUNK_MIB << 20));
        black_box(&held);
    }
    Error::MemoryLeft { held_mib: held.len() * CHUNK_MIB }
}

/// Fills the stack until that ends the program, or 1.25 MiB of it are taken.
fn overflow(context: &Context<'_>) -> Error {
    context.log("burn: about to overflow the stack, as asked");
    Error::StackLeft { taken_kib: deepen(MOST_FRAMES) * FRAME_BYTES / 1024 }
}

/// Takes so many frames of the stack, one on top of the other; how many there were.
#[inline(never)]
fn deepen(frames: usize) -> usize {
    let frame = [0_u8; FRAME_BYTES];
    black_box(&frame);
    let above = if frames > 1 { deepen(frames - 1) } else { 0 };
    // Used once more: a frame that is done with could be left before the next call.
    black_box(&frame);
    above + 1
}

#[cfg(test)]
mod tests;
