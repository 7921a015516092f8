//! The function `fibonacci`: the n-th Fibonacci number, all digits of it.
//!
//! F(0) = 0, F(1) = 1; n is 0..=1000000, whose result has 208988 digits.
//!
//! Method: fast doubling, F(2k) = F(k) (2 F(k+1) - F(k)) and F(2k+1) = F(k)² + F(k+1)², one
//! doubling per bit of n. Then decimal digits are split off 1800 at a time, since a number is
//! turned into text in one go otherwise, which takes longer than a breath may.

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::{Args, Context, Output, number};
use num_bigint::BigUint;

const LARGEST: u64 = 1_000_000;
const CHUNK_DIGITS: u32 = 1800;

pub(super) const KERNEL: Kernel = Kernel {
    name: "fibonacci",
    description: "Returns the n-th Fibonacci number exactly",
    params: &[Param::required("n", Kind::Integer, "which one, 0..=1000000; F(0) is 0")],
    run,
};

fn run<'a>(args: &'a Args, context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async {
        let n = args.integer("n", 0..=LARGEST)?;
        let value = fibonacci(n, context).await;
        Ok(Output::text(decimal(value, context).await))
    })
}

async fn fibonacci(n: u64, context: &Context<'_>) -> BigUint {
    let (mut here, mut next) = (BigUint::ZERO, BigUint::from(1_u8));
    for bit in (0..u64::BITS - n.leading_zeros()).rev() {
        let twice = &here * ((&next << 1_u8) - &here);
        context.breathe(0.0).await;
        let square = &here * &here;
        context.breathe(0.0).await;
        let twice_next = square + &next * &next;
        (here, next) = if n >> bit & 1 == 0 {
            (twice, twice_next)
        } else {
            let sum = &twice + &twice_next;
            (twice_next, sum)
        };
        context.breathe(0.0).await;
    }
    here
}

/// Writes `value` in decimal, the last digits first.
async fn decimal(mut value: BigUint, context: &Context<'_>) -> String {
    let base = BigUint::from(10_u8).pow(CHUNK_DIGITS);
    let bits = number::to_f64(value.bits());
    let mut chunks = Vec::new();
    while value >= base {
        let rest = &value / &base;
        chunks.push((value - &rest * &base).to_string());
        value = rest;
        context.breathe(1.0 - number::to_f64(value.bits()) / bits).await;
    }
    let width = number::to_usize(u64::from(CHUNK_DIGITS));
    let mut text = value.to_string();
    for chunk in chunks.iter().rev() {
        text.extend(std::iter::repeat_n('0', width.saturating_sub(chunk.len())));
        text.push_str(chunk);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{check, check_error, output};
    use crate::{HostInfo, NativeHost, block_on};

    #[test]
    fn known_values() {
        for (n, expected) in ["0", "1", "1", "2", "3", "5", "8", "13"].iter().enumerate() {
            check("fibonacci", &format!("[{n}]"), expected);
        }
        check("fibonacci", "[100]", "354224848179261915075");
        check("fibonacci", r#"["93"]"#, "12200160415121876738");
    }

    #[test]
    fn the_largest_has_all_its_digits() {
        let text = output("fibonacci", "[1000000]", "");
        assert_eq!(text.len(), 208_988);
        assert!(text.starts_with("19532821287077577316"));
        assert!(text.ends_with("68996526838242546875"));
    }

    #[test]
    fn chunks_keep_their_zeros() {
        let host = NativeHost::new(HostInfo::default());
        let value = BigUint::from(10_u8).pow(4000) + 7_u8;
        let text = block_on(decimal(value.clone(), &Context::new(&host)));
        assert_eq!(text, value.to_string());
    }

    #[test]
    fn refuses_what_would_take_too_long() {
        let expected = "argument n of fibonacci: 5000000 is outside 0..=1000000";
        check_error("fibonacci", "[5000000]", "", expected);
    }
}
