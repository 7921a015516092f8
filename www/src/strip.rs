//! The last minute of a slot as bars: one bar a process, or several where they are short.
//!
//! A bar keeps its place on the time axis and the view moves the axis, so a bar that is
//! drawn once is not touched again. Processes that begin within the same half second
//! share a bar, which bounds a strip to about 120 bars however short they are.

use webpool::snapshot::Block;

use crate::hues;

/// How much of the past a strip shows, in ms.
pub const WINDOW_MS: f64 = 60_000.0;

/// Processes that begin in the same span of this many ms share a bar.
const GRAIN_MS: f64 = 500.0;

/// One bar of a strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Start, in ms of the page's clock.
    pub from_ms: f64,
    /// End, in ms of the page's clock; none while it runs.
    pub to_ms: Option<f64>,
    /// Which hue, 0..=7.
    pub hue: u32,
    /// Whether one of its processes failed.
    pub is_failed: bool,
}

impl Bar {
    /// What tells this bar from every other one of its strip, and from itself once changed.
    pub fn key(&self) -> String {
        let (from, to) = (self.from_ms.to_bits(), self.to_ms.unwrap_or(0.0).to_bits());
        format!("{from:x} {to:x} {} {}", self.hue, self.is_failed)
    }
}

/// Turns a slot's past, oldest first, into bars; what ended before the window is left out.
pub fn bars(blocks: &[Block], now_ms: f64) -> Vec<Bar> {
    let oldest_ms = now_ms - WINDOW_MS - GRAIN_MS;
    let mut bars: Vec<Bar> = Vec::new();
    for block in blocks.iter().filter(|block| block.to_ms.is_none_or(|to_ms| to_ms > oldest_ms)) {
        let hue = hues::of(&block.function);
        match bars.last_mut() {
            Some(last) if last.to_ms.is_some() && grain(last.from_ms) == grain(block.from_ms) => {
                last.to_ms = block.to_ms;
                last.hue = hue;
                last.is_failed |= block.is_failed;
            }
            Some(_) | None => bars.push(Bar {
                from_ms: block.from_ms,
                to_ms: block.to_ms,
                hue,
                is_failed: block.is_failed,
            }),
        }
    }
    bars
}

fn grain(ms: f64) -> u64 {
    (ms / GRAIN_MS).floor().to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(function: &str, from_ms: f64, to_ms: Option<f64>, is_failed: bool) -> Block {
        Block { function: function.to_owned(), from_ms, to_ms, is_failed }
    }

    #[test]
    fn short_processes_share_a_bar() {
        let blocks: Vec<Block> = (0..6_000_u32)
            .map(|n| (10.0 * f64::from(n), n))
            .map(|(from, n)| block("add", from, Some(from + 9.0), n == 3_000))
            .collect();
        let bars = bars(&blocks, 60_000.0);
        assert_eq!(bars.len(), 120);
        assert_eq!(bars.iter().filter(|bar| bar.is_failed).count(), 1);
    }

    #[test]
    fn long_ones_stand_alone_and_old_ones_are_left_out() {
        let blocks = [
            block("add", 0.0, Some(10.0), false),
            block("mandelbrot", 70_000.0, Some(72_000.0), false),
            block("burn", 72_100.0, None, false),
        ];
        let bars = bars(&blocks, 100_000.0);
        assert_eq!(bars.iter().map(|bar| bar.hue).collect::<Vec<_>>(), [0, 4]);
        assert_ne!(bars[0].key(), bars[1].key());
    }
}
