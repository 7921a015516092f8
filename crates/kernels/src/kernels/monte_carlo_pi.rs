//! The function `monte_carlo_pi`: an estimate of pi from random points.
//!
//! `samples` is 1..=10^12, `seed` any 64-bit number. Output: `estimate` = 4 hits / samples, `hits`.
//!
//! Each sample takes two 32-bit words of the stream in `chacha`, x then y, and hits if
//! x² + y² < 2^64: the point (x, y) / 2^32 lies in the quarter circle. Integers only, so `hits`
//! is exact on every target.

mod chacha;

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::number::{to_f64, to_usize};
use crate::{Args, Context, Field, Output};
use chacha::Stream;

const MOST_SAMPLES: u64 = 1_000_000_000_000;
/// A multiple of 8, so that only the last batch leaves words of a block over.
const SAMPLES_PER_BREATH: u64 = 1 << 17;
const SAMPLES_PER_BLOCK: u64 = 8;

pub(super) const KERNEL: Kernel = Kernel {
    name: "monte_carlo_pi",
    description: "Estimates pi from random points of a seed",
    params: &[
        Param::required("samples", Kind::Integer, "how many points, 1..=1000000000000"),
        Param::required("seed", Kind::Integer, "where the points start, 64 bits"),
    ],
    run,
};

fn run<'a>(args: &'a Args, context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async {
        let samples = args.integer("samples", 1..=MOST_SAMPLES)?;
        let mut stream = Stream::new(args.integer("seed", 0..=u64::MAX)?);
        let mut hits = 0;
        let mut done = 0;
        while done < samples {
            let batch = SAMPLES_PER_BREATH.min(samples - done);
            hits += count_hits(&mut stream, batch);
            done += batch;
            context.breathe(to_f64(done) / to_f64(samples)).await;
        }
        let estimate = 4.0 * to_f64(hits) / to_f64(samples);
        let fields = [("estimate", Field::Number(estimate)), ("hits", Field::Whole(hits))];
        Ok(Output::object(&fields))
    })
}

/// Counts the hits of the next `samples` points, eight to a block of the stream.
///
/// Never inlined: see the registry on hot loops.
#[inline(never)]
fn count_hits(stream: &mut Stream, samples: u64) -> u64 {
    let mut hits = 0;
    for _ in 0..samples / SAMPLES_PER_BLOCK {
        let block = stream.next_block();
        hits += block.iter().map(|row| count_row(*row)).sum::<u64>();
    }
    let rest = to_usize(samples % SAMPLES_PER_BLOCK);
    if rest > 0 {
        let block = stream.next_block();
        let points = block.iter().flat_map(|[x, y, z, w]| [(*x, *y), (*z, *w)]);
        hits += points.take(rest).map(|(x, y)| u64::from(is_hit(x, y))).sum::<u64>();
    }
    hits
}

fn count_row([x, y, next_x, next_y]: [u32; 4]) -> u64 {
    u64::from(is_hit(x, y)) + u64::from(is_hit(next_x, next_y))
}

fn is_hit(x: u32, y: u32) -> bool {
    let (x, y) = (u64::from(x), u64::from(y));
    (x * x).checked_add(y * y).is_some()
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, output};

    /// The hits were computed by a second implementation, straight from the module doc.
    #[test]
    fn a_seed_fixes_the_result() {
        check("monte_carlo_pi", "[1, 1]", r#"{"estimate":4,"hits":1}"#);
        check("monte_carlo_pi", "[100000, 42]", r#"{"estimate":3.1356,"hits":78390}"#);
        let largest = r#"[1000, "18446744073709551615"]"#;
        check("monte_carlo_pi", largest, r#"{"estimate":3.088,"hits":772}"#);
    }

    #[test]
    fn seeds_differ() {
        let of = |seed: u32| output("monte_carlo_pi", &format!("[100000, {seed}]"), "");
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn refuses_no_samples() {
        let expected = "argument samples of monte_carlo_pi: 0 is outside 1..=1000000000000";
        check_error("monte_carlo_pi", "[0, 1]", "", expected);
    }
}
