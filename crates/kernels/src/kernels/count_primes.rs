//! The function `count_primes`: how many primes lie in [from, to).
//!
//! `from` is 0..=10^12; `to` is from..=from + 10^10 and at most 10^12. An empty range counts 0.
//!
//! Method: segmented sieve of Eratosthenes over odd numbers. A segment is 2^17 flags of a byte,
//! flag i for the number `start + 2 i`; `start` is odd. Primes up to the square root of `to`
//! (at most 78498 of them) strike out their odd multiples, from their square on. Breathes, with
//! true progress, after every segment. Memory: under 2 MB. Cost: a few ns per number.

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::number::{to_f64, to_usize};
use crate::{Args, Context, Output};

const LARGEST: u64 = 1_000_000_000_000;
const LONGEST: u64 = 10_000_000_000;
const SEGMENT_FLAGS: u64 = 1 << 17;

pub(super) const KERNEL: Kernel = Kernel {
    name: "count_primes",
    description: "Counts the primes from one number up to, not including, another",
    params: &[
        Param::required("from", Kind::Integer, "first number, 0..=1000000000000"),
        Param::required(
            "to",
            Kind::Integer,
            "number to stop before, at most 1000000000000 and at most 10000000000 after from",
        ),
    ],
    run,
};

fn run<'a>(args: &'a Args, context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async {
        let from = args.integer("from", 0..=LARGEST)?;
        let to = args.integer("to", from..=LARGEST.min(from.saturating_add(LONGEST)))?;
        let two = u64::from(from <= 2 && 2 < to);
        let odd = count_odd(from.max(3) | 1, to, context).await;
        Ok(Output::text((two + odd).to_string()))
    })
}

/// An odd prime and the next odd multiple of it to strike out.
struct Striker {
    prime: u64,
    next: u64,
}

/// Counts the primes in [from, to); `from` is odd and at least 3.
async fn count_odd(from: u64, to: u64, context: &Context<'_>) -> u64 {
    if to <= from {
        return 0;
    }
    let mut strikers = strikers(from, to);
    let mut flags = vec![1_u8; to_usize(SEGMENT_FLAGS.min((to - from).div_ceil(2)))];
    let mut count = 0;
    let mut start = from;
    while start < to {
        let end = to.min(start + 2 * SEGMENT_FLAGS);
        flags.truncate(to_usize((end - start).div_ceil(2)));
        flags.fill(1);
        strike(&mut flags, start, end, &mut strikers);
        count += count_set(&flags);
        start = end;
        context.breathe(to_f64(start - from) / to_f64(to - from)).await;
    }
    count
}

/// Clears the flags of the composite numbers in [start, end).
///
/// Never inlined: see the registry on hot loops.
#[inline(never)]
fn strike(flags: &mut [u8], start: u64, end: u64, strikers: &mut [Striker]) {
    for Striker { prime, next } in strikers {
        if *next >= end {
            // No later prime reaches back below its own square.
            if *prime * *prime >= end {
                return;
            }
            continue;
        }
        let step = to_usize(*prime);
        let mut at = to_usize((*next - start) / 2);
        while let Some(flag) = flags.get_mut(at) {
            *flag = 0;
            at += step;
        }
        *next = start + 2 * u64::try_from(at).unwrap_or(u64::MAX / 4);
    }
}

#[inline(never)]
fn count_set(flags: &[u8]) -> u64 {
    flags.iter().map(|flag| u64::from(*flag)).sum()
}

/// Returns the odd primes whose square is below `to`, each set to start in [from, ...).
fn strikers(from: u64, to: u64) -> Vec<Striker> {
    let root = (to - 1).isqrt();
    let mut composite = vec![false; to_usize(root + 1)];
    let mut found = Vec::new();
    for prime in (3..=root).step_by(2) {
        if composite.get(to_usize(prime)).is_none_or(|struck| *struck) {
            continue;
        }
        let multiple = from.div_ceil(prime) * prime;
        let odd = if multiple % 2 == 0 { multiple + prime } else { multiple };
        found.push(Striker { prime, next: odd.max(prime * prime) });
        let multiples = composite.iter_mut().skip(to_usize(prime * prime));
        multiples.step_by(to_usize(2 * prime)).for_each(|struck| *struck = true);
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, output};

    #[test]
    fn known_counts() {
        check("count_primes", "[0, 1000000]", "78498");
        check("count_primes", "[0, 10000000]", "664579");
        check("count_primes", "[0, 0]", "0");
        check("count_primes", "[2, 3]", "1");
        check("count_primes", "[3, 3]", "0");
        check("count_primes", "[3, 4]", "1");
        check("count_primes", "[24, 29]", "0");
        check("count_primes", r#"["24", "30"]"#, "1");
    }

    /// 999999999989 is the largest prime below 10^12; 999999999961 the one before it.
    #[test]
    fn counts_at_the_upper_end() {
        check("count_primes", "[999999999961, 1000000000000]", "2");
        check("count_primes", "[999999999962, 999999999989]", "0");
        check("count_primes", "[1000000000000, 1000000000000]", "0");
    }

    #[test]
    fn agrees_with_trial_division() {
        let is_prime =
            |n: u64| n > 1 && (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
        for from in 0..60 {
            for to in from..130 {
                let expected = (from..to).filter(|n| is_prime(*n)).count().to_string();
                check("count_primes", &format!("[{from}, {to}]"), &expected);
            }
        }
    }

    #[test]
    fn parts_sum_to_the_whole() {
        let cuts = [0, 1, 262_146, 262_147, 524_291, 1_000_000_u64];
        let part = |pair: &[u64]| {
            output("count_primes", &format!("[{}, {}]", pair[0], pair[1]), "").parse::<u64>()
        };
        assert_eq!(cuts.windows(2).map(part).sum::<Result<u64, _>>(), Ok(78_498));
    }

    #[test]
    fn refuses_ranges_out_of_reach() {
        let cases = [
            ("[10, 3]", "argument to of count_primes: 3 is outside 10..=10000000010"),
            ("[-1, 3]", "argument from of count_primes: -1 is outside 0..=1000000000000"),
            ("[0, 1e300]", "argument to of count_primes: 1e300 is outside 0..=10000000000"),
        ];
        for (args, expected) in cases {
            check_error("count_primes", args, "", expected);
        }
    }
}
